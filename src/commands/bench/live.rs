//! From the door to what is seen: intake, and how soon a click is counted.

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    events::{AGENTS, lines},
    report::{Report, Row, percentile},
    site::{LINKS, Site},
};

/// Events that are sent at once, and in one request.
const EVENTS: u64 = 500_000;
const BATCH: u64 = 2_000;
/// Requests under way.
const SENDERS: usize = 4;
/// Requests a second of the background.
const BEATS: u64 = 50;
/// How long anything may take to be seen.
const LIMIT: Duration = Duration::from_secs(120);

/// Events through `/v1/events`, and when all of them are live.
pub(super) async fn intake(report: &mut Report, site: &Site, now_ms: i64) -> anyhow::Result<()> {
    let bodies: Vec<String> = (0..EVENTS / BATCH)
        .map(|n| lines(n * BATCH, BATCH, LINKS, now_ms))
        .collect();
    let before = site.clicks("").await?;
    let begin = Instant::now();
    let sends = stream::iter(bodies)
        .map(|body| site.send(body))
        .buffer_unordered(SENDERS);
    let taken: u64 = sends
        .try_fold(0, |all, n| async move { Ok(all + n) })
        .await?;
    let sent = begin.elapsed();
    ensure!(taken == EVENTS, "{taken} of {EVENTS} events were taken");
    while site.clicks("").await? < before + EVENTS {
        ensure!(
            begin.elapsed() < LIMIT,
            "not all of {EVENTS} events are live after {LIMIT:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rate = EVENTS as f64 / sent.as_secs_f64();
    report.add(Row::new("/v1/events: taken, durable", rate, "events/s").at_least(200_000.0));
    let live = (begin.elapsed() - sent).as_secs_f64();
    report.add(Row::new("/v1/events: until all 500,000 are live", live, "s").at_most(2.0));
    Ok(())
}

/// How long a click takes until it is counted while others come at `rate` a second; p50 and p99.
pub(super) async fn visible(
    report: &mut Report,
    site: &Site,
    rate: u64,
    goal_ms: f64,
    time: Duration,
) -> anyhow::Result<()> {
    let probes = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        probes(site, time).await
    };
    let mut times = tokio::select! {
        times = probes => times?,
        failed = background(site, rate) => return failed,
    };
    let what = format!("click to visible at {rate} events/s");
    report.add(Row::new(
        format!("{what}: p50"),
        percentile(&mut times, 50) / 1e3,
        "ms",
    ));
    let p99 = Row::new(
        format!("{what}: p99"),
        percentile(&mut times, 99) / 1e3,
        "ms",
    );
    report.add(p99.at_most(goal_ms));
    Ok(())
}

/// Sends at that rate until it is dropped.
async fn background(site: &Site, rate: u64) -> anyhow::Result<()> {
    let mut beat = tokio::time::interval(Duration::from_secs(1) / BEATS as u32);
    let count = rate / BEATS;
    for n in 0.. {
        beat.tick().await;
        let body = lines(n * count, count, LINKS, now_ms());
        let taken = site.send(body).await?;
        ensure!(taken == count, "{taken} of {count} events were taken");
    }
    Ok(())
}

async fn probes(site: &Site, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    let probe = "&link=probe";
    let mut seen = site.clicks(probe).await?;
    while begin.elapsed() < time {
        let clicked = Instant::now();
        let click = site.client.get(format!("{}/probe", site.collect));
        let answer = click.header("user-agent", AGENTS[0]).send().await?;
        ensure!(
            answer.status().is_redirection(),
            "a redirect was answered {}",
            answer.status()
        );
        seen += 1;
        while site.clicks(probe).await? < seen {
            ensure!(
                clicked.elapsed() < LIMIT,
                "a click is not seen after {LIMIT:?}"
            );
        }
        times.push(clicked.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(times)
}

/// Times of one question, asked again and again.
pub(super) async fn questions(
    report: &mut Report,
    site: &Site,
    time: Duration,
) -> anyhow::Result<()> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while begin.elapsed() < time {
        let asked = Instant::now();
        site.ask("/v1/stats?range=24h&interval=hour&link=hot")
            .await?;
        times.push(asked.elapsed());
    }
    for share in [50, 99] {
        let figure = percentile(&mut times, share);
        report.add(Row::new(
            format!("stats: one link, 24 h by hour, live: p{share}"),
            figure,
            "µs",
        ));
    }
    Ok(())
}

pub(super) fn now_ms() -> i64 {
    use model::Clock;
    model::SystemClock.now_ms()
}
