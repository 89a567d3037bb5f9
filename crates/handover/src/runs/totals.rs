//! How many events rows count, for whoever checks that none is lost.

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Int64Type, UInt16Type},
};
use model::{EntityKind, Measure};

use super::{Total, cube_of, kind_of};

/// The measures that count events: each event is in exactly one.
const EVENTS: [Measure; 5] = [
    Measure::Clicks,
    Measure::BotClicks,
    Measure::Views,
    Measure::BotViews,
    Measure::Conversions,
];

/// Totals by cube, while rows go by.
#[derive(Debug, Default)]
pub(super) struct Totals(BTreeMap<u32, Total>);

impl Totals {
    /// Adds rows of sums.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        let Some(parts) = batch.column_by_name("part") else {
            return;
        };
        let parts = parts.as_primitive::<UInt16Type>().values();
        let columns = EVENTS.map(|measure| batch.column_by_name(measure.column()));
        let columns: Vec<&[i64]> = columns
            .into_iter()
            .flatten()
            .map(|column| &column.as_primitive::<Int64Type>().values()[..])
            .collect();
        // Visits count no events.
        if columns.is_empty() {
            return;
        }
        let mut at = 0;
        for same in parts.chunk_by(|a, b| a == b) {
            let rows = at..at + same.len();
            at = rows.end;
            let sums = columns.iter().map(|c| c[rows.clone()].iter().sum::<i64>());
            self.count(same[0], sums.sum());
        }
    }

    fn count(&mut self, part: u16, events: i64) {
        let cube = cube_of(part);
        let fresh = Total {
            cube,
            accounts: 0,
            objects: 0,
        };
        let total = self.0.entry(cube).or_insert(fresh);
        match kind_of(part) {
            Some(EntityKind::Account) => total.accounts += events,
            Some(kind) if kind.is_object() => total.objects += events,
            _ => {}
        }
    }

    /// By cube, in order.
    pub(super) fn finish(self) -> Vec<Total> {
        self.0.into_values().collect()
    }
}
