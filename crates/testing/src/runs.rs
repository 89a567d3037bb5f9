//! Files of runs with made-up numbers.

use handover::{
    manifest::File,
    runs::{Key, Quarters, RunFile, RunWriter, SumRows, Table, VisitRows},
};
use model::{Counts, Cube, EntityId, time};
use storage::{
    object_keys::ObjectKey,
    store::{self, Store},
};

/// What is counted of an entity in the bucket at a unix minute.
pub type Sum<'a> = (EntityId, &'a Cube, i64, &'a str, Counts);

/// Stores sums as a file of that name, in the place of what was there: a run of its own.
///
/// # Panics
///
/// If the store refuses, or there are no sums.
pub async fn put_sums(store: &Store, name: &str, sums: &[Sum<'_>], run: u64) -> RunFile {
    let mut sums = sums.to_vec();
    let place = |(entity, cube, bucket, value, _): &Sum<'_>| {
        let key = Key::new(*entity, Some(cube), time::day_of(*bucket));
        (key, *bucket, value.to_string())
    };
    sums.sort_by_key(place);
    let mut rows = SumRows::default();
    for (entity, cube, bucket, value, counts) in sums {
        rows.push(entity, cube, bucket, value, &counts);
    }
    let mut out = RunWriter::new(Table::Sums, usize::MAX);
    out.write(&rows.take().expect("rows")).expect("a file");
    put(store, Table::Sums, name, out, run).await
}

/// A visitor of an entity on a day, when as a person and when as a bot.
pub type VisitOf = (EntityId, i64, u64, Quarters, Quarters);

/// Stores visits, which are in order, as a file of that name, in the place of what was there: a run of its own.
///
/// # Panics
///
/// If the store refuses, or there are no visits.
pub async fn put_visits(store: &Store, name: &str, visits: &[VisitOf], run: u64) -> RunFile {
    let mut rows = VisitRows::default();
    for (entity, day, visitor, people, bots) in visits {
        rows.push(*entity, *day, *visitor, *people, *bots);
    }
    let mut out = RunWriter::new(Table::Visits, usize::MAX);
    out.write(&rows.take().expect("rows")).expect("a file");
    put(store, Table::Visits, name, out, run).await
}

async fn put(store: &Store, table: Table, name: &str, out: RunWriter, run: u64) -> RunFile {
    let file = out.finish().expect("a file").pop().expect("rows");
    let (name, bytes) = (name.to_owned(), file.bytes.len() as u64);
    let key = |name| match table {
        Table::Sums => ObjectKey::Sums { name },
        Table::Visits => ObjectKey::Visits { name },
    };
    let path = key(name.clone()).path();
    let put = store::replace(store, &path, file.bytes).await;
    put.expect("a file is stored");
    RunFile {
        file: File {
            name,
            rows: file.rows,
            bytes,
        },
        run,
        level: 0,
        first: file.first,
        last: file.last,
        totals: file.totals,
        values: file.values,
    }
}
