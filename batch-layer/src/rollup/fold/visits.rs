//! Visits: who was there in which quarters of an hour, a row for each entity, day and visitor.

use handover::runs::{Quarters, STRIDE, VisitRows};
use model::time;
use rayon::prelude::*;

use super::{
    Fold, FoldError, NONE, Sink,
    packed::{Packed, Ranked},
    quarter,
};

/// Rows of one batch.
const BATCH: usize = 4 * STRIDE;
/// Bits of the quarter, of whether it is a bot, and of the visitor.
const QUARTER: u32 = 7;
const BOT: u32 = 1;
const VISITOR: u32 = 64;

/// Gives all rows in order. A key is: period and entity, day, visitor, then what is added up.
pub(super) fn emit(fold: &Fold, ranked: &Ranked, out: Sink<'_>) -> Result<(), FoldError> {
    let mut keys: Vec<(u64, u128)> = Vec::with_capacity(fold.visitors.len() * 3);
    for (event, visitor, bot) in &fold.visitors {
        let event = *event as usize;
        let day = ranked.days.of_event[event];
        let period = u64::from(ranked.days.period[day as usize]);
        let minute = fold.minutes[event];
        let entities = fold.of_event[event].into_iter().filter(|e| *e != NONE);
        keys.extend(entities.map(|entity| {
            let entity = u64::from(ranked.entity[entity as usize]);
            let whose = period << 32 | entity;
            let who = u128::from(day) << VISITOR | u128::from(*visitor);
            let key = who
                .push(u32::from(*bot), BOT)
                .push(quarter(minute), QUARTER);
            (whose, key)
        }));
    }
    keys.par_sort_unstable();
    let mut rows = VisitRows::default();
    let mut at = 0;
    while let Some((whose, key)) = keys.get(at) {
        let who = key.above(QUARTER + BOT);
        let (mut people, mut bots) = (Quarters::default(), Quarters::default());
        let same = |(other, key): &&(u64, u128)| other == whose && key.above(QUARTER + BOT) == who;
        while let Some((_, key)) = keys.get(at).filter(same) {
            let set = match key.above(QUARTER).below(BOT) {
                0 => &mut people,
                _ => &mut bots,
            };
            set.0 |= 1 << key.below(QUARTER);
            at += 1;
        }
        let entity = ranked.entities[(*whose & u64::from(u32::MAX)) as usize];
        let day = ranked.days.starts[(who >> VISITOR) as usize];
        rows.push(entity, time::day_of(day), who as u64, people, bots);
        if rows.len() == BATCH {
            out(rows.take()?)?;
        }
    }
    match rows.len() {
        0 => Ok(()),
        _ => out(rows.take()?),
    }
}
