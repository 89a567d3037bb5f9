//! The parameters of `/v1/stats` as they were sent, and what they are understood as. Pure.

use std::sync::Arc;

use asking::Column;
use axum::extract::FromRequestParts;
use catalog::AccountSettings;
use chrono_tz::Tz;
use http::request::Parts;
use model::EntityKind;
use utoipa::IntoParams;
use web::Problem;

use super::{
    calendar::{Interval, buckets, strays},
    filters::{self, Wanted},
    group_by::GroupBy,
    metric::Metric,
    query::{Home, Query, bad},
    range::range,
};
use crate::app::App;

/// Buckets in one answer at most.
pub(super) const MAX_BUCKETS: usize = 20_000;
/// Groups in one answer at most, and unless asked otherwise.
const MAX_LIMIT: usize = 50_000;
const DEFAULT_LIMIT: usize = 1_000;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatsQuery {
    /// Which numbers, separated by commas: `clicks`, `views`, `conversions`, `pending`, `rejected`, `bot_clicks`,
    /// `bot_views`, `value`, `cost`, `profit`, `unique_visitors`, and of these `ctr` (clicks for each view), `cr`
    /// (conversions for each click), `epc` (value for each click), `aov` (value of each conversion) and `roi` (profit
    /// for each unit of cost).
    #[param(example = "clicks,views,conversions", default = "clicks")]
    pub metrics: Option<String>,
    /// From then on: RFC 3339 on a whole minute, or a date.
    #[param(example = "2026-01-01")]
    pub start: Option<String>,
    /// Before then.
    #[param(example = "2026-01-03")]
    pub end: Option<String>,
    /// Where `start` or `end` are not given: `today`, `yesterday`, `mtd`, or a number of hours or
    /// days such as `24h` or `30d`.
    #[param(example = "7d", default = "7d")]
    pub range: Option<String>,
    /// Length of a bucket; `none` unless given. Weeks begin on Monday.
    #[param(value_type = Option<Interval>, inline, example = "day")]
    pub interval: Option<String>,
    /// What rows are grouped by: one name, or two with a comma between them. Every name is a filter, too.
    #[param(example = "country,device")]
    pub group_by: Option<String>,
    /// IANA name of the time zone in which days begin; the account's unless given.
    #[param(example = "Europe/Berlin")]
    pub timezone: Option<String>,
    /// Whether bots are left out.
    #[param(value_type = Option<bool>, example = true, default = true)]
    pub exclude_bots: Option<String>,
    /// Groups in the answer; all others together are one more row.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 50000, default = 1000, example = 10)]
    pub limit: Option<String>,
    /// The metric that groups are sorted by, one of `metrics`, with `-` in front for the largest first. Rates that are
    /// null come last.
    #[param(example = "-clicks")]
    pub order: Option<String>,
    /// Numbers of one link only: its id or its slug. Of several, or of all others, as with every filter.
    #[param(example = "spring")]
    pub link: Option<String>,
    /// Numbers of one pixel only: its id or its name. Of several, or of all others, as with every filter.
    #[param(example = "Footer")]
    pub pixel: Option<String>,
    /// Numbers of one goal only: its id or its name. Of several, or of all others, as with every filter.
    #[param(example = "Sale")]
    pub goal: Option<String>,
    /// Numbers of one campaign only: its id or its name. Of several, or of all others, as with every filter.
    #[param(example = "Spring")]
    pub campaign: Option<String>,
    /// Filters that have a name: the name or the id of a segment. They hold beside the others.
    #[param(example = "German mail")]
    pub segment: Option<String>,
    /// The moment of an answer before: its `meta.as_of`. Then the numbers are of the same moment.
    #[param(example = "0")]
    pub as_of: Option<String>,
    /// The same numbers of the time before: `previous_period` or `previous_year`.
    #[param(example = "previous_period")]
    pub compare: Option<String>,
    /// Other filters, by their names.
    #[param(ignore)]
    pub filters: Vec<(&'static str, String)>,
    /// Filters that hold beside all others, whatever is asked: those of a share.
    #[param(ignore)]
    pub within: Vec<(&'static str, String)>,
}

/// The names of the parameters.
const NAMES: [&str; 17] = [
    "metrics",
    "start",
    "end",
    "range",
    "interval",
    "group_by",
    "timezone",
    "exclude_bots",
    "limit",
    "order",
    "link",
    "pixel",
    "goal",
    "campaign",
    "segment",
    "as_of",
    "compare",
];

impl FromRequestParts<Arc<App>> for StatsQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl StatsQuery {
    /// Reads a query string.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut asked = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()).into_owned() {
            let Some(slot) = asked.slot(&name) else {
                asked.filter(&name, value)?;
                continue;
            };
            let twice = slot.replace(value).is_some();
            if twice && OBJECTS.contains(&&*name) {
                return Err(twice_given(&name));
            }
        }
        Ok(asked)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        Some(match name {
            "metrics" => &mut self.metrics,
            "start" => &mut self.start,
            "end" => &mut self.end,
            "range" => &mut self.range,
            "interval" => &mut self.interval,
            "group_by" => &mut self.group_by,
            "timezone" => &mut self.timezone,
            "exclude_bots" => &mut self.exclude_bots,
            "limit" => &mut self.limit,
            "order" => &mut self.order,
            "link" => &mut self.link,
            "pixel" => &mut self.pixel,
            "goal" => &mut self.goal,
            "campaign" => &mut self.campaign,
            "segment" => &mut self.segment,
            "as_of" => &mut self.as_of,
            "compare" => &mut self.compare,
            _ => return None,
        })
    }

    /// Takes note of a filter by a column.
    fn filter(&mut self, name: &str, value: String) -> Result<(), Problem> {
        let Some(name) = filters::name(name) else {
            let known = NAMES.into_iter().chain(filters::names());
            let detail = web::unknown("parameter", name, known);
            return Err(bad("unknown_parameter", detail));
        };
        if self.filters.iter().any(|(other, _)| *other == name) {
            return Err(twice_given(name));
        }
        self.filters.push((name, value));
        Ok(())
    }

    /// What it means to an account.
    pub(crate) fn understand(
        &self,
        settings: &AccountSettings,
        now_ms: i64,
    ) -> Result<Query, Problem> {
        let (object, filters) = self.filters()?;
        let home = Home::of(settings);
        let zone = self.zone(home.zone)?;
        let (interval, range_of_interval) = self.interval()?;
        let metrics = parse_metrics(self.metrics.as_deref().unwrap_or("clicks"))?;
        let columns = self.columns()?;
        let by_bots = columns.iter().any(|column| column.name == BOT)
            || filters.iter().any(|filter| filter.name == BOT);
        let (exclude_bots, limit) = (self.exclude_bots(!by_bots)?, self.limit()?);
        let order = self.order.as_deref();
        let order = order
            .map(|order| parse_order(order, &metrics))
            .transpose()?;
        let order = order.or(metrics.first().map(|metric| (*metric, true)));
        let range_text = self.range.as_deref().or(range_of_interval);
        let texts = [self.start.as_deref(), self.end.as_deref(), range_text];
        let (start, end) = range(texts[0], texts[1], texts[2], zone, now_ms)?;
        let buckets = buckets(start, end, interval, zone, MAX_BUCKETS);
        let buckets = buckets.ok_or_else(too_many_buckets)?;
        let group = match &columns[..] {
            [one] => GroupBy::named(one.name),
            _ => None,
        };
        let mut query = Query {
            metrics,
            start,
            end,
            interval,
            strays: strays(&buckets, interval, zone),
            buckets,
            group,
            columns,
            filters,
            from_events: false,
            as_of: self.as_of.clone(),
            zone,
            home,
            exclude_bots,
            limit,
            order,
            object,
        };
        query.check()?;
        query.choose();
        Ok(query)
    }

    /// The one object that is asked about, if it is one, and the filters.
    fn filters(&self) -> Result<(Object, Vec<Wanted>), Problem> {
        if !self.within.is_empty() {
            return self.filters_within();
        }
        let objects = self.objects();
        let objects = objects.map(|(kind, text)| Wanted::parse(kind.name(), text));
        let objects = objects.collect::<Result<Vec<_>, _>>()?;
        let others = self.filters.iter();
        let others = others.map(|(name, text)| Wanted::parse(name, text));
        let others = others.collect::<Result<Vec<_>, _>>()?;
        // An object has numbers of its own.
        match &objects[..] {
            [one] if let Some(object) = one.object() => Ok((Some(object), others)),
            _ => Ok((None, objects.into_iter().chain(others).collect())),
        }
    }

    /// The same within filters that hold beside those that are asked for. Nothing that is asked takes one away.
    fn filters_within(&self) -> Result<(Object, Vec<Wanted>), Problem> {
        let objects = self
            .objects()
            .map(|(kind, text)| Wanted::parse(kind.name(), text));
        let others = self.filters.iter();
        let asked = objects.chain(others.map(|(name, text)| Wanted::parse(name, text)));
        let within = self.within.iter();
        let mut all = within
            .map(|(name, text)| Wanted::parse(name, text))
            .collect::<Result<Vec<_>, _>>()?;
        for wanted in asked {
            let wanted = wanted?;
            if !all.contains(&wanted) {
                all.push(wanted);
            }
        }
        match &all[..] {
            // An object has numbers of its own.
            [one] if let Some(object) = one.object() => Ok((Some(object), Vec::new())),
            _ => Ok((None, all)),
        }
    }

    /// Takes away the filters by objects that are asked for.
    pub(crate) fn take_objects(&mut self) -> Vec<(EntityKind, String)> {
        let asked = self.objects().map(|(kind, text)| (kind, text.to_owned()));
        let asked = asked.collect();
        (self.link, self.pixel, self.goal, self.campaign) = (None, None, None, None);
        asked
    }

    /// Asks for objects of a kind.
    pub(crate) fn ask_object(&mut self, kind: EntityKind, text: String) {
        let filter = match kind {
            EntityKind::Link => &mut self.link,
            EntityKind::Pixel => &mut self.pixel,
            EntityKind::Goal => &mut self.goal,
            EntityKind::Campaign => &mut self.campaign,
            EntityKind::Account => return,
        };
        *filter = Some(text);
    }

    /// The filters by objects that are asked for.
    fn objects(&self) -> impl Iterator<Item = (EntityKind, &str)> {
        let objects = [
            (EntityKind::Link, &self.link),
            (EntityKind::Pixel, &self.pixel),
            (EntityKind::Goal, &self.goal),
            (EntityKind::Campaign, &self.campaign),
        ];
        objects
            .into_iter()
            .filter_map(|(kind, text)| Some((kind, text.as_deref()?)))
    }

    fn zone(&self, usual: Tz) -> Result<Tz, Problem> {
        let detail = "timezone must be an IANA name such as Europe/Berlin";
        let zone = self.timezone.as_deref().map(str::parse);
        zone.unwrap_or(Ok(usual))
            .map_err(|_| bad("invalid_timezone", detail))
    }

    /// The interval; or a range, where somebody wrote one there, as Dub has it.
    fn interval(&self) -> Result<(Interval, Option<&str>), Problem> {
        let text = self.interval.as_deref().unwrap_or("none");
        if let Some(interval) = Interval::parse(text) {
            return Ok((interval, None));
        }
        let is_range = matches!(text, "today" | "yesterday" | "mtd")
            || text
                .strip_suffix(['h', 'd'])
                .is_some_and(|n| n.parse::<u16>().is_ok());
        match is_range && self.range.is_none() {
            true => Ok((Interval::None, Some(text))),
            false => {
                let known = Interval::ALL.map(Interval::name);
                Err(no_such("invalid_interval", "interval", text, &known))
            }
        }
    }

    fn columns(&self) -> Result<Vec<Column>, Problem> {
        let text = self.group_by.as_deref();
        let Some(text) = text.filter(|text| !text.is_empty() && *text != "none") else {
            return Ok(Vec::new());
        };
        let named = |name: &str| {
            let name = name.trim();
            filters::column(name).ok_or_else(|| {
                let known: Vec<&str> = filters::names().collect();
                no_such("invalid_group_by", "group", name, &known)
            })
        };
        let columns: Vec<Column> = text.split(',').map(named).collect::<Result<_, _>>()?;
        match &columns[..] {
            [one, other] if one.name == other.name => {
                Err(bad("invalid_group_by", "group_by names the same twice"))
            }
            [_] | [_, _] => Ok(columns),
            _ => Err(bad("invalid_group_by", "group_by has two names at most")),
        }
    }

    fn exclude_bots(&self, usual: bool) -> Result<bool, Problem> {
        match self.exclude_bots.as_deref() {
            None => Ok(usual),
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            _ => Err(bad(
                "invalid_exclude_bots",
                "exclude_bots must be true or false",
            )),
        }
    }

    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.as_deref();
        let limit = limit.map_or(Some(DEFAULT_LIMIT), |text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
        limit.ok_or_else(|| bad("invalid_limit", format!("limit must be 1 to {MAX_LIMIT}")))
    }
}

/// Parameters that are filters: each may be given once.
const OBJECTS: [&str; 4] = ["link", "pixel", "goal", "campaign"];
/// The column that tells bots from people: whoever asks about it wants both.
const BOT: &str = "bot";

fn twice_given(name: &str) -> Problem {
    let detail = format!("`{name}` is given twice; several values have a comma between them");
    bad("invalid_filter", detail)
}

fn no_such(code: &'static str, what: &str, name: &str, known: &[&str]) -> Problem {
    bad(code, web::no_such(what, name, known))
}

/// Kind and name of an object.
type Object = Option<(EntityKind, String)>;

fn too_many_buckets() -> Problem {
    let detail =
        format!("more than {MAX_BUCKETS} buckets; choose a longer interval or a shorter range");
    bad("too_many_buckets", detail)
}

fn parse_metrics(text: &str) -> Result<Vec<Metric>, Problem> {
    let mut metrics = Vec::new();
    for name in text.split(',').map(str::trim) {
        let metric = parse_metric("invalid_metrics", name)?;
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok(metrics)
}

fn parse_metric(code: &'static str, name: &str) -> Result<Metric, Problem> {
    let metric = Metric::ALL.into_iter().find(|metric| metric.name() == name);
    metric.ok_or_else(|| no_such(code, "metric", name, &Metric::ALL.map(Metric::name)))
}

fn parse_order(text: &str, metrics: &[Metric]) -> Result<(Metric, bool), Problem> {
    let ascending = (text, false);
    let (name, descending) = text
        .strip_prefix('-')
        .map_or(ascending, |name| (name, true));
    let metric = parse_metric("invalid_order", name)?;
    if metrics.contains(&metric) {
        return Ok((metric, descending));
    }
    let asked: Vec<&str> = metrics.iter().map(|metric| metric.name()).collect();
    let asked = asked.join(", ");
    let detail = format!(
        "order must be one of the metrics that are asked for, {asked}, with - in front for the largest first"
    );
    Err(bad("invalid_order", detail))
}

#[cfg(test)]
mod tests;
