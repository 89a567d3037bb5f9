//! A client of the collector's `POST /v1/events`, for replays.

use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

/// Events in one request.
const BATCH: usize = 1000;
/// Tries of one request that was answered 5xx or not at all.
const TRIES: u32 = 8;

/// What a replay did.
#[derive(Debug, Default)]
pub struct Totals {
    pub accepted: AtomicU64,
    pub duplicates: AtomicU64,
    pub rejected: AtomicU64,
    /// The first few refusals, to be shown.
    pub examples: Mutex<Vec<String>>,
}

/// Where and how events are sent.
pub struct Target {
    pub url: String,
    pub key: String,
    /// Requests under way at once.
    pub streams: usize,
    /// Events a second at most; 0: as fast as it goes.
    pub rate: u64,
}

/// Sends `lines` (JSON texts) and tells what became of them. Every line carries an idempotency
/// key or is sent once: a request is only repeated when the collector has said that it took
/// nothing.
pub async fn send(
    target: Arc<Target>,
    lines: impl Iterator<Item = anyhow::Result<String>>,
    mut tick: impl FnMut(u64),
) -> anyhow::Result<Arc<Totals>> {
    let totals = Arc::new(Totals::default());
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(60))
        .build()?;
    let (sender, receiver) = mpsc::channel::<Vec<String>>(target.streams);
    let receiver = Arc::new(Mutex::new(receiver));
    let workers: Vec<_> = (0..target.streams.max(1))
        .map(|_| {
            tokio::spawn(work(
                client.clone(),
                Arc::clone(&target),
                Arc::clone(&receiver),
                Arc::clone(&totals),
            ))
        })
        .collect();
    drop(receiver);
    let start = Instant::now();
    let (mut sent, mut batch) = (0u64, Vec::new());
    let size = if target.rate > 0 {
        (target.rate as usize / 10).clamp(1, BATCH)
    } else {
        BATCH
    };
    for line in lines {
        batch.push(line?);
        if batch.len() == size {
            sent += batch.len() as u64;
            // A worker that failed has closed the channel: its error comes below.
            if sender.send(std::mem::take(&mut batch)).await.is_err() {
                break;
            }
            tick(sent);
            pace(start, sent, target.rate).await;
        }
    }
    if !batch.is_empty() {
        sent += batch.len() as u64;
        let _ = sender.send(batch).await;
        tick(sent);
    }
    drop(sender);
    for worker in workers {
        worker.await.context("a stream of the replay failed")??;
    }
    Ok(totals)
}

async fn pace(start: Instant, sent: u64, rate: u64) {
    if rate > 0 {
        let due = Duration::from_secs_f64(sent as f64 / rate as f64);
        tokio::time::sleep(due.saturating_sub(start.elapsed())).await;
    }
}

async fn work(
    client: reqwest::Client,
    target: Arc<Target>,
    batches: Arc<Mutex<mpsc::Receiver<Vec<String>>>>,
    totals: Arc<Totals>,
) -> anyhow::Result<()> {
    loop {
        let Some(batch) = batches.lock().await.recv().await else {
            return Ok(());
        };
        let answer = post(&client, &target, &batch).await?;
        let count = |name: &str| answer[name].as_u64().unwrap_or(0);
        totals
            .accepted
            .fetch_add(count("accepted"), Ordering::Relaxed);
        totals
            .duplicates
            .fetch_add(count("duplicates"), Ordering::Relaxed);
        let rejected = answer["rejected"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        totals
            .rejected
            .fetch_add(rejected.len() as u64, Ordering::Relaxed);
        let mut examples = totals.examples.lock().await;
        for refusal in rejected.iter().take(5usize.saturating_sub(examples.len())) {
            examples.push(format!(
                "{}: {}",
                refusal["code"].as_str().unwrap_or("?"),
                refusal["detail"].as_str().unwrap_or("?")
            ));
        }
    }
}

async fn post(
    client: &reqwest::Client,
    target: &Target,
    batch: &[String],
) -> anyhow::Result<Value> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for line in batch {
        packer.write_all(line.as_bytes())?;
        packer.write_all(b"\n")?;
    }
    let body = packer.finish()?;
    let url = format!("{}/v1/events", target.url.trim_end_matches('/'));
    for attempt in 0..TRIES {
        let request = client
            .post(&url)
            .bearer_auth(&target.key)
            .header("content-encoding", "gzip")
            .header("content-type", "application/x-ndjson");
        let response = request
            .body(body.clone())
            .send()
            .await
            .with_context(|| format!("cannot reach {url}"))?;
        let status = response.status();
        let text = response
            .text()
            .await
            .context("the collector's answer cannot be read")?;
        if status.is_success() {
            return serde_json::from_str(&text).context("the collector's answer is not JSON");
        }
        if status != reqwest::StatusCode::SERVICE_UNAVAILABLE {
            bail!("the collector answered {status}: {text}");
        }
        // 503 says that nothing of this request was recorded.
        tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
    }
    bail!("the collector was not able to record events, {TRIES} times in a row")
}
