//! What is asked of `/v1/stats`. Pure.

use catalog::Catalog;
use chrono_tz::Tz;
use model::{Dimension, EntityId, EntityKind, Grain};
use serde_json::{Value, json};
use web::Problem;

use super::{
    calendar::{Interval, buckets, text},
    metric::{GROUPINGS, Grouping, Metric},
    range::range,
};

/// Buckets in one answer at most.
const MAX_BUCKETS: usize = 20_000;
/// Groups in one answer at most, and unless asked otherwise.
const MAX_LIMIT: usize = 50_000;
const DEFAULT_LIMIT: usize = 1_000;

/// A question. Times are unix minutes; `start` is in, `end` is out.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub metrics: Vec<Metric>,
    pub start: i64,
    pub end: i64,
    pub interval: Interval,
    pub buckets: Vec<i64>,
    pub group: Option<Grouping>,
    pub zone: Tz,
    pub exclude_bots: bool,
    pub limit: usize,
    /// Metric to sort groups by, and whether the largest come first; `None`: by name.
    pub order: Option<(Metric, bool)>,
    object: Option<(EntityKind, String)>,
}

pub(super) fn bad(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::bad_request(code, detail)
}

impl Query {
    /// Reads a query string. `default_zone` is the account's time zone.
    pub(crate) fn parse(query: &str, default_zone: &str, now_ms: i64) -> Result<Self, Problem> {
        let mut raw = Raw::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
            raw.set(&name, value)?;
        }
        raw.build(default_zone, now_ms)
    }

    /// The entity that is asked about: the account, or one of its objects.
    pub(crate) fn entity(&self, catalog: &Catalog, account: EntityId) -> Result<EntityId, Problem> {
        let Some((kind, name)) = &self.object else {
            return Ok(account);
        };
        let by_id = name.parse::<EntityId>().ok().filter(|id| id.kind == *kind);
        let found = by_id.or_else(|| {
            catalog.read(|state| match kind {
                EntityKind::Link => state.links.named(0, name).map(|row| row.id),
                EntityKind::Pixel => state.pixels.named(account.raw, name).map(|row| row.id),
                EntityKind::Goal => state.goals.named(account.raw, name).map(|row| row.id),
                _ => state.campaigns.named(account.raw, name).map(|row| row.id),
            })
        });
        // Somebody else's does not exist for this account.
        let ours = found.filter(|id| catalog.describe(*id).is_some_and(|d| d.account == account));
        ours.ok_or_else(|| Problem::not_found("there is no such link, pixel, goal or campaign"))
    }

    /// The cube that answers this, without [`Metric::Value`] and [`Metric::UniqueVisitors`].
    pub(crate) fn cube(&self) -> (Dimension, Grain) {
        match self.group {
            Some(group) => (group.dimension, Grain::Quarter),
            None if self.on_quarters() => (Dimension::Total, Grain::Quarter),
            None => (Dimension::Total, Grain::Minute),
        }
    }

    fn on_quarters(&self) -> bool {
        self.interval != Interval::Minute
            && [self.start, self.end].iter().all(|m| m.rem_euclid(15) == 0)
    }

    /// The question as understood, for the answer.
    pub(crate) fn to_json(&self, entity: EntityId) -> Value {
        json!({
            "entity": entity,
            "metrics": self.metrics.iter().map(|m| m.name()).collect::<Vec<_>>(),
            "start": text(self.start, self.zone),
            "end": text(self.end, self.zone),
            "interval": self.interval.name(),
            "group_by": self.group.map(|g| g.name),
            "timezone": self.zone.name(),
            "exclude_bots": self.exclude_bots,
        })
    }
}

#[derive(Default)]
struct Raw {
    metrics: Option<String>,
    start: Option<String>,
    end: Option<String>,
    range: Option<String>,
    interval: Option<String>,
    group_by: Option<String>,
    timezone: Option<String>,
    exclude_bots: Option<String>,
    limit: Option<String>,
    order: Option<String>,
    object: Option<(EntityKind, String)>,
}

impl Raw {
    fn set(&mut self, name: &str, value: String) -> Result<(), Problem> {
        let kinds = [
            ("link", EntityKind::Link),
            ("pixel", EntityKind::Pixel),
            ("goal", EntityKind::Goal),
            ("campaign", EntityKind::Campaign),
        ];
        if let Some((_, kind)) = kinds.iter().find(|(n, _)| *n == name) {
            let twice = self.object.replace((*kind, value)).is_some();
            return if twice {
                Err(bad(
                    "invalid_filter",
                    "give one of link, pixel, goal, campaign",
                ))
            } else {
                Ok(())
            };
        }
        let slot = match name {
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
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(bad(
                    "unknown_parameter",
                    format!("there is no parameter `{other}`"),
                ));
            }
        };
        *slot = Some(value);
        Ok(())
    }

    fn build(self, default_zone: &str, now_ms: i64) -> Result<Query, Problem> {
        let zone = self
            .timezone
            .as_deref()
            .unwrap_or(if default_zone.is_empty() {
                "UTC"
            } else {
                default_zone
            });
        let zone: Tz = zone.parse().map_err(|_| {
            bad(
                "invalid_timezone",
                "timezone must be an IANA name such as Europe/Berlin",
            )
        })?;
        let interval = self.interval.as_deref().unwrap_or("none");
        let interval = Interval::parse(interval).ok_or_else(|| {
            bad(
                "invalid_interval",
                "interval must be minute, hour, day, week, month or none",
            )
        })?;
        let group = match self
            .group_by
            .as_deref()
            .filter(|g| !g.is_empty() && *g != "none")
        {
            None => None,
            Some(name) => Some(*GROUPINGS.iter().find(|g| g.name == name).ok_or_else(|| {
                let names: Vec<&str> = GROUPINGS.iter().map(|g| g.name).collect();
                bad(
                    "invalid_group_by",
                    format!("group_by must be one of {}", names.join(", ")),
                )
            })?),
        };
        let metrics = parse_metrics(self.metrics.as_deref().unwrap_or("clicks"))?;
        let exclude_bots = match self.exclude_bots.as_deref().unwrap_or("true") {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                return Err(bad(
                    "invalid_exclude_bots",
                    "exclude_bots must be true or false",
                ));
            }
        };
        let limit = self
            .limit
            .as_deref()
            .map_or(Ok(DEFAULT_LIMIT), str::parse::<usize>);
        let limit = limit
            .ok()
            .filter(|l| (1..=MAX_LIMIT).contains(l))
            .ok_or_else(|| bad("invalid_limit", format!("limit must be 1 to {MAX_LIMIT}")))?;
        let order = self
            .order
            .as_deref()
            .map(|o| parse_order(o, &metrics))
            .transpose()?
            .or(metrics.first().map(|m| (*m, true)));
        let (start, end) = range(
            self.start.as_deref(),
            self.end.as_deref(),
            self.range.as_deref(),
            zone,
            now_ms,
        )?;
        let starts = buckets(start, end, interval, zone, MAX_BUCKETS);
        let buckets = starts.ok_or_else(|| {
            bad(
                "too_many_buckets",
                format!(
                    "more than {MAX_BUCKETS} buckets; choose a longer interval or a shorter range"
                ),
            )
        })?;
        let query = Query {
            metrics,
            start,
            end,
            interval,
            buckets,
            group,
            zone,
            exclude_bots,
            limit,
            order,
            object: self.object,
        };
        query.check()
    }
}

impl Query {
    fn check(self) -> Result<Self, Problem> {
        let quarters = self.on_quarters();
        let asks = |metric| self.metrics.contains(&metric);
        if self.group.is_some() && !quarters {
            return Err(bad(
                "unaligned",
                "grouped numbers are kept by quarters of an hour: start and end must be on one, and interval not minute",
            ));
        }
        if self
            .group
            .is_some_and(|g| matches!(g.dimension, Dimension::Object | Dimension::Campaign))
            && self
                .object
                .as_ref()
                .is_some_and(|(kind, _)| kind.is_object())
        {
            return Err(bad(
                "invalid_group_by",
                "one link, pixel or goal cannot be split by link, pixel, goal or campaign",
            ));
        }
        if self
            .group
            .is_some_and(|g| g.dimension == Dimension::Campaign)
            && self.object.is_some()
        {
            return Err(bad(
                "invalid_group_by",
                "one campaign cannot be split by campaign",
            ));
        }
        if asks(Metric::Value)
            && !(quarters
                && self
                    .group
                    .is_none_or(|g| g.dimension == Dimension::Currency))
        {
            return Err(bad(
                "invalid_metrics",
                "value can be grouped by currency only, and is kept by quarters of an hour",
            ));
        }
        if self
            .group
            .is_some_and(|g| g.dimension == Dimension::Currency)
            && !self
                .metrics
                .iter()
                .all(|m| matches!(m, Metric::Value | Metric::Conversions))
        {
            return Err(bad(
                "invalid_metrics",
                "grouped by currency there are value and conversions with a value",
            ));
        }
        if asks(Metric::UniqueVisitors) {
            if self.group.is_some() {
                return Err(bad(
                    "invalid_metrics",
                    "unique_visitors cannot be grouped; ask for one link, pixel or campaign at a time",
                ));
            }
            let on_hours = self
                .buckets
                .iter()
                .skip(1)
                .chain([&self.start, &self.end])
                .all(|m| m.rem_euclid(60) == 0);
            if !on_hours {
                return Err(bad(
                    "invalid_metrics",
                    "unique_visitors are kept by UTC hours: start, end and buckets must be on one",
                ));
            }
        }
        Ok(self)
    }
}

fn parse_metrics(text: &str) -> Result<Vec<Metric>, Problem> {
    let mut metrics = Vec::new();
    for name in text.split(',').map(str::trim) {
        let metric = parse_metric(name)?;
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    Ok(metrics)
}

fn parse_metric(name: &str) -> Result<Metric, Problem> {
    let names: Vec<&str> = Metric::ALL.iter().map(|m| m.name()).collect();
    let metric = Metric::ALL.into_iter().find(|m| m.name() == name);
    metric.ok_or_else(|| {
        bad(
            "invalid_metrics",
            format!("metrics must be some of {}", names.join(", ")),
        )
    })
}

fn parse_order(text: &str, metrics: &[Metric]) -> Result<(Metric, bool), Problem> {
    let (name, descending) = text
        .strip_prefix('-')
        .map_or((text, false), |name| (name, true));
    let metric = parse_metric(name)?;
    let asked = metrics.contains(&metric);
    asked.then_some((metric, descending)).ok_or_else(|| {
        bad(
            "invalid_order",
            "order must be one of the metrics, with - in front for the largest first",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_764_000_000_000; // 2025-11-24T16:00:00Z

    fn parse(query: &str) -> Result<Query, Problem> {
        Query::parse(query, "", NOW)
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_code() {
        for (query, code) in [
            ("metrics=clicks,nonsense", "invalid_metrics"),
            ("interval=second", "invalid_interval"),
            ("timezone=Mars/Base", "invalid_timezone"),
            ("start=2025-01-02&end=2025-01-02", "invalid_range"),
            ("start=yesterday-ish", "invalid_time"),
            ("start=2025-01-01T00:00:30Z", "invalid_time"),
            ("range=0d", "invalid_range"),
            ("range=é", "invalid_range"),
            ("limit=0", "invalid_limit"),
            ("limit=-1", "invalid_limit"),
            ("group_by=shoe_size", "invalid_group_by"),
            ("group_by=link&link=x", "invalid_group_by"),
            ("group_by=country&interval=minute", "unaligned"),
            (
                "group_by=country&metrics=unique_visitors",
                "invalid_metrics",
            ),
            ("metrics=value&group_by=country", "invalid_metrics"),
            ("order=views", "invalid_order"),
            ("link=a&pixel=b", "invalid_filter"),
            ("frobnicate=1", "unknown_parameter"),
            ("interval=minute&range=4000d", "too_many_buckets"),
            ("exclude_bots=maybe", "invalid_exclude_bots"),
        ] {
            assert_eq!(parse(query).unwrap_err().code, code, "{query}");
        }
    }

    #[test]
    fn ranges_are_local() {
        let query = parse("range=today&timezone=Asia/Kolkata&interval=hour").unwrap();
        assert_eq!(text(query.start, query.zone), "2025-11-24T00:00:00+05:30");
        assert_eq!(
            (query.end - query.start, query.buckets.len()),
            (24 * 60, 24)
        );
        let query = parse("range=2d&interval=day").unwrap();
        assert_eq!(
            (text(query.start, query.zone), query.buckets.len()),
            ("2025-11-23T00:00:00Z".into(), 2)
        );
    }
}
