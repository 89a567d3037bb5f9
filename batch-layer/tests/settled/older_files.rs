//! Files of events from before a column was added.

use batch_layer::{Mode, query, run};
use bytes::Bytes;
use datafusion::arrow::{array::AsArray, datatypes::Int64Type, record_batch::RecordBatch};
use object_store::ObjectStoreExt;
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};

use crate::installation::{HOUR, Installation, click, filled, start};

const ADDED: [&str; 8] = [
    "channel",
    "language",
    "continent",
    "device_type",
    "variant",
    "trigger",
    "fetched_as",
    "rule",
];

/// The file as a program would have written it that did not know the columns.
fn without_added(file: Bytes) -> Vec<u8> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let batches: Vec<RecordBatch> = reader
        .build()
        .expect("a reader")
        .map(|batch| batch.expect("rows"))
        .collect();
    let schema = batches[0].schema();
    let old = |i: &usize| !ADDED.contains(&schema.field(*i).name().as_str());
    let old: Vec<usize> = (0..schema.fields().len()).filter(old).collect();
    assert_eq!(old.len() + ADDED.len(), schema.fields().len());
    let schema = schema.project(&old).expect("a schema");
    let mut out = ArrowWriter::try_new(Vec::new(), schema.into(), None).expect("a writer");
    for batch in &batches {
        let batch = batch.project(&old).expect("columns");
        out.write(&batch).expect("rows");
    }
    out.into_inner().expect("a file")
}

async fn make_old(installation: &Installation) {
    let store = &installation.deps.env.store;
    let manifest = installation
        .deps
        .manifests
        .latest()
        .await
        .expect("one")
        .manifest;
    for file in manifest.events() {
        let bytes = store.get(&file.path).await.expect("a file").bytes().await;
        let old = without_added(bytes.expect("bytes"));
        store.put(&file.path, old.into()).await.expect("stored");
    }
}

/// Events, and how many of them have a value in a column.
async fn counts(installation: &Installation, column: &str) -> (i64, i64) {
    let sql = format!("SELECT COUNT(*) AS a, COUNT({column}) AS b FROM events");
    let rows = query(&installation.deps, &sql, 1).await.expect("an answer");
    let row = rows
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .expect("a row");
    let number = |i: usize| row.column(i).as_primitive::<Int64Type>().value(0);
    (number(0), number(1))
}

#[tokio::test]
async fn they_are_read_and_a_full_run_fills_them() {
    let mut installation = filled(2).await;
    let (all, _) = counts(&installation, "seq").await;
    make_old(&installation).await;
    for column in ADDED {
        assert_eq!(counts(&installation, column).await, (all, 0), "{column}");
    }
    installation.take(vec![click(1, 10, start() + HOUR)]).await;
    for column in ADDED {
        assert_eq!(
            counts(&installation, column).await,
            (all + 1, 1),
            "{column}"
        );
    }
    let report = run(&installation.deps, Mode::Full).await.expect("a run");
    assert_eq!(report.changed, [], "the numbers are what they were");
    for column in ADDED {
        assert_eq!(
            counts(&installation, column).await,
            (all + 1, all + 1),
            "{column}"
        );
    }
}
