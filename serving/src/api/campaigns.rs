//! Campaigns.

use catalog::{Campaign, CatalogError, Change, Price, Table};
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::Given,
    handlers::{handlers, parts::*},
    objects::{ChangeContext, Place, Resource},
    search::CampaignsQuery,
};
use crate::api_types::CampaignView;

handlers!(
    Campaign,
    CampaignView,
    CampaignBody,
    CampaignsQuery,
    "Campaigns",
    "campaign",
    "cmp_0000000000006"
);

/// What clients set of a campaign.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignBody {
    /// For people; unique in the account. Needed.
    #[schema(value_type = Option<String>, example = "Autumn")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// What a click of a person costs on a link in it that says nothing itself, a decimal in the account's currency.
    #[schema(value_type = Option<super::body::Money>, example = "0.05")]
    #[serde(default)]
    cost_per_click: Given<Price>,
    /// For grouping.
    #[schema(value_type = Option<Vec<String>>, example = json!(["mail"]))]
    #[serde(default)]
    tags: Given<Vec<Box<str>>>,
}

impl Resource for Campaign {
    const PATH: &'static str = "campaigns";
    type Body = CampaignBody;
    type View = CampaignView;

    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self {
        Self {
            id,
            account,
            name: Box::default(),
            cost_per_click: None,
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
        body.cost_per_click.set(&mut self.cost_per_click);
        body.tags.set(&mut self.tags);
        Ok(())
    }

    fn view(&self, _: &App) -> CampaignView {
        CampaignView::new(self)
    }

    fn place(&self) -> Place<'_> {
        Place {
            created_ms: self.created_ms,
            ..Place::default()
        }
    }

    fn put(self) -> Change {
        Change::PutCampaign(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.campaigns
    }
}
