//! Who does the tasks: this process, unless another engine is given.

use std::{
    future,
    sync::atomic::{AtomicBool, Ordering},
};

use futures::{StreamExt, stream, stream::BoxStream};

use super::{
    count,
    error::RollupError,
    merge::merged,
    task::{Done, Piece, Task},
    worker::Worker,
    write::Writer,
};

/// Tasks done, each with its place among those that were given.
pub type Results<'a> = BoxStream<'a, Result<(usize, Done), RollupError>>;

/// Does tasks.
pub trait Engine: Send + Sync {
    /// Does all tasks, in any order; `here` is what tasks of this process work with. After the first
    /// failure none is begun, and the stream ends when those that were begun have.
    fn run(&self, here: Worker, tasks: Vec<Task>) -> Results<'_>;

    /// How many it does at once.
    fn at_once(&self) -> usize;
}

/// Does one task. What it wrote is gone again if it fails.
pub async fn perform(worker: &Worker, task: &Task) -> Result<Done, RollupError> {
    let mut writer = Writer::of_task(&worker.env, &task.attempt);
    let done = match &task.piece {
        Piece::Count(work) => count::count(worker, &mut writer, work).await,
        Piece::Merge(work) => merged(worker, &mut writer, work).await,
    };
    if done.is_err() {
        writer.discard().await;
    }
    done
}

/// Does the tasks in this process: one reads while another computes.
pub struct Local;

impl Engine for Local {
    fn run(&self, here: Worker, tasks: Vec<Task>) -> Results<'_> {
        let failed = std::sync::Arc::new(AtomicBool::new(false));
        let begun = std::sync::Arc::clone(&failed);
        let tasks = stream::iter(tasks.into_iter().enumerate())
            .take_while(move |_| future::ready(!begun.load(Ordering::Relaxed)));
        let perform = move |(place, task): (usize, Task)| {
            let (here, failed) = (here.clone(), std::sync::Arc::clone(&failed));
            async move {
                let done = perform(&here, &task).await;
                failed.fetch_or(done.is_err(), Ordering::Relaxed);
                Ok((place, done?))
            }
        };
        tasks.map(perform).buffer_unordered(self.at_once()).boxed()
    }

    fn at_once(&self) -> usize {
        2
    }
}
