//! Goals.

use catalog::{CatalogError, Change, Goal, Table};
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::Given,
    handlers::{handlers, parts::*},
    objects::{ChangeContext, Resource},
};
use crate::api_types::GoalView;

handlers!(
    Goal,
    GoalView,
    GoalBody,
    "Goals",
    "goal",
    "gol_0000000000008"
);

/// What clients set of a goal.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoalBody {
    /// For people; unique in the account. Needed.
    #[schema(value_type = Option<String>, example = "Lead")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// The id or the name of a campaign that its events count for, too.
    #[schema(value_type = Option<String>, example = "Spring")]
    #[serde(default)]
    campaign: Given<String>,
    /// The currency of its values, ISO 4217.
    #[schema(value_type = Option<String>, example = "EUR")]
    #[serde(default)]
    currency: Given<Box<str>>,
    /// For grouping.
    #[schema(value_type = Option<Vec<String>>, example = json!(["mail"]))]
    #[serde(default)]
    tags: Given<Vec<Box<str>>>,
}

impl Resource for Goal {
    const PATH: &'static str = "goals";
    type Body = GoalBody;
    type View = GoalView;

    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self {
        Self {
            id,
            account,
            name: Box::default(),
            campaign: None,
            currency: None,
            tags: Box::default(),
            created_ms,
            deleted: false,
        }
    }

    fn change(&mut self, body: &GoalBody, context: &ChangeContext<'_>) -> Result<(), CatalogError> {
        body.name.set(&mut self.name);
        if self.name.is_empty() {
            return Err(CatalogError::invalid("name", "is required"));
        }
        context.set_campaign(&mut self.campaign, &body.campaign, self.account)?;
        body.currency.set(&mut self.currency);
        body.tags.set(&mut self.tags);
        Ok(())
    }

    fn view(&self, app: &App) -> GoalView {
        GoalView::new(self, app)
    }

    fn put(self) -> Change {
        Change::PutGoal(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.goals
    }
}
