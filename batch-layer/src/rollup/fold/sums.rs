//! Sums: each cube sorted for itself, then all of them put in the order of rows.

use handover::runs::{STRIDE, SumRows};
use model::{Counts, Cube, Dimension, Measure};
use rayon::prelude::*;

use super::{
    Fold, FoldError, NONE, Sink, Values,
    packed::{Packed, Ranked, bits},
};

/// Rows of one batch.
const BATCH: usize = 4 * STRIDE;
/// Bits of a counter, and of whether it is counted down.
const MEASURE: u32 = 4;
const DOWN: u32 = 1 << 3;

/// Gives all rows in order.
pub(super) fn emit(fold: &Fold, ranked: &Ranked, out: Sink<'_>) -> Result<(), FoldError> {
    let widest = fold
        .wanted
        .cubes
        .iter()
        .map(|cube| Layout::of(fold, ranked, cube).bits());
    match widest.max().unwrap_or(0) <= u64::BITS {
        true => emit_as::<u64>(fold, ranked, out),
        false => emit_as::<u128>(fold, ranked, out),
    }
}

fn emit_as<P: Packed>(fold: &Fold, ranked: &Ranked, out: Sink<'_>) -> Result<(), FoldError> {
    let cubes = fold.wanted.cubes.par_iter();
    let mut cubes: Vec<Sorted<'_, P>> = cubes
        .map(|cube| Sorted::new(fold, ranked, cube))
        .filter(|cube| !cube.keys.is_empty())
        .collect();
    cubes.sort_by_key(|cube| cube.cube.id);
    let mut rows = SumRows::default();
    while let Some(next) = cubes.iter().filter_map(Sorted::whose).min() {
        for cube in &mut cubes {
            while cube.whose() == Some(next) {
                cube.next_row(ranked, &mut rows);
                if rows.len() == BATCH {
                    out(rows.take()?)?;
                }
            }
        }
    }
    match rows.len() {
        0 => Ok(()),
        _ => out(rows.take()?),
    }
}

/// Where in a packed number what stands: period, entity, bucket, value, measure.
#[derive(Clone, Copy)]
struct Layout {
    period: u32,
    entity: u32,
    bucket: u32,
    value: u32,
}

impl Layout {
    fn of(fold: &Fold, ranked: &Ranked, cube: &Cube) -> Self {
        let buckets = ranked.buckets(cube.grain);
        let periods = buckets.period.last().map_or(0, |last| *last as usize);
        Self {
            period: bits(periods),
            entity: bits(ranked.entities.len()),
            bucket: bits(buckets.starts.len()),
            value: bits(values(fold, cube).names.all().len()),
        }
    }

    fn bits(self) -> u32 {
        self.period + self.entity + self.bucket + self.value + MEASURE
    }
}

/// A counter, and whether one is added or taken back.
fn packed(measure: Measure, more: i64) -> u32 {
    let counter = measure.counter().unwrap_or(0) as u32;
    if more < 0 { counter | DOWN } else { counter }
}

fn values<'a>(fold: &'a Fold, cube: &Cube) -> &'a Values {
    let mut all = fold.dimensions.iter();
    let found = all.find(|values| values.dimension == cube.dimension);
    found.unwrap_or_else(|| unreachable!("a fold has the dimensions of its cubes"))
}

/// One cube's rows, as sorted numbers.
struct Sorted<'a, P> {
    cube: &'static Cube,
    layout: Layout,
    names: Vec<&'a str>,
    keys: Vec<P>,
    /// Values, by the number without its measure.
    micros: Vec<(P, i64)>,
    /// How many of each have been given out.
    at: usize,
    micros_at: usize,
}

impl<'a, P: Packed> Sorted<'a, P> {
    fn new(fold: &'a Fold, ranked: &Ranked, cube: &&'static Cube) -> Self {
        let (layout, values) = (Layout::of(fold, ranked, cube), values(fold, cube));
        let (names, ranks) = values.names.ranked();
        let buckets = ranked.buckets(cube.grain);
        let of_event = |event: usize, take: &mut dyn FnMut(P)| {
            let (value, bucket) = (values.of_event[event], buckets.of_event[event]);
            let period = buckets.period[bucket as usize];
            for entity in fold.of_event[event] {
                if value == NONE || entity == NONE {
                    continue;
                }
                let entity = ranked.entity[entity as usize];
                if cube.is_for(ranked.entities[entity as usize].kind) {
                    let key = P::ZERO
                        .push(period, layout.period)
                        .push(entity, layout.entity);
                    let key = key.push(bucket, layout.bucket);
                    take(key.push(ranks[value as usize], layout.value));
                }
            }
        };
        let mut keys = Vec::with_capacity(fold.minutes.len() * 2);
        for (event, counted) in fold.counted.iter().enumerate() {
            of_event(event, &mut |key| {
                let counters = counted.iter().map(|(measure, more)| packed(measure, more));
                keys.extend(counters.map(|counter| key.push(counter, MEASURE)));
            });
        }
        keys.sort_unstable();
        let (values, costs) = (fold.values.iter(), fold.costs.iter());
        let money: Vec<_> = match cube.dimension {
            Dimension::Currency => values.collect(),
            Dimension::Cost => costs.collect(),
            by if by.is_money() => values.chain(costs).collect(),
            _ => Vec::new(),
        };
        let mut micros = Vec::new();
        for (event, sum) in money {
            of_event(*event as usize, &mut |key| micros.push((key, *sum)));
        }
        micros.sort_unstable();
        Self {
            cube,
            layout,
            names: names.into_iter().map(|name| &**name).collect(),
            keys,
            micros,
            at: 0,
            micros_at: 0,
        }
    }

    /// Period and entity of the next row, which are packed alike in all cubes.
    fn whose(&self) -> Option<(u32, u32)> {
        let below = self.layout.bucket + self.layout.value + MEASURE;
        let whose = self.keys.get(self.at)?.above(below);
        let entity = whose.below(self.layout.entity);
        Some((whose.above(self.layout.entity).below(31), entity))
    }

    fn next_row(&mut self, ranked: &Ranked, rows: &mut SumRows) {
        let Some(row) = self.keys.get(self.at).map(|key| key.above(MEASURE)) else {
            return;
        };
        let mut counts = Counts::default();
        while let Some(key) = self.keys.get(self.at).filter(|k| k.above(MEASURE) == row) {
            let counter = key.below(MEASURE);
            let more = if counter & DOWN == 0 { 1 } else { -1 };
            counts.events[(counter & !DOWN) as usize] += more;
            self.at += 1;
        }
        while let Some((_, value)) = self.micros.get(self.micros_at).filter(|(of, _)| *of == row) {
            counts.micros += i128::from(*value);
            self.micros_at += 1;
        }
        let value = row.below(self.layout.value);
        let row = row.above(self.layout.value);
        let bucket = row.below(self.layout.bucket);
        let entity = row.above(self.layout.bucket).below(self.layout.entity);
        let start = ranked.buckets(self.cube.grain).starts[bucket as usize];
        let entity = ranked.entities[entity as usize];
        rows.push(
            entity,
            self.cube,
            start,
            self.names[value as usize],
            &counts,
        );
    }
}
