//! The operator that does tasks: a row in is a task, a row out what became of it.
//!
//! It is not a leaf: Ballista cuts the source below, a partition to each executor, and would have every
//! one of them do all that a leaf of ours holds.

use std::{fmt, io, sync::Arc};

use batch_layer::{RollupError, Worker, perform, tasks::Done, tasks::Task};
use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch, StringArray},
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    common::tree_node::TreeNodeRecursion,
    error::{DataFusionError, Result},
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan,
        ExecutionPlanProperties, PlanProperties, ReplaceChildrenOptions,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::{TryStreamExt, stream};
use model::{Epoch, LogId};
use serde::{Deserialize, Serialize};

/// A task and its place among all that were given.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Placed<T> {
    pub place: usize,
    pub it: T,
}

/// What became of a task. What would fail again is not tried again, so it is no error to Ballista.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Done(Done),
    Held {
        log: LogId,
        epoch: Epoch,
        why: String,
    },
    Failed(String),
}

/// The only column of what goes in and out: JSON.
pub(crate) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("json", DataType::Utf8, false)]))
}

/// See the module.
pub(crate) struct TaskExec {
    input: Arc<dyn ExecutionPlan>,
    /// Only executors have one.
    worker: Option<Worker>,
    properties: Arc<PlanProperties>,
}

impl TaskExec {
    pub(crate) fn new(input: Arc<dyn ExecutionPlan>, worker: Option<Worker>) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema()),
            input.output_partitioning().clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            input,
            worker,
            properties: Arc::new(properties),
        }
    }
}

impl fmt::Debug for TaskExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskExec")
            .field("input", &self.input)
            .finish()
    }
}

impl DisplayAs for TaskExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskExec")
    }
}

impl ExecutionPlan for TaskExec {
    fn name(&self) -> &str {
        "TaskExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mode = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
        self.replace_children(children, mode)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = <[_; 1]>::try_from(children)
            .map_err(|_| DataFusionError::Internal("tasks come from one input".into()))?;
        Ok(Arc::new(Self::new(input, self.worker.clone())))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let worker = self.worker.clone();
        let worker = worker.ok_or_else(|| {
            DataFusionError::Internal("only executors of Millrace do its tasks".into())
        })?;
        let rows = self.input.execute(partition, context)?;
        let tasks = rows
            .and_then(async |batch| Ok(stream::iter(texts(&batch)?.into_iter().map(Ok))))
            .try_flatten();
        let done = tasks.and_then(move |text| done(worker.clone(), text));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema(), done)))
    }
}

/// The rows of a batch.
pub(crate) fn texts(batch: &RecordBatch) -> Result<Vec<String>> {
    let column = batch.columns().first();
    let texts = column.and_then(|column| column.as_string_opt::<i32>());
    let texts = texts.ok_or_else(|| DataFusionError::Internal("tasks are texts".into()))?;
    Ok((0..texts.len())
        .map(|row| texts.value(row).to_owned())
        .collect())
}

/// Some rows as a batch.
pub(crate) fn batch(texts: impl IntoIterator<Item = String>) -> Result<RecordBatch> {
    let column = StringArray::from_iter_values(texts);
    Ok(RecordBatch::try_new(schema(), vec![Arc::new(column)])?)
}

pub(crate) fn json(error: serde_json::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

async fn done(worker: Worker, text: String) -> Result<RecordBatch> {
    let Placed { place, it } = serde_json::from_str::<Placed<Task>>(&text).map_err(json)?;
    tracing::info!(place, attempt = it.attempt, "a task begins");
    let it = match perform(&worker, &it).await {
        Ok(done) => Outcome::Done(done),
        Err(RollupError::Held { log, epoch, why }) => Outcome::Held { log, epoch, why },
        // Ballista tries again what failed so, and nothing else.
        Err(error) if error.is_transient() => {
            tracing::warn!(place, %error, "a task failed, and may be tried again");
            return Err(io::Error::other(error.to_string()).into());
        }
        Err(error) => Outcome::Failed(error.to_string()),
    };
    tracing::info!(place, "a task is done");
    let row = serde_json::to_string(&Placed { place, it }).map_err(json)?;
    batch([row])
}
