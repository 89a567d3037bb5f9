//! DataFusion over the object store.

use std::sync::Arc;

use datafusion::{
    arrow::datatypes::SchemaRef,
    common::JoinType,
    dataframe::DataFrame,
    datasource::empty::EmptyTable,
    error::DataFusionError,
    execution::{
        SendableRecordBatchStream,
        memory_pool::{FairSpillPool, MemoryPool},
        object_store::ObjectStoreUrl,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
        session_state::SessionStateBuilder,
    },
    physical_plan::execute_stream,
    prelude::{ParquetReadOptions, SessionConfig, SessionContext, col},
};
use handover::{
    duplicates,
    manifest::{File, Manifest},
};
use object_store::path::Path;
use storage::{object_keys::ObjectKey, store::Store};

use crate::{
    equal_steps,
    rollup::{RollupDeps, events_schema},
    yielding::yielding,
};

/// What stands before every path of the store.
const LAKE: &str = "lake://store";

/// A session that reads the store.
pub(crate) fn context(deps: &RollupDeps) -> Result<SessionContext, DataFusionError> {
    let pool = FairSpillPool::new(deps.limits.query());
    Ok(context_with(runtime(deps, Arc::new(pool))?))
}

/// A session of a runtime that others may share.
pub(crate) fn context_with(runtime: Arc<RuntimeEnv>) -> SessionContext {
    let mut config = SessionConfig::new().with_information_schema(false);
    // Has a history of wrong results.
    config.options_mut().execution.parquet.pushdown_filters = false;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rules(equal_steps::rules())
        .build();
    SessionContext::new_with_state(state)
}

/// What reads the store, and takes its memory from `pool`.
pub(crate) fn runtime(
    deps: &RollupDeps,
    pool: Arc<dyn MemoryPool>,
) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool);
    of(&deps.env.store, deps.limits.spill_dir.as_deref(), runtime)
}

/// The same of any store, with a bound of what is written to the disk, bytes.
pub(crate) fn bounded_runtime(
    store: &Store,
    spill_dir: Option<&std::path::Path>,
    pool: Arc<dyn MemoryPool>,
    spill: u64,
) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(pool);
    of(
        store,
        spill_dir,
        runtime.with_max_temp_directory_size(spill),
    )
}

fn of(
    store: &Store,
    spill_dir: Option<&std::path::Path>,
    mut runtime: RuntimeEnvBuilder,
) -> Result<Arc<RuntimeEnv>, DataFusionError> {
    if let Some(folder) = spill_dir {
        runtime = runtime.with_temp_file_path(folder);
    }
    let runtime = runtime.build_arc()?;
    let url = ObjectStoreUrl::parse(LAKE)?;
    runtime.register_object_store(url.as_ref(), Arc::clone(store));
    Ok(runtime)
}

/// The rows of a frame that somebody has asked for, and may give up.
pub(crate) async fn rows(frame: DataFrame) -> Result<SendableRecordBatchStream, DataFusionError> {
    let task = Arc::new(frame.task_ctx());
    let steps = frame.create_physical_plan().await?;
    execute_stream(yielding(steps)?, task)
}

/// Makes a table of events without those that `manifest` does not count.
pub(crate) async fn register_events(
    context: &SessionContext,
    table: &str,
    files: &[Path],
    manifest: &Manifest,
) -> Result<(), DataFusionError> {
    let frame = events(context, files, manifest).await?;
    context.register_table(table, frame.into_view())?;
    Ok(())
}

/// The same rows as a frame.
pub(crate) async fn events(
    context: &SessionContext,
    files: &[Path],
    manifest: &Manifest,
) -> Result<DataFrame, DataFusionError> {
    let mut frame = read(context, files, events_schema()).await?;
    if let Some(File { name, .. }) = manifest.duplicates.clone() {
        let path = ObjectKey::Duplicates { name }.path();
        let left_out = read(context, &[path], duplicates::schema()).await?;
        let left_out = left_out.select(vec![
            col("log").alias("left_out_log"),
            col("seq").alias("left_out_seq"),
        ])?;
        let theirs = ["left_out_log", "left_out_seq"];
        frame = frame.join(left_out, JoinType::LeftAnti, &["log", "seq"], &theirs, None)?;
    }
    Ok(frame)
}

/// Rows of Parquet files with these columns; of no files, none. Columns that a file lacks are null.
pub(crate) async fn read(
    context: &SessionContext,
    files: &[Path],
    schema: SchemaRef,
) -> Result<DataFrame, DataFusionError> {
    if files.is_empty() {
        return context.read_table(Arc::new(EmptyTable::new(schema)));
    }
    let urls: Vec<String> = files.iter().map(|path| format!("{LAKE}/{path}")).collect();
    let options = ParquetReadOptions::default().schema(&schema);
    context.read_parquet(urls, options).await
}

/// Makes a table of Parquet files with these columns.
pub(crate) async fn register_as(
    context: &SessionContext,
    table: &str,
    files: &[Path],
    schema: SchemaRef,
) -> Result<(), DataFusionError> {
    let frame = read(context, files, schema).await?;
    context.register_table(table, frame.into_view())?;
    Ok(())
}
