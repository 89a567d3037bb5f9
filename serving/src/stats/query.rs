//! A question that makes sense. Pure.

use std::collections::BTreeMap;

use asking::Column;
use catalog::{AccountSettings, Catalog, VisitorMemory};
use chrono_tz::Tz;
use model::{Dimension, EntityId, EntityKind, Grain, VisitorPeriod, time};
use web::Problem;

use super::{
    calendar::{Interval, date_of, same_days, text},
    filters::Wanted,
    group_by::GroupBy,
    metric::Metric,
};
use crate::api_types::{Question, VisitorsBefore, VisitorsMeta};

/// A question. Times are unix minutes; `start` is in, `end` is out.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub metrics: Vec<Metric>,
    pub start: i64,
    pub end: i64,
    pub interval: Interval,
    pub buckets: Vec<i64>,
    /// Minutes that belong to the bucket before: see [`super::calendar::strays`].
    pub strays: Vec<(i64, i64)>,
    /// The one grouping that a cube is kept by; none where the events are counted.
    pub group: Option<GroupBy>,
    /// What rows are grouped by, wherever they come from: at most two.
    pub columns: Vec<Column>,
    pub filters: Vec<Wanted>,
    /// Whether the events themselves are counted: no cube holds what is asked.
    pub from_events: bool,
    /// The moment that is asked about, as it was written; `None`: now.
    pub as_of: Option<String>,
    pub zone: Tz,
    /// Within what a visitor of the account has one number.
    pub home: Home,
    pub exclude_bots: bool,
    pub limit: usize,
    /// Metric to sort groups by, and whether the largest come first; `None`: by name.
    pub order: Option<(Metric, bool)>,
    /// Kind and name of the object that is asked about.
    pub object: Option<(EntityKind, String)>,
}

/// The calendar by which an account's visitors are numbered.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// The account's time zone.
    pub zone: Tz,
    /// Whether they have another number on each day, or in each month.
    pub memory: VisitorMemory,
}

impl Home {
    /// Of an account.
    pub(crate) fn of(settings: &AccountSettings) -> Self {
        Self {
            zone: settings.timezone.parse().unwrap_or(Tz::UTC),
            memory: settings.visitor_memory.clone(),
        }
    }

    /// Within what visitors of a minute have one number.
    fn period_of(&self, minute: i64) -> VisitorPeriod {
        VisitorPeriod::of(self.memory.at(minute), self.day_of(minute))
    }

    /// Within what visitors between two minutes have one number.
    pub(super) fn told(&self, start: i64, end: i64) -> VisitorsMeta {
        let changes = self.memory.changes_within(start, end);
        let before = changes.map(|since| VisitorsBefore {
            until: time::rfc3339(since.minute * 60_000),
            counted_per: self.memory.at(since.minute - 1),
        });
        VisitorsMeta {
            counted_per: self.memory.at(end - 1),
            timezone: self.zone.name(),
            before: before.collect(),
        }
    }

    /// Whether visitors get other numbers between two minutes at a moment at which `zone` begins no new day, or
    /// within a period of theirs: who came on both sides has two.
    pub(super) fn parts(&self, zone: Tz, start: i64, end: i64) -> bool {
        let one_period = self.period_of(start) == self.period_of(end - 1);
        let changes = self.memory.changes_within(start, end).next().is_some();
        changes || (!one_period && !same_days(zone, self.zone, start, end))
    }

    /// Days since 1970-01-01 in the account's time zone.
    fn day_of(&self, minute: i64) -> i64 {
        let date = date_of(minute, self.zone);
        date.map_or_else(|| time::day_of(minute), |date| date.to_epoch_days().into())
    }
}

pub(super) fn bad(code: &'static str, detail: impl Into<String>) -> Problem {
    Problem::bad_request(code, detail)
}

impl Query {
    /// The entity that is asked about: the account, or one of its objects.
    pub(crate) fn entity(&self, catalog: &Catalog, account: EntityId) -> Result<EntityId, Problem> {
        let Some((kind, name)) = &self.object else {
            return Ok(account);
        };
        // Somebody else's does not exist for this account.
        let ours = catalog.read(|state| match kind {
            EntityKind::Link => state.links.find(account, name).map(|row| row.id),
            EntityKind::Pixel => state.pixels.find(account, name).map(|row| row.id),
            EntityKind::Goal => state.goals.find(account, name).map(|row| row.id),
            _ => state.campaigns.find(account, name).map(|row| row.id),
        });
        ours.ok_or_else(|| Problem::not_found("there is no such link, pixel, goal or campaign"))
    }

    /// The cube that answers this, without [`Metric::Value`] and [`Metric::UniqueVisitors`].
    pub(crate) fn cube(&self) -> (Dimension, Grain) {
        match self.group {
            Some(group) => (group.dimension(), Grain::Quarter),
            None if self.on_quarters() && !self.cuts_quarters() => {
                (Dimension::Total, Grain::Quarter)
            }
            None => (Dimension::Total, Grain::Minute),
        }
    }

    /// The cubes that answer what is asked about money.
    pub(crate) fn money(&self) -> Vec<Dimension> {
        let (value, cost) = (self.asks_value(), self.asks_cost());
        let by_group = self.group.and_then(GroupBy::money);
        let by_group = by_group.filter(|_| value || cost);
        let plain = [
            value.then_some(Dimension::Currency),
            cost.then_some(Dimension::Cost),
        ];
        let plain = plain.into_iter().flatten();
        let plain = plain.filter(|_| self.has_plain_money());
        by_group.into_iter().chain(plain).collect()
    }

    /// Whether sums of money are of the cubes by currency alone, of all there is. By objects they are of what has
    /// one, as counts are: no live cell leaves out any of it.
    pub(super) fn has_plain_money(&self) -> bool {
        self.group.and_then(GroupBy::kind).is_none()
    }

    /// Whether values of conversions are asked for.
    pub(super) fn asks_value(&self) -> bool {
        self.metrics.iter().any(|metric| metric.has_value())
    }

    /// Whether costs of clicks are asked for.
    pub(super) fn asks_cost(&self) -> bool {
        self.metrics.iter().any(|metric| metric.has_cost())
    }

    /// Whether `metric` is asked for.
    pub(crate) fn asks(&self, metric: Metric) -> bool {
        self.metrics.contains(&metric)
    }

    /// The question as understood, for the answer.
    pub(crate) fn told(&self, entity: EntityId) -> Question {
        Question {
            entity,
            metrics: self.metrics.clone(),
            start: text(self.start, self.zone),
            end: text(self.end, self.zone),
            interval: self.interval,
            group_by: self.group_by(),
            filters: self.told_filters(),
            timezone: self.zone.name(),
            exclude_bots: self.exclude_bots,
        }
    }

    /// Names of what rows are grouped by, as they are asked for.
    fn group_by(&self) -> Option<String> {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        (!names.is_empty()).then(|| names.join(","))
    }

    fn told_filters(&self) -> BTreeMap<&'static str, String> {
        let told = self.filters.iter();
        told.map(|filter| (filter.name, filter.text())).collect()
    }

    /// Whether there are rows of groups.
    pub(super) fn is_grouped(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether rows are of currencies.
    pub(super) fn by_currency(&self) -> bool {
        self.columns.iter().any(|column| column.name == "currency")
    }

    /// Decides where the numbers come from: from a cube, where one is kept by exactly that.
    pub(super) fn choose(&mut self) {
        let is_simple = self.filters.is_empty() && self.as_of.is_none();
        let by_one = self.columns.len() == usize::from(self.group.is_some());
        self.from_events = !(is_simple && by_one && self.is_kept());
        if self.from_events {
            self.group = None;
        }
    }

    /// Whether cubes are kept by its group, for its object, in its buckets.
    fn is_kept(&self) -> bool {
        let object = self.object.as_ref().map(|(kind, _)| *kind);
        let by_group = self.group.is_none_or(|group| {
            let dimension = group.dimension();
            let entity = object.unwrap_or(EntityKind::Account);
            self.on_quarters() && dimension.is_for(entity)
        });
        let has_money = |by: GroupBy| by.is_currency() || by.money().is_some();
        let asks_money = self.metrics.iter().any(|metric| metric.is_money());
        let by_money = !asks_money || (self.on_quarters() && self.group.is_none_or(has_money));
        let by_visitors =
            !self.asks(Metric::UniqueVisitors) || (self.group.is_none() && self.on_quarters());
        by_group && by_money && by_visitors
    }

    fn on_quarters(&self) -> bool {
        !matches!(self.interval, Interval::Minute | Interval::FiveMinutes)
            && [self.start, self.end].iter().all(|m| m.rem_euclid(15) == 0)
    }

    /// Whether clocks change within a quarter of an hour, so that it is in two buckets.
    pub(super) fn cuts_quarters(&self) -> bool {
        let starts = self.buckets.iter().skip(1);
        let strays = self.strays.iter().flat_map(|(start, end)| [start, end]);
        let within = |minute: &&i64| (self.start..self.end).contains(*minute);
        let mut cuts = starts.chain(strays).filter(within);
        cuts.any(|minute| minute.rem_euclid(15) != 0)
    }

    /// The place of a minute's bucket. The first bucket may begin before the range, never after it.
    pub(super) fn bucket(&self, minute: i64) -> usize {
        let after = self.buckets.partition_point(|start| *start <= minute);
        let stray = |(start, end): &(i64, i64)| (*start..*end).contains(&minute);
        let back = 1 + usize::from(self.strays.iter().any(stray));
        after.saturating_sub(back)
    }

    /// Refuses what makes no sense.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.by_currency() && !self.metrics.iter().all(|metric| metric.has_currency()) {
            let detail = "grouped by currency there are value, conversions with a value, aov, cost, profit and roi";
            return Err(bad("invalid_metrics", detail));
        }
        let by_goal = self.columns.iter().any(|column| column.name == "goal");
        let object = self.object.as_ref().map(|(kind, _)| *kind);
        if self.asks_cost() && (by_goal || object == Some(EntityKind::Goal)) {
            let detail = "clicks cost something, and belong to no goal: of goals there are value, epc and aov, but no cost, profit and roi";
            return Err(bad("invalid_metrics", detail));
        }
        Ok(())
    }
}
