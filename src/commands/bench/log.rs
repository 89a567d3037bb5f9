//! The log, and what its disk can do.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use ingest::log::{LocalDisk, Log, LogSettings, ThreadExecutor};
use model::LogId;
use storage::blocking;

use super::{
    events::event,
    report::{Report, Row, percentile},
};

/// Bytes of a write that is synced.
const WRITE: usize = 8 << 10;
/// So many are timed.
const SYNCS: usize = 400;

/// Syncs into a file that grows, into one that is there already, and those of the log. Gives the second, microseconds.
pub(super) async fn syncs(report: &mut Report) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let (appended, written_over) = raw_syncs(folder.path()).context("syncs on this disk")?;
    report.add(Row::new("sync of 8 KiB, appended: p50", appended, "µs"));
    report.add(Row::new(
        "sync of 8 KiB into a pre-written file: p50",
        written_over,
        "µs",
    ));
    let opened = open(&folder.path().join("log"))?;
    let shared = opened.log.shared().clone();
    blocking::run(move || {
        while shared.prepare_spare() {}
        Ok(())
    })
    .await?;
    let mut times = Vec::new();
    for n in 0..SYNCS as u64 {
        let mut event = event(n);
        event.referrer = noise(n, WRITE - 200);
        let begin = Instant::now();
        opened.log.append(vec![event], 600).await?;
        times.push(begin.elapsed());
    }
    opened.log.finish().await;
    // The first segment may be new; those after it are written over spare files, as all are later.
    let steady = &mut times[SYNCS / 2..];
    let row = Row::new(
        "an append of 8 KiB to the log: p50",
        percentile(steady, 50),
        "µs",
    );
    report.add(row.beside("a pre-written file", written_over).at_most(1.1));
    Ok(written_over)
}

fn raw_syncs(folder: &Path) -> std::io::Result<(f64, f64)> {
    let block = vec![0xA5; WRITE];
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("grows"))?;
    let mut appended = Vec::new();
    for _ in 0..SYNCS {
        let begin = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        appended.push(begin.elapsed());
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(folder.join("written"))?;
    file.write_all_at(&vec![0; SYNCS * WRITE], 0)?;
    file.sync_all()?;
    let mut written_over = Vec::new();
    for n in 0..SYNCS {
        let begin = Instant::now();
        file.write_all_at(&block, (n * WRITE) as u64)?;
        file.sync_data()?;
        written_over.push(begin.elapsed());
    }
    Ok((
        percentile(&mut appended, 50),
        percentile(&mut written_over, 50),
    ))
}

/// Text that does not compress.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed + 1;
    let mut text = String::with_capacity(bytes);
    while text.len() < bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("{state:016x}"));
    }
    text
}

fn open(folder: &Path) -> anyhow::Result<ingest::log::Opened> {
    std::fs::create_dir_all(folder)?;
    let disk = Arc::new(LocalDisk::open(folder)?);
    Ok(Log::open(
        disk,
        &ThreadExecutor,
        LogSettings::default(),
        LogId(1),
    )?)
}

pub(super) async fn appends(
    report: &mut Report,
    writers: u64,
    time: Duration,
) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let opened = Log::open(
        Arc::new(LocalDisk::open(folder.path())?),
        &ThreadExecutor,
        LogSettings::default(),
        LogId(1),
    )?;
    let (start, count) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let tasks = (0..writers).map(|w| {
        let (log, count) = (opened.log.clone(), Arc::clone(&count));
        tokio::spawn(async move {
            let mut n = w;
            while start.elapsed() < time {
                log.append(vec![event(n)], 600).await?;
                count.fetch_add(1, Ordering::Relaxed);
                n += writers;
            }
            anyhow::Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    let rate = count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    let what = format!("log: appends, each synced, {writers} writers");
    report.add(Row::new(what, rate, "events/s"));
    opened.log.finish().await;
    Ok(())
}
