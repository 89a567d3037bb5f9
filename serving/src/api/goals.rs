//! Goals.

use catalog::{
    CatalogError, Change, Goal, GoalOptions, Price, Table,
    goal_options::{AttributeBy, Attribution, Repeats, Secret, Statuses},
};
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    accounts::network,
    body::Given,
    handlers::{handlers, parts::*},
    objects::{ChangeContext, Place, Resource},
    search::ObjectsQuery,
};
use crate::api_types::GoalView;

handlers!(
    Goal,
    GoalView,
    GoalBody,
    ObjectsQuery,
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
    /// The value of a conversion that comes without one, a decimal in the goal's currency.
    #[schema(value_type = Option<super::body::Money>, example = "12.50")]
    #[serde(default)]
    default_value: Given<Price>,
    /// So many days after a click a conversion belongs to it; 30 unless set.
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 400, example = 30)]
    #[serde(default)]
    attribution_days: Given<u16>,
    /// Whose time a conversion counts at: its own, or that of the click which it belongs to.
    #[schema(value_type = Option<AttributeBy>, example = "conversion")]
    #[serde(default)]
    attribute_by: Given<AttributeBy>,
    /// Which click of a visitor whom the sender names, if there is no click id: the `last` one, or the `first` one within
    /// `attribution_days`. Batch decides that.
    #[schema(value_type = Option<Attribution>, example = "last")]
    #[serde(default)]
    attribution: Given<Attribution>,
    /// What another value of a transaction means that has the same status: nothing (`ignore`), more (`add`, with an
    /// `idempotency_key`), or that it takes the place of what was (`replace`).
    #[schema(value_type = Option<Repeats>, example = "ignore")]
    #[serde(default)]
    repeats: Given<Repeats>,
    /// Words that senders have for statuses; without any every conversion is approved.
    #[schema(value_type = Option<Statuses>)]
    #[serde(default)]
    statuses: Given<Statuses>,
    /// What senders sign with: then each conversion has `sig`, the HMAC-SHA256 in hex of its other parameters, decoded,
    /// sorted by name and then value, as `name=value` joined with `&`.
    #[schema(value_type = Option<String>, min_length = 8, max_length = 256, example = "a long secret")]
    #[serde(default)]
    secret: Given<Box<str>>,
    /// Addresses and networks that may tell conversions; without any all.
    #[schema(value_type = Option<Vec<String>>, example = json!(["192.0.2.0/24"]))]
    #[serde(default)]
    allow_ips: Given<Vec<String>>,
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
            options: None,
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
        let options = self.options.take();
        let mut options = options.map_or_else(GoalOptions::default, |o| *o);
        body.change_options(&mut options)?;
        self.options = (!options.is_default()).then(|| Box::new(options));
        Ok(())
    }

    fn view(&self, app: &App) -> GoalView {
        GoalView::new(self, app)
    }

    fn place(&self) -> Place<'_> {
        Place {
            created_ms: self.created_ms,
            ..Place::default()
        }
    }

    fn put(self) -> Change {
        Change::PutGoal(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.goals
    }
}

impl GoalBody {
    fn change_options(&self, options: &mut GoalOptions) -> Result<(), CatalogError> {
        let usual = GoalOptions::default();
        self.default_value.set(&mut options.default_value);
        match self.attribution_days {
            Given::Absent => {}
            Given::Null => options.attribution_days = usual.attribution_days,
            Given::Value(days) => options.attribution_days = days,
        }
        self.attribute_by.set(&mut options.attribute_by);
        self.attribution.set(&mut options.attribution);
        self.repeats.set(&mut options.repeats);
        self.statuses.set(&mut options.statuses);
        self.secret.set_with(&mut options.secret, |text| {
            Ok::<_, CatalogError>(Some(Secret::from(text.clone())))
        })?;
        self.allow_ips.set_with(&mut options.allow_ips, |texts| {
            let networks = texts.iter().map(|text| network("allow_ips", text));
            networks.collect()
        })
    }
}
