//! Numbers.

use std::{borrow::Cow, collections::BTreeMap};

use handover::reading::Missing;
use model::{EntityId, LogId, Memory, Seq};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};

use super::Imported;
use crate::stats::{Interval, Metric, filters::columns};

/// The numbers that were asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stats {
    /// By bucket and group.
    pub results: Vec<Row>,
    /// Of the whole range: what the rows add up to.
    pub totals: Numbers,
    /// The same of the time that it is compared with; absent without `compare`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// How true they are.
    pub meta: StatsMeta,
}

/// Numbers of another time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// By bucket and group: the same number of buckets where the time is as long.
    pub results: Vec<Row>,
    /// Of all of that time.
    pub totals: Numbers,
    /// From then on.
    #[schema(example = "2025-12-26T00:00:00Z")]
    pub start: String,
    /// Before then.
    #[schema(example = "2025-12-28T00:00:00Z")]
    pub end: String,
}

/// Where numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// From sums that are kept.
    Cube,
    /// From the events themselves.
    Events,
}

/// One bucket of one group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Row {
    /// Start of the bucket; absent without `interval`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-01-02T00:00:00Z")]
    pub time: Option<String>,
    /// The group; absent without `group_by`.
    #[serde(flatten)]
    #[schema(value_type = GroupFields)]
    pub groups: GroupsOfRow,
    /// Its numbers.
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// A group of a row.
#[derive(Debug)]
pub(crate) struct Group {
    /// What is grouped by.
    pub by: &'static str,
    /// Which group.
    pub name: GroupName,
}

/// Which group.
#[derive(Debug)]
pub(crate) enum GroupName {
    /// What is in no group.
    None,
    /// A value, or the id of an object that is not known any more.
    Value(Box<str>),
    /// The id of an object, and how people call it.
    Object(Box<str>, Box<str>),
    /// All groups beyond the limit.
    Other,
}

/// The fields of a [`Group`]: one for each name that can be grouped by, and what goes with it.
struct GroupFields;

impl PartialSchema for GroupFields {
    fn schema() -> RefOr<Schema> {
        let text = |about: String| {
            let kinds = [Type::String, Type::Null]
                .into_iter()
                .collect::<SchemaType>();
            let text = ObjectBuilder::new().schema_type(kinds);
            text.description(Some(about))
        };
        let mut fields = ObjectBuilder::new();
        for by in columns() {
            let (name, about) = (by.name, by.about);
            let about = format!(
                "With `group_by={name}`. {about} `other` for all beyond the limit; null for none."
            );
            fields = fields.property(name, text(about));
        }
        for kind in ["pixel", "goal", "campaign"] {
            let about = format!("The name of the {kind}, with two names in `group_by`.");
            fields = fields.property(format!("{kind}_name"), text(about));
        }
        let other = ObjectBuilder::new().schema_type(Type::Boolean);
        let about = "True: these are all groups beyond the limit together.";
        fields
            .property("slug", text("The path that the link answers at.".into()))
            .property(
                "name",
                text("The name of the campaign, pixel or goal.".into()),
            )
            .property("other", other.description(Some(about)))
            .examples([json!({"country": "DE"})])
            .into()
    }
}

impl ToSchema for GroupFields {
    fn name() -> Cow<'static, str> {
        "GroupFields".into()
    }
}

/// The groups of a row, by what they are grouped by.
#[derive(Debug)]
pub(crate) struct GroupsOfRow(pub Vec<Group>);

impl Serialize for GroupsOfRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        for Group { by, name } in &self.0 {
            match name {
                GroupName::None => fields.serialize_entry(by, &None::<&str>)?,
                GroupName::Value(value) => fields.serialize_entry(by, value)?,
                GroupName::Object(id, called) => {
                    fields.serialize_entry(by, id)?;
                    fields.serialize_entry(called_as(by, self.0.len()), called)?;
                }
                GroupName::Other => fields.serialize_entry(by, "other")?,
            }
        }
        if self
            .0
            .iter()
            .any(|group| matches!(group.name, GroupName::Other))
        {
            fields.serialize_entry("other", &true)?;
        }
        fields.end()
    }
}

/// Under which name it is said how people call an object: with two of them each needs one of its own.
fn called_as(by: &str, groups: usize) -> &'static str {
    match (by, groups) {
        ("link", _) => "slug",
        (_, 1) => "name",
        ("pixel", _) => "pixel_name",
        ("goal", _) => "goal_name",
        _ => "campaign_name",
    }
}

/// Numbers by metric; absent are those that were not asked for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct Numbers {
    /// Clicks; those of bots only with `exclude_bots=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 120)]
    pub clicks: Option<i64>,
    /// Views; those of bots only with `exclude_bots=false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 340)]
    pub views: Option<i64>,
    /// Conversions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7)]
    pub conversions: Option<i64>,
    /// Clicks of bots.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 3)]
    pub bot_clicks: Option<i64>,
    /// Views of bots.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub bot_views: Option<i64>,
    /// Value of conversions; null if it is in several currencies, which do not add up: then `values` has it
    /// in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "129.50")]
    pub value: Option<Option<String>>,
    /// By currency, the value of conversions in several; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"EUR": "12.50", "USD": "25.00"}))]
    pub values: Option<BTreeMap<String, String>>,
    /// Distinct visitors. They do not add up over rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 99)]
    pub unique_visitors: Option<u64>,
    /// Conversions that are pending: those that became so, less those that are not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 2)]
    pub pending: Option<i64>,
    /// Conversions that were rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub rejected: Option<i64>,
    /// What clicks cost; null if in several currencies: then `costs` has it in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "6.00")]
    pub cost: Option<Option<String>>,
    /// By currency, what clicks cost in several; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"EUR": "1.00", "USD": "5.00"}))]
    pub costs: Option<BTreeMap<String, String>>,
    /// Value less cost; null if in several currencies: then `profits` has it in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "123.50")]
    pub profit: Option<Option<String>>,
    /// By currency, value less cost in several; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!({"EUR": "11.50", "USD": "20.00"}))]
    pub profits: Option<BTreeMap<String, String>>,
    /// Clicks for each view; null without views.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 0.35)]
    pub ctr: Option<Option<f64>>,
    /// Conversions for each click; null without clicks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 0.058)]
    pub cr: Option<Option<f64>>,
    /// Value for each click; null without clicks, or in several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "1.08")]
    pub epc: Option<Option<String>>,
    /// Value of each conversion; null without conversions, or in several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "18.50")]
    pub aov: Option<Option<String>>,
    /// Profit for each unit of cost; null without cost, or in several currencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>, example = 20.58)]
    pub roi: Option<Option<f64>>,
}

impl Numbers {
    /// Sets a metric that is a sum of counts.
    pub(crate) fn set_sum(&mut self, metric: Metric, sum: i64) {
        match metric {
            Metric::Clicks => self.clicks = Some(sum),
            Metric::Views => self.views = Some(sum),
            Metric::Conversions => self.conversions = Some(sum),
            Metric::BotClicks => self.bot_clicks = Some(sum),
            Metric::BotViews => self.bot_views = Some(sum),
            Metric::Pending => self.pending = Some(sum),
            Metric::Rejected => self.rejected = Some(sum),
            // What is not a sum of counts.
            _ => {}
        }
    }
}

/// How true numbers are, and what they were understood to be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "manifest": 7,
    "settled_through": "2026-01-02T03:00:00Z",
    "live_lag_ms": 12,
    "complete": true,
    "gaps": [],
    "as_of": "7.0000000000000000000000002D-42",
    "counted_upto": {"0000000000000000000000002D": 42},
    "source": "cube",
    "settled": {"clicks": 100},
    "live": {"clicks": 20},
    "exact": {"clicks": true},
    "query": {
        "entity": "acc_0000000000001",
        "metrics": ["clicks"],
        "start": "2026-01-01T00:00:00Z",
        "end": "2026-01-03T00:00:00Z",
        "interval": "day",
        "group_by": "country",
        "filters": {},
        "timezone": "UTC",
        "exclude_bots": true,
    },
}))]
pub(crate) struct StatsMeta {
    /// The manifest of the settled part; 0: nothing is settled yet.
    pub manifest: u64,
    /// When the newest settled event was received.
    #[schema(required)]
    pub settled_through: Option<String>,
    /// Longest delay of live numbers, milliseconds.
    pub live_lag_ms: i64,
    /// Whether nothing is missing.
    pub complete: bool,
    /// What may be missing, and why; absent: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<String>>)]
    pub missing: Vec<Missing>,
    /// Times in which events may be missing that nobody can count; null: not known just now, or not asked for.
    #[schema(required)]
    pub gaps: Option<Vec<Gap>>,
    /// True: an event may be counted that repeats another, until the next batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unchecked: Option<bool>,
    /// The moment of these numbers: as `as_of` of another question it is answered of the same moment, for a quarter of an
    /// hour at least.
    pub as_of: String,
    /// Per log, the event up to which everything is counted: a lower bound.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub counted_upto: BTreeMap<LogId, Seq>,
    /// Where the numbers come from.
    pub source: Source,
    /// True: rows overlap, since an event may be in several groups. Totals count it once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlapping: Option<bool>,
    /// The part of the totals that batch has settled.
    pub settled: Numbers,
    /// The part of the totals that is live.
    pub live: Numbers,
    /// What other tools counted, by their own rules: in no other number of the answer. Absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<Imported>,
    /// What was paid in periods and is in the costs of the answer; absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_costs: Option<PeriodCostsMeta>,
    /// By metric, whether it is exact.
    #[schema(value_type = BTreeMap<String, bool>)]
    pub exact: BTreeMap<&'static str, bool>,
    /// By metric that is not exact, its relative standard error.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, f64>>)]
    pub standard_error: BTreeMap<&'static str, f64>,
    /// What a visitor is, if visitors were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_visitors: Option<VisitorsMeta>,
    /// The question as it was understood.
    pub query: Question,
}

/// A time in which events may be missing.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Gap {
    /// When it began. After a crash up to a quarter of a minute before: nobody knows better.
    #[schema(example = "2026-01-02T09:30:00Z")]
    pub from: String,
    /// When it ended; null: it has not.
    #[schema(required, example = "2026-01-02T09:31:10Z")]
    pub to: Option<String>,
    /// Why.
    pub reason: GapReason,
    /// How many events were answered without being recorded, if that is known.
    #[schema(required, example = json!(null))]
    pub events: Option<u64>,
}

/// Why events may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GapReason {
    /// No collector was there.
    CollectorDown,
    /// A collector could not write events, and said so to whoever sent them.
    Unrecorded,
}

/// What was paid in periods, and is spread over clicks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodCostsMeta {
    /// How many costs lie within what was asked about.
    #[schema(example = 2)]
    pub count: usize,
    /// When the newest of them was told or changed: numbers from before that are others.
    #[schema(example = "2026-01-02T03:04:05Z")]
    pub changed_at: String,
    /// By currency, what was paid in periods that have no clicks of people yet: it is in no number of the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, String>>, example = json!({"EUR": "70.00"}))]
    pub unspread: BTreeMap<String, String>,
}

/// Within what a visitor whom the sender does not name counts once: in the next period the visitor is another one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitorsMeta {
    /// A day or a month of the account; at the end of what was asked for.
    #[schema(value_type = String, example = "day")]
    pub counted_per: Memory,
    /// The account's time zone.
    #[schema(example = "Europe/Berlin")]
    pub timezone: &'static str,
    /// What it was before, where it changed within what was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<VisitorsBefore>,
}

/// Within what a visitor counted once before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VisitorsBefore {
    /// Until then: a midnight of the account's.
    #[schema(example = "2026-01-03T00:00:00Z")]
    pub until: String,
    /// A day or a month of the account.
    #[schema(value_type = String, example = "day")]
    pub counted_per: Memory,
}

/// A question as it was understood.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Question {
    /// Whose numbers.
    #[schema(value_type = String)]
    pub entity: EntityId,
    /// Which numbers.
    pub metrics: Vec<Metric>,
    /// From then on.
    pub start: String,
    /// Before then.
    pub end: String,
    /// How it is cut into buckets.
    pub interval: Interval,
    /// What rows are grouped by.
    #[schema(required, example = "country")]
    pub group_by: Option<String>,
    /// What events are counted, by column: values with commas between them, and `-` before all that are left out.
    #[schema(value_type = BTreeMap<String, String>)]
    pub filters: BTreeMap<&'static str, String>,
    /// In whose days.
    pub timezone: &'static str,
    /// Whether bots are left out.
    pub exclude_bots: bool,
}
