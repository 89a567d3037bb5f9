//! `millrace bench`: how fast each part is here. Figures, not verdicts.

mod facts;
mod fill;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use batch_layer::{Local, Mode, RollupDeps};
use catalog::{Change, Link, Scope};
use clap::{Args, Subcommand};
use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream};
use handover::{
    manifests::Manifests,
    raw::{self, LogInfo, Seal},
    segment::{self, Header},
};
use ingest::log::{LocalDisk, Log, LogSettings, ThreadExecutor};
use model::{
    EntityId, EntityKind, Epoch, Event, Hidden, LogId, Record, SegmentNo, Seq, Span, SystemClock,
    random::SystemRandom,
};
use serde_json::Value;
use speed_layer::Folder;
use storage::{
    bell::Bell,
    cells::{LiveCells, MemoryCells},
    env::Env,
    redis_address::RedisSettings,
    store,
};

use super::key;
use crate::{
    config::Options,
    supervise::{self, Role},
    wiring::{self, Base},
};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Bench {
    #[command(subcommand)]
    part: Option<Part>,
    /// How long each measurement takes, roughly.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Also apply cells to this Redis. Its keys are added to: use an empty one.
    #[arg(long)]
    redis: Option<Hidden<String>>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Send a part of the traffic of a large installation: see benches/big.py.
    Fill(fill::Fill),
}

fn line(what: &str, number: f64, unit: &str) {
    println!("{what:<52} {number:>12.0} {unit}");
}

impl Bench {
    pub async fn run(self, options: Options) -> anyhow::Result<ExitCode> {
        if let Some(Part::Fill(fill)) = self.part {
            fill.run(options.settings()?).await?;
            return Ok(ExitCode::SUCCESS);
        }
        let time = Duration::from_secs(self.seconds.clamp(1, 60));
        for writers in [1, 8, 64] {
            appends(writers, time).await?;
        }
        let rules = Arc::new(Rules::new()?);
        fold(&rules, time)?;
        apply(Arc::new(MemoryCells::default()), "memory", &rules, time).await?;
        if let Some(url) = &self.redis {
            let redis = RedisSettings {
                url: url.clone(),
                ca_file: None,
            };
            let cells = wiring::live(Some(&redis)).await?.cells;
            apply(cells, "Redis", &rules, time).await?;
        }
        batch(rules).await?;
        doors(time).await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A made-up event; `n` spreads it over links, hours, agents and visitors.
fn event(n: u64) -> Event {
    const AGENTS: [&str; 3] = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ];
    Event {
        account: n % 10,
        object: n % 1000,
        occurred_ms: 1_790_000_000_000 + (n as i64 % 3600) * 1000,
        user_agent: AGENTS[(n % 3) as usize].into(),
        referrer: "https://news.example/story".into(),
        country: ["DE", "US", "FR", "JP"][(n % 4) as usize].into(),
        visitor: n.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 50_000 + 1,
        ..Event::default()
    }
}

async fn appends(writers: u64, time: Duration) -> anyhow::Result<()> {
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
    line(
        &format!("log: appends, each fsynced, {writers} writers"),
        count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64(),
        "events/s",
    );
    opened.log.finish().await;
    Ok(())
}

fn records(from: Seq, count: u64) -> Vec<Record> {
    (from.0..from.0 + count)
        .map(|seq| Record {
            seq: Seq(seq),
            epoch: Epoch(1),
            event: event(seq),
        })
        .collect()
}

fn fold(rules: &Rules, time: Duration) -> anyhow::Result<()> {
    let mut folder = Folder::new(LogId(1), None, Seq::ZERO);
    let (start, mut seq, mut spent) = (Instant::now(), Seq::ZERO, Duration::ZERO);
    while start.elapsed() < time {
        let batch = records(seq.next(), 5000);
        let begin = Instant::now();
        folder
            .fold(rules, seq, &batch)
            .map_err(|gap| anyhow::anyhow!("gap at {}", gap.missing))?;
        spent += begin.elapsed();
        seq = folder.position();
    }
    line(
        "speed: enrich and fold, one core",
        seq.0 as f64 / spent.as_secs_f64(),
        "events/s",
    );
    Ok(())
}

async fn apply(
    cells: Arc<dyn LiveCells>,
    where_to: &str,
    rules: &Rules,
    time: Duration,
) -> anyhow::Result<()> {
    let mut folder = Folder::new(LogId(1), None, Seq::ZERO);
    let start = Instant::now();
    let (mut seq, mut puts) = (Seq::ZERO, 0u64);
    while start.elapsed() < time {
        let batch = records(seq.next(), 2000);
        folder
            .fold(rules, seq, &batch)
            .map_err(|gap| anyhow::anyhow!("gap at {}", gap.missing))?;
        seq = folder.position();
        let changed = folder.changed().inspect(|_| puts += 1);
        let writes = stream::iter(changed).map(anyhow::Ok);
        writes
            .try_for_each_concurrent(64, |(entity, changed)| {
                let cells = &cells;
                async move { Ok(cells.put(entity, changed).await?) }
            })
            .await?;
        folder.flushed();
    }
    let seconds = start.elapsed().as_secs_f64();
    line(
        &format!("speed: enrich, fold and put cells, {where_to}"),
        seq.0 as f64 / seconds,
        "events/s",
    );
    line(
        &format!("speed: cells put, {where_to}"),
        puts as f64 / seconds,
        "cells/s",
    );
    Ok(())
}

async fn batch(rules: Arc<Rules>) -> anyhow::Result<()> {
    const EVENTS: u64 = 500_000;
    const SEGMENT: u64 = 50_000;
    let folder = tempfile::tempdir()?;
    let store = store::open(&format!("file://{}", folder.path().display()))?;
    let (log, mut hash) = (LogId(1), [0; 32]);
    let info = LogInfo::new(log);
    raw::register_log(&store, &info).await?;
    for number in 1..=EVENTS / SEGMENT {
        let previous_seq = Seq((number - 1) * SEGMENT);
        let header = Header {
            log,
            number: SegmentNo(number),
            epoch: Epoch(1),
            first_seq: previous_seq.next(),
            previous_seq,
            previous_hash: hash,
        };
        let (bytes, footer) = segment::build(&header, &records(previous_seq.next(), SEGMENT));
        hash = footer.hash;
        raw::put_segment(&store, log, SegmentNo(number), &bytes).await?;
    }
    raw::put_seal(
        &store,
        &Seal {
            log,
            epoch: Epoch(1),
            segments: Span::from((SegmentNo::FIRST, SegmentNo(EVENTS / SEGMENT))),
            seqs: Span::from((Seq::FIRST, Seq(EVENTS))),
            count: EVENTS,
        },
    )
    .await?;
    let deps = RollupDeps {
        manifests: Manifests::new(Arc::clone(&store)),
        env: Env {
            store,
            bell: Bell::default(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        },
        rules,
        engine: Arc::new(Local),
        limits: batch_layer::Limits::default(),
    };
    let start = Instant::now();
    batch_layer::run(&deps, Mode::Incremental).await?;
    line(
        "batch: raw to all views",
        EVENTS as f64 / start.elapsed().as_secs_f64(),
        "events/s",
    );
    Ok(())
}

/// Redirects and answers over HTTP, client and server on the same cores.
async fn doors(time: Duration) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let free = || -> anyhow::Result<_> {
        Ok(Some(
            std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?,
        ))
    };
    let options = Options {
        data_dir: Some(folder.path().to_owned()),
        collect_addr: free()?,
        api_addr: free()?,
        ..Options::default()
    };
    let running = supervise::start(options.settings()?, &Role::ALL).await?;
    let parts = Arc::clone(&running.parts);
    let base = Base {
        env: parts.env.clone(),
        limits: parts.settings.batch.clone(),
    };
    let (account, secret) = key::create(&base, None, "bench", &[Scope::Read, Scope::Write]).await?;
    let link = Link {
        id: EntityId::new(EntityKind::Link, 1),
        account,
        slug: "hot".into(),
        destination: "https://example.com/".into(),
        campaign: None,
        tags: [].into(),
        title: None,
        pass_query: false,
        append_click_id: false,
        expires_ms: None,
        created_ms: parts.env.clock.now_ms(),
        deleted: false,
    };
    parts
        .catalog
        .commit(|_| Ok(vec![Change::PutLink(link.clone())]))
        .await?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let url = format!("http://{}/hot", parts.settings.collect_addr);
    let mut times = hammer(&client, &url, "", 64, time).await?;
    line(
        "redirects, each fsynced, 64 clients, same cores",
        times.len() as f64 / time.as_secs_f64(),
        "redirects/s",
    );
    percentiles("redirect", &mut times);
    let url = format!(
        "http://{}/v1/stats?range=24h&interval=hour&link=hot",
        parts.settings.api_addr
    );
    let mut times = hammer(&client, &url, &secret, 1, time).await?;
    percentiles("stats: one link, 24 h by hour, live", &mut times);
    let visible = visible(&client, &parts.settings, &secret).await?;
    line(
        "click to visible in /v1/stats, idle",
        visible.as_micros() as f64,
        "µs",
    );
    running.end().await
}

async fn hammer(
    client: &reqwest::Client,
    url: &str,
    key: &str,
    clients: usize,
    time: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let start = Instant::now();
    let work = (0..clients).map(|_| async {
        let mut times = Vec::new();
        while start.elapsed() < time {
            let begin = Instant::now();
            let status = client.get(url).bearer_auth(key).send().await?.status();
            anyhow::ensure!(
                status.is_success() || status.is_redirection(),
                "{url} answered {status}"
            );
            times.push(begin.elapsed());
        }
        anyhow::Ok(times)
    });
    let all: Vec<Vec<Duration>> = stream::iter(work)
        .buffer_unordered(clients)
        .try_collect()
        .await?;
    Ok(all.into_iter().flatten().collect())
}

fn percentiles(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    for share in [50, 99] {
        if let Some(time) =
            times.get((times.len() * share / 100).min(times.len().saturating_sub(1)))
        {
            line(&format!("{what}: p{share}"), time.as_micros() as f64, "µs");
        }
    }
}

async fn visible(
    client: &reqwest::Client,
    settings: &crate::config::Settings,
    key: &str,
) -> anyhow::Result<Duration> {
    let stats = format!(
        "http://{}/v1/stats?range=24h&exclude_bots=false&link=hot",
        settings.api_addr
    );
    let count = || async {
        let answer: Value = client
            .get(&stats)
            .bearer_auth(key)
            .send()
            .await?
            .json()
            .await?;
        answer["totals"]["clicks"].as_u64().context("no count")
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut before = count().await?;
    // Until everything that was hammered in has arrived.
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = count().await?;
        if now == before || Instant::now() > deadline {
            break;
        }
        before = now;
    }
    let start = Instant::now();
    client
        .get(format!("http://{}/hot", settings.collect_addr))
        .send()
        .await?;
    while count().await? == before && Instant::now() < deadline {}
    Ok(start.elapsed())
}
