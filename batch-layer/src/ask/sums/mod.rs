//! Sums of events by bucket and group. Files are read by several readers at once, each event once, whatever is asked of it.

mod classes;
mod files;
mod left_out;
mod places;
mod plan;
mod readers;
mod room;
mod tally;
#[cfg(test)]
mod tests;
mod visitors;

use std::{collections::BTreeMap, sync::Arc};

use asking::{AskError, Events, MoneyRow, Selection, Sums, SumsAsked, SumsRow};
use model::time;

use self::{
    places::Place,
    readers::Readers,
    room::Room,
    tally::{Done, enough},
    visitors::{Share, Visitors},
};
use super::Asker;

/// Parts in which visitors are counted one after the other, at most, where there is no room for all at once.
const MOST_PARTS: u64 = 64;
/// How many times as many parts the next attempt has.
const MORE_PARTS: u64 = 8;

pub(super) async fn sums(asker: &Asker, asked: SumsAsked) -> Result<Sums, AskError> {
    whole(asker, &asked).await?;
    let asked = Arc::new(asked);
    let mut parts = 1;
    loop {
        let room = Room::new(&asker.runtime.memory_pool);
        let readers = Readers::new(asker, &asked, &room).await?;
        match in_parts(&readers, &asked, &room, parts).await {
            // Who is in one part of them is in no other.
            Err(AskError::TooMuch(_))
                if room.was_short() && asked.visitors.is_some() && parts < MOST_PARTS =>
            {
                parts *= MORE_PARTS;
            }
            done => return done,
        }
    }
}

/// Sums of a part would be taken for those of the whole.
async fn whole(asker: &Asker, asked: &SumsAsked) -> Result<(), AskError> {
    let Selection {
        account, moment, ..
    } = &asked.selection;
    let kept_from = asker.kept_from(*account, moment.clone()).await?;
    match kept_from {
        Some(day) if asked.selection.minutes.0 < day.saturating_mul(time::DAY) => {
            Err(AskError::Expired(day))
        }
        _ => Ok(()),
    }
}

/// Counts visitors in so many parts, and all else with the first.
async fn in_parts(
    readers: &Readers,
    asked: &SumsAsked,
    room: &Room,
    parts: u64,
) -> Result<Sums, AskError> {
    let mut sums = Sums::default();
    let mut visitors = Visitors::default();
    for part in 0..parts {
        let mut done = readers.count(Share { part, of: parts }).await?;
        let seen = done.iter_mut().map(Done::seen).collect();
        if asked.visitors.is_some() {
            visitors.take(visitors::count(seen, asked.tags.as_deref(), room)?);
        }
        if part == 0 {
            sums = merged(done)?;
        }
    }
    Ok(Sums {
        visitors_of_rows: visitors.rows,
        visitors: visitors.all,
        bytes: readers.bytes(),
        ..sums
    })
}

/// What all readers found together.
fn merged(done: Vec<Done>) -> Result<Sums, AskError> {
    let mut rows: BTreeMap<Place, SumsRow> = BTreeMap::new();
    let mut money = BTreeMap::new();
    for done in done {
        for row in done.rows {
            let place = (row.bucket, row.groups.clone());
            let sums = rows.entry(place).or_insert_with(|| SumsRow {
                bucket: row.bucket,
                groups: row.groups,
                ..SumsRow::default()
            });
            sums.counts += row.counts;
            sums.settled += row.settled;
        }
        for row in done.money {
            let place = (row.bucket, row.groups, row.is_value, row.currency);
            *money.entry(place).or_default() += row.micros;
        }
        enough(rows.len().max(money.len()))?;
    }
    let money = money.into_iter();
    let money = money.map(|((bucket, groups, is_value, currency), micros)| MoneyRow {
        bucket,
        groups,
        is_value,
        currency,
        micros,
    });
    Ok(Sums {
        rows: rows.into_values().collect(),
        money: money.collect(),
        ..Sums::default()
    })
}
