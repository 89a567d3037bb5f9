//! Tasks may be sent, done twice, and fail: what is published is what one process publishes.

use std::{collections::BTreeSet, sync::Arc};

use batch_layer::{Engine, Mode, Results, RollupError, Worker, perform, run, tasks::Task};
use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream};
use model::LogId;
use serde::{Serialize, de::DeserializeOwned};
use testing::Log;

use crate::{
    installation::{DAY, HOUR, Installation, click, conversion, rollup, start},
    recount,
};

/// Sends each task to two machines, and takes what the second says.
struct Twice;

fn sent<T: Serialize + DeserializeOwned>(it: &T) -> T {
    let text = serde_json::to_string(it).expect("it can be sent");
    serde_json::from_str(&text).expect("and received")
}

impl Engine for Twice {
    fn run(&self, here: Worker, tasks: Vec<Task>) -> Results<'_> {
        let twice = move |(place, task): (usize, Task)| {
            let here = here.clone();
            async move {
                let task = sent(&task);
                perform(&here, &task).await?;
                Ok((place, sent(&perform(&here, &task).await?)))
            }
        };
        let tasks = stream::iter(tasks.into_iter().enumerate());
        tasks.then(twice).boxed()
    }

    fn at_once(&self) -> usize {
        3
    }
}

#[tokio::test]
async fn what_is_done_twice_counts_once() {
    let mut installation = Installation::new(start() + DAY);
    installation.deps.engine = Arc::new(Twice);
    for n in 0..8 {
        let at = start() + n * HOUR;
        let clicks = (0..20).map(|i| click(1 + i % 2, 10, at + i as i64));
        let events = clicks.chain([conversion(1, 20, at)]);
        installation.take(events.collect()).await;
    }
    let latest = installation.deps.manifests.latest().await;
    let manifest = latest.expect("one").manifest;
    assert_eq!(manifest.events_count, 8 * 21);
    let merged = manifest.sums.iter().any(|file| file.level > 0);
    assert!(merged, "merges are tasks, too");
    recount::all_agree(&installation.deps).await;
}

/// Does tasks, then fails.
struct Breaks;

impl Engine for Breaks {
    fn run(&self, here: Worker, tasks: Vec<Task>) -> Results<'_> {
        let perform = move |(place, task)| {
            let here = here.clone();
            async move { Ok((place, perform(&here, &task).await?)) }
        };
        let tasks = stream::iter(tasks.into_iter().enumerate());
        let failure = || Err(RollupError::Engine("the machine is gone".into()));
        let failure = stream::once(async move { failure() });
        tasks.then(perform).chain(failure).boxed()
    }

    fn at_once(&self) -> usize {
        1
    }
}

#[tokio::test]
async fn of_a_failed_attempt_nothing_is_left() {
    let installation = testing::Installation::new(start() + DAY);
    let mut deps = rollup(&installation, &Arc::new(Rules::new().expect("rules")), 1);
    deps.engine = Arc::new(Breaks);
    let mut log = Log::new(LogId(1));
    installation.register(log.id).await;
    (0..10).for_each(|n| log.accept(click(1, 10, start() + n)));
    log.seal(&installation.env.store).await;
    let objects = async || {
        let all = installation.env.store.list(None);
        let all = all.map_ok(|object| object.location.to_string());
        all.try_collect::<BTreeSet<_>>().await.expect("a list")
    };
    let before = objects().await;
    let failed = run(&deps, Mode::Incremental).await;
    let failed = failed.expect_err("the engine fails").to_string();
    assert!(failed.contains("the machine is gone"), "{failed}");
    assert_eq!(objects().await, before);
}
