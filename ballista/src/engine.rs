//! The rollup's side: its tasks go to a scheduler, and what became of them comes back.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ballista_core::{
    config::{
        BALLISTA_ADAPTIVE_PLANNER_ENABLED, BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE,
        BALLISTA_CLIENT_PULL, BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK,
    },
    execution_plans::execute_physical_plan,
    extension::SessionConfigExt,
};
use batch_layer::{
    Engine, Results, RollupError, Worker,
    tasks::{Done, Task},
};
use datafusion::{
    catalog::memory::MemorySourceConfig,
    datasource::source::DataSourceExec,
    error::{DataFusionError, Result},
    physical_plan::ExecutionPlan,
    prelude::SessionConfig,
};
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::{FutureExt, StreamExt, stream};

use crate::{
    MESSAGE,
    codec::Codec,
    task_exec::{Outcome, Placed, TaskExec, batch, json, schema, texts},
};

/// How often tasks are given to the scheduler. It tries each of them several times; this is for what it
/// does not mend: that results are lost with the executor that had them.
const TRIES: u32 = 3;
/// Between two of them.
const PAUSE: Duration = Duration::from_secs(1);
/// All rollups share it: they have no state there.
const SESSION: &str = "millrace";

/// Has the tasks done by the executors of a scheduler.
pub struct Ballista {
    scheduler: String,
    at_once: usize,
}

impl Ballista {
    /// The scheduler at this address, `http://host:port`, whose executors do so many tasks at once.
    pub fn new(scheduler: String, at_once: usize) -> Self {
        Self { scheduler, at_once }
    }

    /// What became of the tasks; an error at the end if that is not known of all of them.
    async fn distribute(&self, tasks: Vec<Task>) -> Vec<Result<(usize, Done), RollupError>> {
        let mut left: Vec<(usize, Task)> = tasks.into_iter().enumerate().collect();
        let mut known: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut tried = 0;
        let failed = loop {
            tried += 1;
            let (rows, failed) = self.submit(&left).await;
            let failed = take(rows, &mut left, &mut known).err().or(failed);
            let Some(error) = failed else {
                break None;
            };
            if left.is_empty() || tried == TRIES {
                break Some(error).filter(|_| !left.is_empty());
            }
            tracing::warn!(%error, tried, lost = left.len(), "tasks are given out again");
            tokio::time::sleep(PAUSE).await;
        };
        let failed = failed.map(|error| Err(RollupError::Engine(error.into())));
        known.into_iter().map(result).chain(failed).collect()
    }

    /// All results that come back, and the first failure. Some may be lost, with the executor that has them.
    async fn submit(&self, tasks: &[(usize, Task)]) -> (Vec<String>, Option<DataFusionError>) {
        let config = config();
        let (settings, codec) = (config.ballista_config(), Codec::default());
        let submitted = async {
            let (scheduler, session) = (self.scheduler.clone(), SESSION.to_owned());
            let plan = plan(tasks)?;
            execute_physical_plan::<PhysicalPlanNode>(
                scheduler, &settings, plan, &codec, session, config,
            )
            .await
        };
        let mut batches = match submitted.await {
            Ok(batches) => batches,
            Err(error) => return (Vec::new(), Some(error)),
        };
        let (mut rows, mut failed) = (Vec::new(), None);
        while let Some(batch) = batches.next().await {
            match batch.and_then(|batch| texts(&batch)) {
                Ok(texts) => rows.extend(texts),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        (rows, failed)
    }
}

impl Engine for Ballista {
    fn run(&self, _: Worker, tasks: Vec<Task>) -> Results<'_> {
        if tasks.is_empty() {
            return stream::empty().boxed();
        }
        let results = self.distribute(tasks).map(stream::iter);
        results.flatten_stream().boxed()
    }

    fn at_once(&self) -> usize {
        self.at_once
    }
}

/// One stage: each task a partition of a source, our operator above.
fn plan(tasks: &[(usize, Task)]) -> Result<Arc<dyn ExecutionPlan>> {
    let row = |(place, it): &(usize, Task)| {
        let row = serde_json::to_string(&Placed { place: *place, it }).map_err(json)?;
        Ok(vec![batch([row])?])
    };
    let rows: Vec<_> = tasks.iter().map(row).collect::<Result<_>>()?;
    let source = MemorySourceConfig::try_new(&rows, schema(), None)?;
    let source = DataSourceExec::from_data_source(source);
    Ok(Arc::new(TaskExec::new(source, None)))
}

/// Plans as they are, an executor for each task, and messages as long as our plans.
fn config() -> SessionConfig {
    let message = MESSAGE.to_string();
    let settings = [
        (BALLISTA_ADAPTIVE_PLANNER_ENABLED, "false"),
        (BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, "1"),
        (BALLISTA_CLIENT_PULL, "true"),
        (BALLISTA_CLIENT_GRPC_MAX_MESSAGE_SIZE, &message),
    ];
    let config = SessionConfig::new_with_ballista().with_target_partitions(1);
    settings
        .into_iter()
        .fold(config, |config, (key, value)| config.set_str(key, value))
}

/// Takes what became of tasks that are left. Each has one result: whatever a scheduler does, nothing is counted
/// twice or not at all.
fn take(
    rows: Vec<String>,
    left: &mut Vec<(usize, Task)>,
    known: &mut BTreeMap<usize, Outcome>,
) -> Result<()> {
    for row in rows {
        let Placed { place, it } = serde_json::from_str(&row).map_err(json)?;
        let Some(at) = left.iter().position(|(asked, _)| *asked == place) else {
            let why = format!("task {place} has a result that nobody waits for");
            return Err(DataFusionError::Execution(why));
        };
        left.swap_remove(at);
        known.insert(place, it);
    }
    match left.first() {
        Some((place, _)) => {
            let why = format!("task {place} has no result");
            Err(DataFusionError::Execution(why))
        }
        None => Ok(()),
    }
}

fn result((place, outcome): (usize, Outcome)) -> Result<(usize, Done), RollupError> {
    match outcome {
        Outcome::Done(done) => Ok((place, done)),
        Outcome::Held { log, epoch, why } => Err(RollupError::Held { log, epoch, why }),
        Outcome::Failed(why) => Err(RollupError::Engine(why.into())),
    }
}

#[cfg(test)]
mod tests {
    use batch_layer::tasks::{Merge, Piece};
    use handover::runs::Table;

    use super::*;

    /// Which of three tasks are left when these have results, and whether something is wrong.
    fn left(places: &[usize]) -> (Vec<usize>, bool) {
        let task = |place| {
            let merge = Merge {
                table: Table::Sums,
                level: 1,
                runs: Vec::new(),
            };
            let (attempt, piece) = ("a".into(), Piece::Merge(merge));
            (place, Task { attempt, piece })
        };
        let row = |place: &usize| {
            let (place, it) = (*place, Outcome::Done(Done::default()));
            serde_json::to_string(&Placed { place, it }).expect("JSON")
        };
        let (mut left, mut known) = ((0..3).map(task).collect(), BTreeMap::new());
        let taken = take(places.iter().map(row).collect(), &mut left, &mut known);
        let left: Vec<usize> = left.into_iter().map(|(place, _)| place).collect();
        assert_eq!(known.len() + left.len(), 3);
        (left, taken.is_err())
    }

    #[test]
    fn every_task_has_one_result() {
        assert_eq!(left(&[2, 0, 1]), (vec![], false));
        assert_eq!(left(&[0, 2]), (vec![1], true), "one is lost");
        assert!(left(&[0, 1, 1, 2]).1, "one was done twice");
        assert!(left(&[3]).1, "nobody asked");
    }
}
