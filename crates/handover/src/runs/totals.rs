//! How many events rows count, and the values they sum, for whoever checks that none is lost.

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Decimal128Type, Int64Type, UInt16Type},
};
use model::{EntityKind, Measure};

use super::{Total, cube_of, kind_of};

/// Whether a measure counts events of the entities of a part: a link counts conversions, too, that are of goals.
fn is_own(part: u16, measure: Measure) -> bool {
    use Measure::{BotClicks, BotViews, Clicks, Views};
    match kind_of(part) {
        Some(EntityKind::Link) => matches!(measure, Clicks | BotClicks),
        Some(EntityKind::Pixel) => matches!(measure, Views | BotViews),
        Some(EntityKind::Goal) => !matches!(measure, Clicks | BotClicks | Views | BotViews),
        _ => true,
    }
}

/// Totals by cube, while rows go by.
#[derive(Debug, Default)]
pub(super) struct Totals {
    events: BTreeMap<u32, Total>,
    /// Of rows of accounts; `None` as long as no sums were seen.
    values: Option<BTreeMap<u32, i64>>,
}

impl Totals {
    /// Adds rows of sums.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        let Some(parts) = batch.column_by_name("part") else {
            return;
        };
        let parts = parts.as_primitive::<UInt16Type>().values();
        let column = |measure: Measure| {
            let column = batch.column_by_name(measure.column())?;
            Some((measure, &column.as_primitive::<Int64Type>().values()[..]))
        };
        let columns: Vec<(Measure, &[i64])> =
            Measure::COUNTERS.into_iter().filter_map(column).collect();
        // Visits count no events.
        if columns.is_empty() {
            return;
        }
        let values = batch.column_by_name(Measure::ValueMicros.column());
        let values = values.and_then(|values| values.as_primitive_opt::<Decimal128Type>());
        let mut at = 0;
        for same in parts.chunk_by(|a, b| a == b) {
            let rows = at..at + same.len();
            at = rows.end;
            let own = columns.iter().filter(|(m, _)| is_own(same[0], *m));
            let sums = own.map(|(_, c)| c[rows.clone()].iter().sum::<i64>());
            self.count(same[0], sums.sum());
            if let Some(values) = values {
                self.value(same[0], &values.values()[rows]);
            }
        }
    }

    fn value(&mut self, part: u16, values: &[i128]) {
        let all = self.values.get_or_insert_default();
        if kind_of(part) == Some(EntityKind::Account) {
            // What is beyond 64 bits does not count: see `RunFile::values`.
            let sum = values.iter().fold(0i128, |sum, v| sum.wrapping_add(*v)) as i64;
            let of_cube = all.entry(cube_of(part)).or_default();
            *of_cube = of_cube.wrapping_add(sum);
        }
    }

    fn count(&mut self, part: u16, events: i64) {
        let cube = cube_of(part);
        let fresh = Total {
            cube,
            accounts: 0,
            objects: 0,
        };
        let total = self.events.entry(cube).or_insert(fresh);
        match kind_of(part) {
            Some(EntityKind::Account) => total.accounts += events,
            Some(kind) if kind.is_object() => total.objects += events,
            _ => {}
        }
    }

    /// Events by cube, and values that are not nought, in order.
    pub(super) fn finish(self) -> (Vec<Total>, Option<Vec<(u32, i64)>>) {
        let not_nought = |values: BTreeMap<u32, i64>| {
            let values = values.into_iter().filter(|(_, value)| *value != 0);
            values.collect()
        };
        let events = self.events.into_values().collect();
        (events, self.values.map(not_nought))
    }
}
