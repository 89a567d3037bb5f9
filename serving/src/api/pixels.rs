//! Pixels.

use catalog::{CatalogError, Change, Pixel, Table};
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::Given,
    handlers::{handlers, parts::*},
    objects::{ChangeContext, Place, Resource},
    search::ObjectsQuery,
};
use crate::api_types::PixelView;

handlers!(
    Pixel,
    PixelView,
    PixelBody,
    ObjectsQuery,
    "Pixels",
    "pixel",
    "pxl_0000000000007"
);

/// What clients set of a pixel.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PixelBody {
    /// For people; unique in the account. Needed.
    #[schema(value_type = Option<String>, example = "Header")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// The id or the name of a campaign that its events count for, too.
    #[schema(value_type = Option<String>, example = "Spring")]
    #[serde(default)]
    campaign: Given<String>,
    /// For grouping.
    #[schema(value_type = Option<Vec<String>>, example = json!(["mail"]))]
    #[serde(default)]
    tags: Given<Vec<Box<str>>>,
}

impl Resource for Pixel {
    const PATH: &'static str = "pixels";
    type Body = PixelBody;
    type View = PixelView;

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

    fn view(&self, app: &App) -> PixelView {
        PixelView::new(self, app)
    }

    fn place(&self) -> Place<'_> {
        Place {
            created_ms: self.created_ms,
            ..Place::default()
        }
    }

    fn put(self) -> Change {
        Change::PutPixel(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.pixels
    }
}
