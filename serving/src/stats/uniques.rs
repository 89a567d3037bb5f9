//! Distinct visitors: exact wherever that can be had, otherwise a sketch that says so.

use std::collections::BTreeMap;

use handover::runs::{Quarters, Visit};
use model::{
    Cell, VisitorSet, time,
    visitors::{FOREIGN, STANDARD_ERROR},
};

/// Visitors that are held in memory for one answer, 8 bytes each. Each bucket may have its share of
/// them, and of more a sketch is made.
const EXACT: usize = 16 << 20;
/// The least and the greatest share.
const LEAST: usize = 64 << 10;
const MOST: usize = 4 << 20;

/// How many, and how sure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Uniques {
    pub count: u64,
    /// Relative standard error.
    pub error: f64,
    /// Whether somebody may be counted who came a moment before or after, or twice.
    pub rough: bool,
}

/// Visitors of some ranges of time, which may overlap, while visits go by.
pub(crate) struct Visitors {
    exclude_bots: bool,
    /// For each day seen, the ranges that touch it.
    days: BTreeMap<i64, Vec<(usize, Quarters)>>,
    /// Unix minutes, the end excluded.
    ranges: Vec<(i64, i64)>,
    sets: Vec<Set>,
}

impl Visitors {
    /// Nobody yet.
    pub(crate) fn new(ranges: Vec<(i64, i64)>, exclude_bots: bool) -> Self {
        let share = (EXACT / ranges.len().max(1)).clamp(LEAST, MOST);
        let sets = ranges.iter().map(|_| Set::new(share)).collect();
        Self {
            days: BTreeMap::new(),
            exclude_bots,
            ranges,
            sets,
        }
    }

    /// Adds visitors of open epochs, which are known by the hour.
    pub(crate) fn add_live(&mut self, cells: &[Cell]) {
        for (hour, bot, visitors) in cells.iter().flat_map(Cell::visitors) {
            if bot && self.exclude_bots {
                continue;
            }
            for ((start, end), set) in self.ranges.iter().zip(&mut self.sets) {
                let (first, last) = (hour.max(*start), (hour + time::HOUR).min(*end));
                if first < last {
                    set.merge(visitors);
                    set.rough |= last - first < time::HOUR;
                }
            }
        }
    }

    /// Adds a settled visit.
    pub(crate) fn add(&mut self, visit: Visit) {
        let wanted = self.days.entry(visit.day);
        let wanted = wanted.or_insert_with(|| of_day(&self.ranges, visit.day));
        let bots = match self.exclude_bots {
            true => Quarters::default(),
            false => visit.bots,
        };
        let came = Quarters(visit.people.0 | bots.0);
        for (place, quarters) in wanted {
            if quarters.meet(came)
                && let Some(set) = self.sets.get_mut(*place)
            {
                set.insert(visit.visitor);
            }
        }
    }

    /// How many came in each of the ranges.
    pub(crate) fn count(self) -> Vec<Uniques> {
        self.sets.into_iter().map(Set::count).collect()
    }
}

/// The ranges that touch a day, and which of its quarters are in them.
fn of_day(ranges: &[(i64, i64)], day: i64) -> Vec<(usize, Quarters)> {
    let quarters = |(start, end): &(i64, i64)| Quarters::of_range(day, *start, *end);
    let all = ranges.iter().map(quarters).enumerate();
    all.filter(|(_, quarters)| quarters.0 != 0).collect()
}

/// Visitors, some of them maybe more than once.
struct Set {
    /// So many are held.
    most: usize,
    list: Vec<u64>,
    sketch: Option<VisitorSet>,
    rough: bool,
}

impl Set {
    fn new(most: usize) -> Self {
        Self {
            most,
            list: Vec::new(),
            sketch: None,
            rough: false,
        }
    }

    fn insert(&mut self, visitor: u64) {
        if visitor == FOREIGN {
            self.rough = true;
            return;
        }
        if self.list.len() >= 2 * self.most {
            self.tidy();
        }
        self.list.push(visitor);
    }

    fn merge(&mut self, visitors: &VisitorSet) {
        match visitors {
            VisitorSet::Exact(visitors) => visitors.iter().for_each(|v| self.insert(*v)),
            VisitorSet::Sketch(_) => {
                let sketch = self.sketch.get_or_insert_default();
                sketch.merge(visitors, usize::MAX);
            }
        }
    }

    /// Each once; into the sketch, if there are still too many.
    fn tidy(&mut self) {
        self.list.sort_unstable();
        self.list.dedup();
        if self.list.len() > self.most {
            self.estimate();
        }
    }

    fn estimate(&mut self) {
        let sketch = self.sketch.get_or_insert_default();
        // Beyond no member at all it is a sketch.
        self.list
            .drain(..)
            .for_each(|visitor| sketch.insert(visitor, 0));
    }

    fn count(mut self) -> Uniques {
        self.tidy();
        if self.sketch.is_some() {
            self.estimate();
        }
        let (count, error) = match &self.sketch {
            Some(sketch) => (sketch.count().0, STANDARD_ERROR),
            None => (self.list.len() as u64, 0.0),
        };
        Uniques {
            count,
            error,
            rough: self.rough,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(day: i64, visitor: u64, minute: i64, bot: bool) -> Visit {
        let (at, none) = (Quarters::at(minute), Quarters::default());
        let (people, bots) = if bot { (none, at) } else { (at, none) };
        Visit {
            day,
            visitor,
            people,
            bots,
        }
    }

    fn counts(visits: Vec<Visit>, ranges: &[(i64, i64)], exclude_bots: bool) -> Vec<u64> {
        let mut visitors = Visitors::new(ranges.to_vec(), exclude_bots);
        visits.into_iter().for_each(|visit| visitors.add(visit));
        let counts = visitors.count();
        counts.iter().map(|uniques| uniques.count).collect()
    }

    #[test]
    fn each_visitor_counts_once_in_each_range() {
        let visits = || {
            vec![
                visit(0, 1, 23 * 60, false),
                visit(1, 1, 10, false),
                visit(1, 2, 10, true),
                visit(1, 3, 700, false),
            ]
        };
        let day = time::DAY;
        let ranges = [
            (0, day),
            (day, 2 * day),
            (23 * 60, day + 60),
            (0, 2 * day),
            (15, 30),
        ];
        assert_eq!(counts(visits(), &ranges, true), [1, 2, 1, 2, 0]);
        assert_eq!(counts(visits(), &ranges, false), [1, 3, 2, 3, 0]);
    }

    #[test]
    fn too_many_are_estimated_and_that_is_said() {
        let mut set = Set::new(LEAST);
        let many = 3 * LEAST as u64;
        (0..many).for_each(|visitor| set.insert(visitor.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let Uniques { count, error, .. } = set.count();
        assert_eq!(error, STANDARD_ERROR);
        let apart = count.abs_diff(many) as f64 / many as f64;
        assert!(apart < 5.0 * STANDARD_ERROR, "{count} for {many}");
        let mut set = Set::new(LEAST);
        (0..9 * LEAST as u64).for_each(|n| set.insert(n % 1000));
        let Uniques { count, error, .. } = set.count();
        assert_eq!((count, error), (1000, 0.0));
    }
}
