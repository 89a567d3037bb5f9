//! The rollup's side: its tasks go to a scheduler, and what became of them comes back.

use std::{sync::Arc, time::Duration};

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
use futures::{FutureExt, StreamExt, TryStreamExt, stream};

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

    async fn distribute(&self, tasks: Vec<Task>) -> Result<Vec<(usize, Done)>, RollupError> {
        let mut tried = 0;
        let rows = loop {
            tried += 1;
            match self.submit(&tasks).await {
                Ok(rows) => break rows,
                Err(error) if tried == TRIES => return Err(RollupError::Engine(error.into())),
                Err(error) => tracing::warn!(%error, tried, "tasks are given out again"),
            }
            tokio::time::sleep(PAUSE).await;
        };
        rows.into_iter().map(result).collect()
    }

    async fn submit(&self, tasks: &[Task]) -> Result<Vec<Placed<Outcome>>> {
        let config = config();
        let (settings, codec) = (config.ballista_config(), Codec::default());
        let batches = execute_physical_plan::<PhysicalPlanNode>(
            self.scheduler.clone(),
            &settings,
            plan(tasks)?,
            &codec,
            SESSION.to_owned(),
            config,
        );
        let batches: Vec<_> = batches.await?.try_collect().await?;
        let mut rows = Vec::with_capacity(tasks.len());
        for batch in &batches {
            for text in texts(batch)? {
                rows.push(serde_json::from_str(&text).map_err(json)?);
            }
        }
        complete(rows, tasks.len())
    }
}

impl Engine for Ballista {
    fn run(&self, _: Worker, tasks: Vec<Task>) -> Results<'_> {
        if tasks.is_empty() {
            return stream::empty().boxed();
        }
        let results = self.distribute(tasks).map(|results| match results {
            Ok(done) => stream::iter(done).map(Ok).left_stream(),
            Err(error) => stream::iter([Err(error)]).right_stream(),
        });
        results.flatten_stream().boxed()
    }

    fn at_once(&self) -> usize {
        self.at_once
    }
}

/// One stage: each task a partition of a source, our operator above.
fn plan(tasks: &[Task]) -> Result<Arc<dyn ExecutionPlan>> {
    let row = |(place, it): (usize, &Task)| {
        let row = serde_json::to_string(&Placed { place, it }).map_err(json)?;
        Ok(vec![batch([row])?])
    };
    let rows = tasks.iter().enumerate().map(row);
    let rows: Vec<_> = rows.collect::<Result<_>>()?;
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

/// Each task has one result: whatever a scheduler does, nothing is counted twice or not at all.
fn complete(mut rows: Vec<Placed<Outcome>>, tasks: usize) -> Result<Vec<Placed<Outcome>>> {
    rows.sort_by_key(|row| row.place);
    if rows.iter().map(|row| row.place).eq(0..tasks) {
        return Ok(rows);
    }
    let places: Vec<usize> = rows.iter().map(|row| row.place).collect();
    let why = format!("{tasks} tasks have results of {places:?}");
    Err(DataFusionError::Execution(why))
}

fn result(Placed { place, it }: Placed<Outcome>) -> Result<(usize, Done), RollupError> {
    match it {
        Outcome::Done(done) => Ok((place, done)),
        Outcome::Held { log, epoch, why } => Err(RollupError::Held { log, epoch, why }),
        Outcome::Failed(why) => Err(RollupError::Engine(why.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(places: &[usize]) -> Vec<Placed<Outcome>> {
        let row = |place: &usize| Placed {
            place: *place,
            it: Outcome::Done(Done::default()),
        };
        places.iter().map(row).collect()
    }

    #[test]
    fn every_task_has_one_result() {
        assert!(complete(rows(&[2, 0, 1]), 3).is_ok());
        assert!(complete(rows(&[0, 1]), 3).is_err(), "one is lost");
        assert!(
            complete(rows(&[0, 1, 1, 2]), 3).is_err(),
            "one was done twice"
        );
    }
}
