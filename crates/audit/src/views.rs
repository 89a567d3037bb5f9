//! What the settled numbers count: every file of sums says how many events it counts by cube. That
//! it does is looked at when it is new; that they add up, each time.

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Int64Type, UInt16Type},
};
use handover::{
    duplicates::Duplicates,
    manifest::Manifest,
    runs::{RunFile, Table, Total},
};
use model::{CUBES, Cube, EntityKind, Measure};
use object_store::path::Path;
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

/// Looks at the files that `before` has not, and compares what all count with the events that are
/// covered, without the `duplicates`; tells what differs.
pub(crate) async fn differences(
    store: &Store,
    manifest: &Manifest,
    before: &Manifest,
    duplicates: &Duplicates,
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for table in [Table::Sums, Table::Visits] {
        for file in fresh(manifest.runs(table), before.runs(table)) {
            match look(store, table, file).await {
                Ok(why) => found.extend(why),
                Err(Unreadable::Bad(why)) => found.push(why),
                Err(Unreadable::Store(error)) => return Err(error),
            }
        }
    }
    let mut totals: BTreeMap<u32, Total> = BTreeMap::new();
    let in_runs = manifest
        .sums
        .iter()
        .flat_map(|file| file.totals.iter().copied());
    in_runs.for_each(|total| add(&mut totals, total));
    for placed in day_files(manifest) {
        match of_day_file(store, &placed).await {
            Ok(total) => add(&mut totals, total),
            Err(Unreadable::Bad(why)) => found.push(why),
            Err(Unreadable::Store(error)) => return Err(error),
        }
    }
    let events = manifest.events_count as i64 - duplicates.len() as i64;
    found.extend(not_equal(manifest, &totals, events));
    Ok(found)
}

fn add(totals: &mut BTreeMap<u32, Total>, more: Total) {
    let sum = totals.entry(more.cube).or_insert(Total {
        accounts: 0,
        objects: 0,
        ..more
    });
    sum.accounts = sum.accounts.saturating_add(more.accounts);
    sum.objects = sum.objects.saturating_add(more.objects);
}

/// Cubes that do not count all events.
fn not_equal(manifest: &Manifest, totals: &BTreeMap<u32, Total>, events: i64) -> Vec<String> {
    let mut found = Vec::new();
    // What is not whole says so in every answer.
    let counts_all = |c: &&Cube| c.dimension.counts_all() && manifest.is_whole(c);
    for cube in CUBES.iter().filter(counts_all) {
        let total = totals.get(&cube.id);
        let mut check = |whose: &str, counted: i64| {
            if counted != events {
                found.push(format!(
                    "cube {} counts {counted} events of {whose}, {events} are covered",
                    cube.name
                ));
            }
        };
        check("accounts", total.map_or(0, |total| total.accounts));
        if cube.is_for(EntityKind::Link) {
            check(
                "links, pixels and goals",
                total.map_or(0, |total| total.objects),
            );
        }
    }
    found
}

/// The files that `before` has not.
fn fresh<'a>(files: &'a [RunFile], before: &'a [RunFile]) -> impl Iterator<Item = &'a RunFile> {
    let known = |file: &RunFile| before.iter().any(|old| old.file.name == file.file.name);
    files.iter().filter(move |file| !known(file))
}

/// Reads a file of a run; tells what the manifest says otherwise.
async fn look(store: &Store, table: Table, file: &RunFile) -> Result<Option<String>, Unreadable> {
    let name = file.file.name.clone();
    let (key, columns) = match table {
        Table::Sums => (
            ObjectKey::Sums { name },
            EVENTS.map(Measure::column).to_vec(),
        ),
        Table::Visits => (ObjectKey::Visits { name }, vec!["day"]),
    };
    let placed = Placed {
        path: key.path(),
        file: file.file.clone(),
    };
    let columns = [&["part"], &columns[..]].concat();
    let mut stream = batch::open(store, &placed, &columns).await?;
    let (mut totals, mut rows) = (BTreeMap::new(), 0);
    while let Some(batch) = batch::next(&mut stream, &placed.path).await? {
        rows += batch.num_rows() as u64;
        if table == Table::Sums {
            count(&batch, &placed.path, &mut totals)?;
        }
    }
    let totals: Vec<Total> = totals.into_values().collect();
    let same = rows == file.file.rows && totals == file.totals;
    Ok((!same).then(|| {
        format!(
            "`{}` has {rows} rows that count other events than its manifest says: {}",
            placed.path,
            differing(&totals, &file.totals)
        )
    }))
}

/// Adds what rows count. A part is the kind of the entity (account, campaign, or one of
/// the objects) and the id of the cube, a byte each.
fn count(
    batch: &RecordBatch,
    path: &Path,
    totals: &mut BTreeMap<u32, Total>,
) -> Result<(), Unreadable> {
    let parts = batch.column_by_name("part");
    let parts = parts.and_then(|parts| parts.as_primitive_opt::<UInt16Type>());
    let parts = parts.ok_or_else(|| batch::lacks(path, "part"))?;
    for measure in EVENTS {
        let counts = batch.column_by_name(measure.column());
        let counts = counts.and_then(|counts| counts.as_primitive_opt::<Int64Type>());
        let counts = counts.ok_or_else(|| batch::lacks(path, measure.column()))?;
        for (part, count) in parts.values().iter().zip(counts.values()) {
            let (accounts, objects) = match part >> 8 {
                0 => (*count, 0),
                1 => (0, 0),
                _ => (0, *count),
            };
            let more = Total {
                cube: u32::from(part & 0xff),
                accounts,
                objects,
            };
            add(totals, more);
        }
    }
    Ok(())
}

fn differing(found: &[Total], said: &[Total]) -> String {
    let name = |id| {
        let cube = CUBES.iter().find(|cube| cube.id == id);
        cube.map_or("an unknown cube", |cube| cube.name)
    };
    let other = |total: &&Total| !said.contains(total);
    let names: Vec<&str> = found
        .iter()
        .filter(other)
        .map(|total| name(total.cube))
        .collect();
    match names.is_empty() {
        true => format!("there should be {} cubes", said.len()),
        false => names.join(", "),
    }
}

/// The day files of the version before that are not taken over yet.
fn day_files(manifest: &Manifest) -> Vec<(u32, Placed)> {
    let views = manifest.day_views.iter();
    let views = views.filter_map(|(view, days)| {
        let cube = CUBES.iter().find(|cube| cube.name == view)?;
        Some((cube, days))
    });
    let files = views.flat_map(|(cube, days)| days.iter().map(move |day| (cube, day)));
    files
        .map(|(cube, (day, file))| {
            let key = ObjectKey::View {
                cube: cube.name.to_owned(),
                day: *day,
                name: file.name.clone(),
            };
            let placed = Placed {
                path: key.path(),
                file: file.clone(),
            };
            (cube.id, placed)
        })
        .collect()
}

async fn of_day_file(store: &Store, (cube, placed): &(u32, Placed)) -> Result<Total, Unreadable> {
    let path = &placed.path;
    let mut columns = vec!["entity"];
    columns.extend(EVENTS.map(Measure::column));
    let mut stream = batch::open(store, placed, &columns).await?;
    let mut total = Total {
        cube: *cube,
        accounts: 0,
        objects: 0,
    };
    while let Some(batch) = batch::next(&mut stream, path).await? {
        let entities = batch::texts(&batch, "entity", path)?;
        for measure in EVENTS {
            let column = batch.column_by_name(measure.column());
            let counts = column
                .and_then(|c| c.as_primitive_opt::<Int64Type>())
                .ok_or_else(|| batch::lacks(path, measure.column()))?;
            for (entity, count) in entities.iter().zip(counts.values()) {
                let sum = match entity.and_then(|e| e.split('_').next()) {
                    Some("acc") => &mut total.accounts,
                    Some("cmp") => continue,
                    _ => &mut total.objects,
                };
                *sum = sum.saturating_add(*count);
            }
        }
    }
    Ok(total)
}
