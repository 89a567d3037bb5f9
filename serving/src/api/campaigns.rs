//! Campaigns.

use catalog::{Campaign, CatalogError, Change, Table};
use model::{EntityId, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Api,
    body::Given,
    objects::{ChangeContext, Resource},
};

/// What clients set of a campaign.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CampaignBody {
    name: Given<Box<str>>,
    tags: Given<Vec<Box<str>>>,
}

impl Resource for Campaign {
    const PATH: &'static str = "campaigns";
    type Body = CampaignBody;

    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self {
        Self {
            id,
            account,
            name: Box::default(),
            tags: Box::default(),
            created_ms,
            deleted: false,
        }
    }

    fn change(&mut self, body: &CampaignBody, _: &ChangeContext<'_>) -> Result<(), CatalogError> {
        body.name.set(&mut self.name);
        if self.name.is_empty() {
            return Err(CatalogError::invalid("name", "is required"));
        }
        body.tags.set(&mut self.tags);
        Ok(())
    }

    fn view(&self, _: &Api) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "tags": self.tags,
            "created_at": rfc3339(self.created_ms),
        })
    }

    fn put(self) -> Change {
        Change::PutCampaign(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.campaigns
    }
}
