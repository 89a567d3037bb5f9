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

pub(super) use self::files::kept_indexes;
use self::{
    places::{Place, bytes_of},
    readers::Readers,
    room::Room,
    tally::{Done, ROW, enough},
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
        let room = Room::new(&asker.lake.runtime.memory_pool);
        let readers = Readers::new(asker, &asked, &room).await?;
        match in_parts(&readers, &asked, &room, parts).await {
            // Who is in one part of them is in no other.
            Err(AskError::TooMuch(_)) if room.visitors_were_short() && parts < MOST_PARTS => {
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
    // What is found with the first part is kept while others are read.
    let kept = room.another();
    let mut visitors = Visitors::new(asked.tags.as_deref(), room);
    for part in 0..parts {
        let share = Share { part, of: parts };
        let done = readers.count(share).await?;
        if asked.visitors.is_some() {
            let seen = done.iter().map(|done| (&done.seen, &done.places[..]));
            visitors.add(share, &seen.collect::<Vec<_>>()).await?;
        }
        if part == 0 {
            sums = merged(done, &kept)?;
        }
    }
    if asked.visitors.is_some() {
        (sums.visitors_of_rows, sums.visitors) = visitors.counted();
    }
    sums.bytes = readers.bytes();
    Ok(sums)
}

/// What all readers found together.
fn merged(done: Vec<Done>, room: &Room) -> Result<Sums, AskError> {
    let mut rows: BTreeMap<Place, SumsRow> = BTreeMap::new();
    let mut money = BTreeMap::new();
    let mut bytes = 0;
    for done in done {
        for (number, found) in done.rows {
            let place = &done.places[number as usize];
            if !rows.contains_key(place) {
                bytes += 2 * bytes_of(place) + ROW;
                room.resize(bytes)?;
            }
            let sums = rows.entry(place.clone()).or_insert_with(|| SumsRow {
                bucket: place.0,
                groups: place.1.clone(),
                ..SumsRow::default()
            });
            sums.counts += found.counts;
            sums.settled += found.settled;
        }
        for ((number, is_value, currency), micros) in done.money {
            let (bucket, groups) = done.places[number as usize].clone();
            let place = (bucket, groups, is_value, String::from(currency));
            *money.entry(place).or_default() += micros;
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
