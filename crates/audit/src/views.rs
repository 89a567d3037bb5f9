//! What the views count: the day files of every cube, added up.

use std::collections::BTreeMap;

use arrow::{array::AsArray, datatypes::Int64Type};
use handover::{duplicates::Duplicates, manifest::Manifest};
use model::{CUBES, Cube, Dimension, EntityKind, Measure, time::day_text};
use storage::{
    object_keys::ObjectKey,
    store::{Store, StoreError},
};

use crate::batch::{self, Placed, Unreadable};

/// The measures that count events: each event is in exactly one.
pub(crate) const EVENTS: [Measure; 5] = [
    Measure::Clicks,
    Measure::BotClicks,
    Measure::Views,
    Measure::BotViews,
    Measure::Conversions,
];

/// What the rows of one file add up to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    accounts: i64,
    objects: i64,
}

/// Compares the day files that `before` has not with the events of their days, without the
/// `duplicates`; tells what differs.
pub(crate) async fn differences(
    store: &Store,
    manifest: &Manifest,
    before: &Manifest,
    duplicates: &Duplicates,
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    let mut left_out: BTreeMap<i64, i64> = BTreeMap::new();
    for duplicate in duplicates.values() {
        *left_out.entry(duplicate.day()).or_default() += 1;
    }
    let counted = |day: i64| events_of(manifest, day) - left_out.get(&day).copied().unwrap_or(0);
    // Values are kept apart by currency, and events without one are not there. What is not whole
    // says so in every answer.
    let counts_all = |c: &&Cube| c.dimension != Dimension::Currency && manifest.is_whole(c);
    for cube in CUBES.iter().filter(counts_all) {
        for placed in files(manifest, before, cube) {
            match sums(store, &placed).await {
                Ok(sums) => compare(cube, &placed, &sums, counted(placed.day), &mut found),
                Err(Unreadable::Bad(why)) => found.push(why),
                Err(Unreadable::Store(error)) => return Err(error),
            }
        }
        let views = manifest.views.get(cube.name);
        let without = manifest
            .events
            .keys()
            .filter(|day| views.is_none_or(|v| !v.contains_key(day)));
        found
            .extend(without.map(|day| format!("view {} has no file of {}", cube.name, text(*day))));
    }
    Ok(found)
}

fn compare(cube: &Cube, placed: &Placed, sums: &Sums, events: i64, found: &mut Vec<String>) {
    let mut check = |whose: &str, counted: i64| {
        if counted != events {
            found.push(format!(
                "view {} counts {counted} events of {whose} on {}, the table events has {events} (`{}`)",
                cube.name,
                text(placed.day),
                placed.path
            ));
        }
    };
    check("accounts", sums.accounts);
    if cube.is_for(EntityKind::Link) {
        check("links, pixels and goals", sums.objects);
    }
}

/// Events of a day, as the manifest says.
pub(crate) fn events_of(manifest: &Manifest, day: i64) -> i64 {
    let files = manifest.events.get(&day).into_iter().flatten();
    files.map(|file| file.rows as i64).sum()
}

fn text(day: i64) -> String {
    day_text(day).unwrap_or_else(|| format!("day {day}"))
}

/// The day files of a cube that `before` has not, or all of whose day's events it has not.
fn files(manifest: &Manifest, before: &Manifest, cube: &Cube) -> Vec<Placed> {
    let old = before.views.get(cube.name);
    let days = manifest.views.get(cube.name).into_iter().flatten();
    let fresh = days.filter(|(day, file)| {
        let same = old
            .and_then(|o| o.get(day))
            .is_some_and(|o| o.name == file.name);
        !same || manifest.events.get(day) != before.events.get(day)
    });
    fresh
        .map(|(day, file)| Placed {
            day: *day,
            path: ObjectKey::View {
                cube: cube.name.to_owned(),
                day: *day,
                name: file.name.clone(),
            }
            .path(),
            file: file.clone(),
        })
        .collect()
}

async fn sums(store: &Store, placed: &Placed) -> Result<Sums, Unreadable> {
    let path = &placed.path;
    let mut columns = vec!["entity"];
    columns.extend(EVENTS.map(Measure::column));
    let mut stream = batch::open(store, placed, &columns).await?;
    let mut sums = Sums::default();
    while let Some(batch) = batch::next(&mut stream, path).await? {
        let entities = batch::texts(&batch, "entity", path)?;
        for measure in EVENTS {
            let column = batch.column_by_name(measure.column());
            let counts = column
                .and_then(|c| c.as_primitive_opt::<Int64Type>())
                .ok_or_else(|| batch::lacks(path, measure.column()))?;
            for (entity, count) in entities.iter().zip(counts.values()) {
                let sum = match entity.and_then(|e| e.split('_').next()) {
                    Some("acc") => &mut sums.accounts,
                    Some("cmp") => continue,
                    _ => &mut sums.objects,
                };
                *sum = sum.saturating_add(*count);
            }
        }
    }
    Ok(sums)
}
