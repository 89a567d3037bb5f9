//! A question that makes sense. Pure.

use catalog::{AccountSettings, Catalog, VisitorMemory};
use chrono_tz::Tz;
use model::{Dimension, EntityId, EntityKind, Grain, VisitorPeriod, time};
use web::Problem;

use super::{
    calendar::{Interval, date_of, same_days, text},
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
    pub group: Option<GroupBy>,
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
            group_by: self.group,
            timezone: self.zone.name(),
            exclude_bots: self.exclude_bots,
        }
    }

    fn on_quarters(&self) -> bool {
        self.interval != Interval::Minute
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

    /// Refuses what no numbers are kept for.
    pub(super) fn check(&self) -> Result<(), Problem> {
        if let Some(group) = self.group {
            self.check_group(group)?;
        }
        if self.metrics.iter().any(|metric| metric.is_money()) {
            self.check_money()?;
        }
        if self.asks(Metric::UniqueVisitors) {
            self.check_uniques()?;
        }
        Ok(())
    }

    fn check_group(&self, group: GroupBy) -> Result<(), Problem> {
        let dimension = group.dimension();
        if !self.on_quarters() {
            return Err(bad(
                "unaligned",
                "grouped numbers are kept by quarters of an hour: start and end must be on one, and interval not minute",
            ));
        }
        let object = self.object.as_ref();
        let by_object = matches!(
            dimension,
            Dimension::Object | Dimension::Link | Dimension::Campaign
        );
        if by_object && object.is_some_and(|(kind, _)| kind.is_object()) {
            return Err(bad(
                "invalid_group_by",
                "one link, pixel or goal cannot be split by link, pixel, goal or campaign",
            ));
        }
        if dimension == Dimension::Campaign && object.is_some() {
            let detail = "one campaign cannot be split by campaign";
            return Err(bad("invalid_group_by", detail));
        }
        if group.is_currency() && !self.metrics.iter().all(|metric| metric.has_currency()) {
            let detail = "grouped by currency there are value, conversions with a value, aov, cost, profit and roi";
            return Err(bad("invalid_metrics", detail));
        }
        Ok(())
    }

    fn check_money(&self) -> Result<(), Problem> {
        if !self.on_quarters() {
            let detail = "money is kept by quarters of an hour: start and end must be on one, and interval not minute";
            return Err(bad("invalid_metrics", detail));
        }
        let by_goal = self.group.and_then(GroupBy::kind) == Some(EntityKind::Goal);
        let object = self.object.as_ref().map(|(kind, _)| *kind);
        if self.asks_cost() && (by_goal || object == Some(EntityKind::Goal)) {
            let detail = "clicks cost something, and belong to no goal: of goals there are value, epc and aov, but no cost, profit and roi";
            return Err(bad("invalid_metrics", detail));
        }
        let has_money = |by: &GroupBy| by.is_currency() || by.money().is_some();
        match self.group.filter(|by| !has_money(by)) {
            None => Ok(()),
            Some(by) => {
                let names = GroupBy::all().filter(has_money).map(GroupBy::name);
                let names = names.collect::<Vec<_>>().join(", ");
                let name = by.name();
                let detail = format!("money is not kept by {name}; it is by {names}");
                Err(bad("invalid_metrics", detail))
            }
        }
    }

    fn check_uniques(&self) -> Result<(), Problem> {
        if self.group.is_some() {
            return Err(bad(
                "invalid_metrics",
                "unique_visitors cannot be grouped; ask for one link, pixel or campaign at a time",
            ));
        }
        match self.on_quarters() {
            true => Ok(()),
            false => Err(bad(
                "invalid_metrics",
                "unique_visitors are kept by quarters of an hour: start and end must be on one, and interval not minute",
            )),
        }
    }
}
