//! Adding settled rows and live cells into the buckets and groups of an answer. Pure.

use std::collections::HashMap;

use handover::runs::SumRow;
use model::{Cell, Counts, Cube, dimension::MoneyValue};

use super::{group_by::GroupBy, query::Query};

/// Counts per bucket (its place in the query's list) and group.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    /// Sums, settled and live together.
    pub groups: HashMap<(usize, Box<str>), Counts>,
    /// Per bucket what live cells do not count apart, because there are too many values.
    pub rest: HashMap<usize, Counts>,
    /// The settled part of everything.
    pub settled: Counts,
    /// The live part of everything.
    pub live: Counts,
}

impl Merged {
    /// Adds rows of a batch view.
    pub(crate) fn add_settled(&mut self, query: &Query, rows: &[SumRow]) {
        for row in rows {
            if self.add(query, row.bucket, &row.value, row.counts) {
                self.settled += row.counts;
            }
        }
    }

    /// Adds a live cell.
    pub(crate) fn add_live(&mut self, query: &Query, cube: &Cube, cell: &Cell) {
        for (bucket, value, counts) in cell.rows(cube) {
            if self.add(query, bucket, value, *counts) {
                self.live += *counts;
            }
        }
        for (minute, counts) in cell.rest(cube) {
            if (query.start..query.end).contains(&minute) {
                *self.rest.entry(query.bucket(minute)).or_default() += *counts;
                self.live += *counts;
            }
        }
    }

    /// Adds the events that have no value: what is left of `all`, which are not split.
    pub(crate) fn add_rest(&mut self, all: Merged) {
        let mut split = self.rest.clone();
        for ((bucket, _), counts) in &self.groups {
            *split.entry(*bucket).or_default() += *counts;
        }
        for ((bucket, value), counts) in all.groups {
            let split = split.get(&bucket).copied().unwrap_or_default();
            let rest = counts.without(&split);
            if !rest.is_zero() {
                *self.groups.entry((bucket, value)).or_default() += rest;
            }
        }
        (self.settled, self.live) = (all.settled, all.live);
    }

    fn add(&mut self, query: &Query, minute: i64, value: &str, counts: Counts) -> bool {
        if !(query.start..query.end).contains(&minute) {
            return false;
        }
        let kind = query.group.and_then(GroupBy::kind);
        let of = MoneyValue::parse(value).map_or(value, |money| money.of);
        if kind.is_some_and(|k| !of.starts_with(k.prefix())) {
            return false;
        }
        let bucket = query.bucket(minute);
        match self.groups.get_mut(&(bucket, value) as &dyn Place) {
            Some(sum) => *sum += counts,
            None => drop(self.groups.insert((bucket, value.into()), counts)),
        }
        true
    }
}

/// Lets a group be looked up without making its owned key.
trait Place {
    fn place(&self) -> (usize, &str);
}

impl Place for (usize, &str) {
    fn place(&self) -> (usize, &str) {
        *self
    }
}

impl Place for (usize, Box<str>) {
    fn place(&self) -> (usize, &str) {
        (self.0, &self.1)
    }
}

impl<'a> std::borrow::Borrow<dyn Place + 'a> for (usize, Box<str>) {
    fn borrow(&self) -> &(dyn Place + 'a) {
        self
    }
}

impl std::hash::Hash for dyn Place + '_ {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.place().hash(state);
    }
}

impl PartialEq for dyn Place + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for dyn Place + '_ {}
