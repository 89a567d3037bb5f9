//! What the settled numbers count: every file of sums says how many events it counts by cube. That
//! it does is looked at when it is new; that they add up, each time.

use std::collections::BTreeMap;

use arrow::{
    array::{AsArray, PrimitiveArray, RecordBatch},
    datatypes::{Decimal128Type, Int64Type, UInt16Type},
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

/// The measures that count events: each adds one in all, whatever it takes back.
pub(crate) const EVENTS: [Measure; 8] = [
    Measure::Clicks,
    Measure::BotClicks,
    Measure::Views,
    Measure::BotViews,
    Measure::Conversions,
    Measure::Pending,
    Measure::Rejected,
    Measure::Changes,
];

/// Whether a measure counts events that are recorded on an entity of this kind (0: an account). A link counts the
/// conversions, too, that it led to.
fn is_recorded_on(kind: u16, measure: Measure) -> bool {
    let is_click = matches!(measure, Measure::Clicks | Measure::BotClicks);
    let is_view = matches!(measure, Measure::Views | Measure::BotViews);
    match kind {
        0 => true,
        2 => is_click,
        3 => is_view,
        4 => !is_click && !is_view,
        _ => false,
    }
}

/// Looks at the files that `before` has not, and compares what all count with the events that are
/// covered, without the `duplicates`, and the values that all sum with `value_micros`, theirs modulo 2^64 if
/// that is known; tells what differs.
pub(crate) async fn differences(
    store: &Store,
    manifest: &Manifest,
    before: &Manifest,
    duplicates: &Duplicates,
    value_micros: Option<i64>,
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    // Files from before their values were told.
    let mut untold: Vec<(u32, i64)> = Vec::new();
    for table in [Table::Sums, Table::Visits] {
        for file in fresh(manifest.runs(table), before.runs(table)) {
            match look(store, table, file).await {
                Ok(looked) => {
                    found.extend(looked.differs);
                    if file.values.is_none() {
                        untold.extend(looked.values);
                    }
                }
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
    let counted = manifest.events_count.saturating_sub(manifest.uncounted);
    let events = counted as i64 - duplicates.len() as i64;
    found.extend(not_equal(manifest, &totals, events));
    // Files that were read before, and do not tell their values, are looked at by a full audit, or once they are merged.
    let is_old = |file: &RunFile| {
        let is_untold = file.values.is_none() && !file.totals.is_empty();
        is_untold && is_known(file, before.runs(Table::Sums))
    };
    let is_told = manifest.day_views.is_empty() && !manifest.sums.iter().any(is_old);
    if let Some(value_micros) = value_micros.filter(|_| is_told) {
        let told = manifest
            .sums
            .iter()
            .flat_map(|file| file.values.iter().flatten());
        let values = told.copied().chain(untold);
        found.extend(other_values(manifest, values, value_micros));
    }
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

/// Cubes whose values are not those of all events. Sums are modulo 2^64.
fn other_values(
    manifest: &Manifest,
    values: impl Iterator<Item = (u32, i64)>,
    value_micros: i64,
) -> Vec<String> {
    let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
    for (cube, value) in values {
        let sum = sums.entry(cube).or_default();
        *sum = sum.wrapping_add(value);
    }
    let sums_all = |c: &&Cube| c.sums_values() && manifest.is_whole(c);
    let cubes = CUBES.iter().filter(sums_all);
    let of = |cube: &Cube| sums.get(&cube.id).copied().unwrap_or(0);
    let other = cubes.filter(|cube| of(cube) != value_micros);
    let text = |cube: &Cube| {
        let more = of(cube).wrapping_sub(value_micros);
        format!(
            "cube {} sums values that are {more} millionths more than those of the events",
            cube.name
        )
    };
    other.map(text).collect()
}

fn is_known(file: &RunFile, before: &[RunFile]) -> bool {
    before.iter().any(|old| old.file.name == file.file.name)
}

/// The files that `before` has not.
fn fresh<'a>(files: &'a [RunFile], before: &'a [RunFile]) -> impl Iterator<Item = &'a RunFile> {
    files.iter().filter(|file| !is_known(file, before))
}

/// What a file holds.
struct Looked {
    /// What the manifest says otherwise.
    differs: Option<String>,
    /// Values that its rows of accounts sum, by cube, modulo 2^64.
    values: BTreeMap<u32, i64>,
}

/// Reads a file of a run.
async fn look(store: &Store, table: Table, file: &RunFile) -> Result<Looked, Unreadable> {
    let name = file.file.name.clone();
    let (key, columns) = match table {
        Table::Sums => (
            ObjectKey::Sums { name },
            Measure::ALL.map(Measure::column).to_vec(),
        ),
        Table::Visits => (ObjectKey::Visits { name }, vec!["day"]),
    };
    let placed = Placed {
        path: key.path(),
        file: file.file.clone(),
        seen: None,
    };
    let columns = [&["part"], &columns[..]].concat();
    let mut stream = batch::open(store, &placed, &columns).await?;
    let (mut totals, mut values, mut rows) = (BTreeMap::new(), BTreeMap::new(), 0);
    while let Some(batch) = batch::next(&mut stream, &placed.path).await? {
        rows += batch.num_rows() as u64;
        if table == Table::Sums {
            count(&batch, &placed.path, &mut totals)?;
            sum(&batch, &placed.path, &mut values)?;
        }
    }
    let totals: Vec<Total> = totals.into_values().collect();
    let same = rows == file.file.rows && totals == file.totals;
    let other_events = || {
        format!(
            "`{}` has {rows} rows that count other events than its manifest says: {}",
            placed.path,
            differing(&totals, &file.totals)
        )
    };
    values.retain(|_, value| *value != 0);
    let told = file
        .values
        .as_ref()
        .map(|told| told.iter().copied().collect());
    let other_values = told.is_some_and(|told: BTreeMap<u32, i64>| told != values);
    let differs = match (same, other_values) {
        (false, _) => Some(other_events()),
        (true, true) => Some(format!(
            "`{}` sums other values than its manifest says",
            placed.path
        )),
        (true, false) => None,
    };
    Ok(Looked { differs, values })
}

/// Adds the values of rows of accounts.
fn sum(
    batch: &RecordBatch,
    path: &Path,
    values: &mut BTreeMap<u32, i64>,
) -> Result<(), Unreadable> {
    let parts = parts(batch, path)?;
    let name = Measure::ValueMicros.column();
    let micros = batch.column_by_name(name);
    let micros = micros.and_then(|micros| micros.as_primitive_opt::<Decimal128Type>());
    let micros = micros.ok_or_else(|| batch::lacks(path, name))?;
    for (part, value) in parts.values().iter().zip(micros.values()) {
        if part >> 8 == 0 {
            let sum: &mut i64 = values.entry(u32::from(part & 0xff)).or_default();
            *sum = sum.wrapping_add(*value as i64);
        }
    }
    Ok(())
}

fn parts<'a>(
    batch: &'a RecordBatch,
    path: &Path,
) -> Result<&'a PrimitiveArray<UInt16Type>, Unreadable> {
    let parts = batch.column_by_name("part");
    let parts = parts.and_then(|parts| parts.as_primitive_opt::<UInt16Type>());
    parts.ok_or_else(|| batch::lacks(path, "part"))
}

/// Adds what rows count. A part is the kind of the entity (account, campaign, or one of
/// the objects) and the id of the cube, a byte each.
fn count(
    batch: &RecordBatch,
    path: &Path,
    totals: &mut BTreeMap<u32, Total>,
) -> Result<(), Unreadable> {
    let parts = parts(batch, path)?;
    for measure in EVENTS {
        let Some(counts) = counted(batch, measure, path)? else {
            continue;
        };
        for (part, count) in parts.values().iter().zip(counts.values()) {
            let kind = part >> 8;
            let (accounts, objects) = match kind {
                _ if !is_recorded_on(kind, measure) => (0, 0),
                0 => (*count, 0),
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

/// The column of a measure; a file lacks those that it is older than.
fn counted<'a>(
    batch: &'a RecordBatch,
    measure: Measure,
    path: &Path,
) -> Result<Option<&'a PrimitiveArray<Int64Type>>, Unreadable> {
    let column = batch.column_by_name(measure.column());
    if column.is_none() && measure.is_later() {
        return Ok(None);
    }
    let counts = column.and_then(|counts| counts.as_primitive_opt::<Int64Type>());
    let counts = counts.ok_or_else(|| batch::lacks(path, measure.column()))?;
    Ok(Some(counts))
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
                seen: None,
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
            let Some(counts) = counted(&batch, measure, path)? else {
                continue;
            };
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
