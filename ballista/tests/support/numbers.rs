//! What is published in a store: every number of it, read back.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::{
    arrow::{
        array::RecordBatch,
        util::display::{ArrayFormatter, FormatOptions},
    },
    parquet::arrow::ParquetRecordBatchStreamBuilder,
};
use futures::TryStreamExt;
use handover::{
    duplicates,
    manifest::{File, Manifest},
    manifests::Manifests,
    runs::Table,
};
use model::EventId;
use storage::{object_keys::ObjectKey, parquet_object::ObjectReader, store::Store};

/// See the module.
pub struct Numbers {
    /// Events that are taken.
    pub events: u64,
    /// Which of them do not count, and what counts for them.
    pub duplicates: BTreeMap<EventId, EventId>,
    /// Whether some runs came of merges.
    pub merged: bool,
    /// Key of a row and its measures.
    sums: BTreeMap<String, Vec<i128>>,
    visits: BTreeMap<String, Vec<i128>>,
    /// Everything else that is not a name.
    rest: String,
}

impl Numbers {
    /// Reads all files that the newest manifest names.
    pub async fn read(store: &Store) -> Self {
        let manifest = newest(store).await;
        let left_out = duplicates::read(store, &manifest)
            .await
            .expect("duplicates");
        let rows = |files: &mut dyn Iterator<Item = &File>| files.map(|f| f.rows).sum::<u64>();
        let written = rows(&mut manifest.event_files.iter().map(|e| &e.file));
        let keys = rows(&mut manifest.sender_keys.iter().map(|k| &k.file));
        assert_eq!(written, manifest.events_count, "each event is in one file");
        let names: Vec<String> = names(&manifest).collect();
        let once: BTreeSet<&String> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "nothing is named twice");
        Self {
            events: manifest.events_count,
            duplicates: left_out.values().map(|d| (d.event, d.of)).collect(),
            merged: manifest.sums.iter().any(|file| file.level > 0),
            sums: numbers(store, &manifest, Table::Sums, |a, b| a + b).await,
            visits: numbers(store, &manifest, Table::Visits, |a, b| a | b).await,
            rest: format!(
                "{:?} {:?} {} {} {:?} {keys}",
                manifest.horizon,
                manifest.whole,
                manifest.rules,
                manifest.settled_ms,
                manifest.unsure,
            ),
        }
    }

    /// Fails if the two are not the same, to the last row.
    pub fn assert_are(&self, expected: &Self) {
        assert_eq!(self.events, expected.events);
        assert_eq!(self.rest, expected.rest);
        assert_eq!(self.duplicates, expected.duplicates);
        assert!(self.sums.len() > 1_000 && self.visits.len() > 1_000);
        // Without a word about each of the rows.
        assert!(self.sums == expected.sums, "sums differ");
        assert!(self.visits == expected.visits, "visits differ");
    }

    /// Files of events and numbers that the newest manifest does not name, and has not dropped.
    pub async fn orphans(store: &Store) -> Vec<String> {
        let manifest = newest(store).await;
        let dropped = manifest.dropped.iter().map(|dropped| dropped.path.clone());
        let known: BTreeSet<String> = names(&manifest).chain(dropped).collect();
        let objects = store.list(None).map_ok(|o| o.location.to_string());
        let objects: Vec<String> = objects.try_collect().await.expect("a list");
        let folders = ["runs/", "visitors/", "events/", "keys/", "duplicates/"];
        let ours = objects
            .into_iter()
            .filter(|o| folders.iter().any(|f| o.starts_with(f)));
        ours.filter(|path| !known.contains(path)).collect()
    }
}

async fn newest(store: &Store) -> Manifest {
    let manifests = Manifests::new(store.clone());
    let latest = manifests.latest().await.expect("a manifest");
    (*latest.manifest).clone()
}

fn names(manifest: &Manifest) -> impl Iterator<Item = String> {
    let events = manifest.event_files.iter().map(|events| ObjectKey::Events {
        received: events.received,
        name: events.file.name.clone(),
    });
    let keys = manifest.sender_keys.iter().map(|keys| ObjectKey::Keys {
        name: keys.file.name.clone(),
    });
    let left_out = manifest
        .duplicates
        .iter()
        .map(|file| ObjectKey::Duplicates {
            name: file.name.clone(),
        });
    let sums = manifest.sums.iter().map(|f| key(Table::Sums, &f.file));
    let visits = manifest.visits.iter().map(|f| key(Table::Visits, &f.file));
    let all = events.chain(keys).chain(left_out).chain(sums).chain(visits);
    all.map(|key| key.path().to_string())
}

fn key(table: Table, file: &File) -> ObjectKey {
    let name = file.name.clone();
    match table {
        Table::Sums => ObjectKey::Sums { name },
        Table::Visits => ObjectKey::Visits { name },
    }
}

async fn numbers(
    store: &Store,
    manifest: &Manifest,
    table: Table,
    join: fn(i128, i128) -> i128,
) -> BTreeMap<String, Vec<i128>> {
    let mut all: BTreeMap<String, Vec<i128>> = BTreeMap::new();
    for run in manifest.runs(table) {
        let path = key(table, &run.file).path();
        let reader = ObjectReader::new(store.clone(), path, run.file.bytes);
        let batches = ParquetRecordBatchStreamBuilder::new(reader).await;
        let mut batches = batches.expect("a file").build().expect("rows");
        while let Some(batch) = batches.try_next().await.expect("rows") {
            for (key, measures) in rows(&batch, table.sorted_by()) {
                let there = all.entry(key).or_insert_with(|| vec![0; measures.len()]);
                for (there, measure) in there.iter_mut().zip(measures) {
                    *there = join(*there, measure);
                }
            }
        }
    }
    all
}

/// Key and measures of each row.
fn rows(batch: &RecordBatch, keys: usize) -> impl Iterator<Item = (String, Vec<i128>)> {
    let options = FormatOptions::default();
    let columns = batch.columns().iter();
    let columns = columns.map(|c| ArrayFormatter::try_new(c, &options).expect("a column"));
    let columns: Vec<ArrayFormatter<'_>> = columns.collect();
    let row = |row: usize| {
        let (key, measures) = columns.split_at(keys);
        let key: Vec<String> = key.iter().map(|c| c.value(row).to_string()).collect();
        let number = |c: &ArrayFormatter<'_>| c.value(row).to_string().parse::<i128>();
        let measures = measures.iter().map(|c| number(c).expect("a number"));
        (key.join("\u{1}"), measures.collect())
    };
    (0..batch.num_rows())
        .map(row)
        .collect::<Vec<_>>()
        .into_iter()
}
