//! The process that answers: it reads its job, answers it, and ends.

use std::{
    io::{self, BufReader},
    process::ExitCode,
};

use anyhow::Context;
use asking::AskError;
use batch_layer::{Lake, Live};
use futures::StreamExt;

use super::{
    frames::{self, Frame, Job},
    guard::{self, Bounds},
};
use crate::own_threads::OwnThreads;

/// Threads of the engine.
const THREADS: usize = 2;

/// Answers the question that comes by the standard input.
pub async fn run() -> anyhow::Result<ExitCode> {
    guard::offer();
    let given = tokio::task::spawn_blocking(read);
    let (job, live) = given.await??;
    guard::watch(Bounds {
        memory: job.memory,
        parent: job.parent,
        folder: job.spill_dir.clone(),
    })?;
    let threads = OwnThreads::new("sql", THREADS)?;
    let answered = threads.spawn(answer(job, live));
    let answered = answered.context("the threads have ended")?.await;
    if answered.is_err() {
        // Of what has no bound of its own, such as a text of gigabytes, the engine panics.
        let why = "the engine has given up; ask for less at once";
        let failed = Frame::Failed(AskError::TooMuch(why.into()));
        frames::write(&mut tokio::io::stdout(), &failed).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read() -> anyhow::Result<(Job, Live)> {
    let mut from = BufReader::new(io::stdin().lock());
    let job = Job::read(&mut from)?;
    Ok((job, Live::read(from)?))
}

async fn answer(job: Job, live: Live) {
    let mut out = tokio::io::stdout();
    let end = match rows(job, live, &mut out).await {
        Ok(()) => Frame::End,
        Err(error) => Frame::Failed(error),
    };
    // Whoever does not read any more has hung up.
    let _ = frames::write(&mut out, &end).await;
}

async fn rows(job: Job, live: Live, out: &mut tokio::io::Stdout) -> Result<(), AskError> {
    let failed = |error: &dyn std::fmt::Display| AskError::Failed(error.to_string());
    let store = storage::store::open(&job.store_url).map_err(|error| failed(&error))?;
    let memory = usize::try_from(job.memory).unwrap_or(usize::MAX);
    let lake = Lake::open(store, memory, (job.spill, Some(&job.spill_dir)))?;
    let mut written = batch_layer::answer(&lake, job.question, live, job.form).await?;
    while let Some(piece) = written.next().await {
        let sent = frames::write(out, &Frame::Piece(piece?)).await;
        sent.map_err(|error| failed(&error))?;
    }
    Ok(())
}
