//! Runs as one stream in order, equal keys added up.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::RecordBatch,
        compute::{SortOptions, kernels::numeric::neg},
        datatypes::SchemaRef,
    },
    error::DataFusionError,
    execution::{
        SendableRecordBatchStream,
        memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool},
    },
    parquet::arrow::ParquetRecordBatchStreamBuilder,
    physical_expr::{LexOrdering, PhysicalSortExpr, expressions::Column},
    physical_plan::{
        metrics::{BaselineMetrics, ExecutionPlanMetricsSet},
        sorts::streaming_merge::StreamingMergeBuilder,
        stream::RecordBatchReceiverStream,
    },
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use handover::runs::{RunFile, STRIDE, Table, widened};
use storage::{parquet_object::ObjectReader, store::Store};

use super::{
    super::{error::RollupError, write::run_key},
    added::Adder,
};

/// Batches of a run that wait to be merged.
const AHEAD: usize = 2;

/// Whether rows are added, or taken away: what two states have in common is nought then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rollup) enum Side {
    Added,
    TakenAway,
}

/// All rows of some runs in order, each key once, within so many bytes of memory.
pub(in crate::rollup) fn sorted(
    store: &Store,
    memory: usize,
    table: Table,
    runs: Vec<(Side, Vec<RunFile>)>,
) -> Result<impl Stream<Item = Result<RecordBatch, RollupError>> + Unpin + use<>, RollupError> {
    let schema = table.schema();
    let streams = runs.into_iter().map(|(side, files)| {
        let store = Arc::clone(store);
        run(store, table, schema.clone(), side, files)
    });
    let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(memory));
    let metrics = ExecutionPlanMetricsSet::new();
    let merged = StreamingMergeBuilder::new()
        .with_streams(streams.collect())
        .with_schema(schema.clone())
        .with_expressions(&order(&schema, table.sorted_by())?)
        .with_metrics(BaselineMetrics::new(&metrics, 0))
        .with_batch_size(STRIDE)
        .with_reservation(MemoryConsumer::new("merge of runs").register(&pool))
        .build()?;
    let adder = Adder::new(table);
    let added = stream::try_unfold((merged, Some(adder)), async |(mut merged, adder)| {
        let Some(mut adder) = adder else {
            return Ok(None);
        };
        while let Some(batch) = merged.try_next().await? {
            if let Some(done) = adder.add(batch)? {
                return Ok(Some((done, (merged, Some(adder)))));
            }
        }
        let last = adder.finish()?;
        Ok::<_, RollupError>(last.map(|last| (last, (merged, None))))
    });
    Ok(added.boxed())
}

fn order(schema: &SchemaRef, columns: usize) -> Result<LexOrdering, DataFusionError> {
    let options = SortOptions {
        descending: false,
        nulls_first: false,
    };
    let fields = schema.fields().iter().take(columns).enumerate();
    let column = fields.map(|(place, field)| {
        let column = Arc::new(Column::new(field.name(), place));
        PhysicalSortExpr::new(column, options)
    });
    LexOrdering::new(column)
        .ok_or_else(|| DataFusionError::Internal("rows are sorted by some column".into()))
}

/// The files of one run, one after the other.
fn run(
    store: Store,
    table: Table,
    schema: SchemaRef,
    side: Side,
    files: Vec<RunFile>,
) -> SendableRecordBatchStream {
    let open = move |file: RunFile| {
        let path = run_key(table, file.file.name).path();
        let reader = ObjectReader::new(Arc::clone(&store), path, file.file.bytes);
        async move {
            let file = ParquetRecordBatchStreamBuilder::new(reader).await?;
            let rows = file.with_batch_size(STRIDE).build()?;
            Ok::<_, DataFusionError>(rows.map_err(DataFusionError::from))
        }
    };
    let rows = stream::iter(files).then(open).try_flatten();
    let mut rows = Box::pin(rows.map(move |batch| {
        let batch = match table {
            Table::Sums => widened(&batch?)?,
            Table::Visits => batch?,
        };
        match side {
            Side::Added => Ok(batch),
            Side::TakenAway => negated(table, &batch),
        }
    }));
    // Decoding goes on while others merge.
    let mut ahead = RecordBatchReceiverStream::builder(schema, AHEAD);
    let send = ahead.tx();
    ahead.spawn(async move {
        while let Some(batch) = rows.next().await {
            if send.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    ahead.build()
}

fn negated(table: Table, batch: &RecordBatch) -> Result<RecordBatch, DataFusionError> {
    let mut columns = batch.columns().to_vec();
    for column in columns.iter_mut().skip(table.sorted_by()) {
        *column = neg(column)?;
    }
    Ok(RecordBatch::try_new(batch.schema(), columns)?)
}
