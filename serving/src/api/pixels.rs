//! Pixels.

use catalog::{CatalogError, Change, Pixel, Table};
use model::{EntityId, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Api,
    body::Given,
    objects::{ChangeContext, Resource},
};

/// What clients set of a pixel.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PixelBody {
    name: Given<Box<str>>,
    campaign: Given<String>,
    tags: Given<Vec<Box<str>>>,
}

impl Resource for Pixel {
    const PATH: &'static str = "pixels";
    type Body = PixelBody;

    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self {
        Self {
            id,
            account,
            name: Box::default(),
            campaign: None,
            tags: Box::default(),
            created_ms,
            deleted: false,
        }
    }

    fn change(
        &mut self,
        body: &PixelBody,
        context: &ChangeContext<'_>,
    ) -> Result<(), CatalogError> {
        body.name.set(&mut self.name);
        if self.name.is_empty() {
            return Err(CatalogError::invalid("name", "is required"));
        }
        context.set_campaign(&mut self.campaign, &body.campaign, self.account)?;
        body.tags.set(&mut self.tags);
        Ok(())
    }

    fn view(&self, api: &Api) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "url": api.public(&format!("p/{}.gif", self.id)),
            "campaign": self.campaign,
            "tags": self.tags,
            "created_at": rfc3339(self.created_ms),
        })
    }

    fn put(self) -> Change {
        Change::PutPixel(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.pixels
    }
}
