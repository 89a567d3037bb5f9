//! `millrace bench fill`: a part of the traffic of a large installation, sent to its collector.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use catalog::{Account, AccountSettings, ApiKey, Catalog, Change, Goal, Link, Scope};
use clap::Args;
use futures::{StreamExt, TryStreamExt, stream};
use model::{EntityId, EntityKind, random::hash_secret};
use serde_json::{Value, json};
use testdata::traffic::{Hit, Size, Traffic};

use super::facts;
use crate::{config::Settings, wiring::Base};

/// The traffic is the same each time.
const SEED: u64 = 0x4d69_6c6c_7261_6365;
/// Events in one request.
const BATCH: usize = 2_000;
/// Changes in one commit of the catalog.
const CHANGES: usize = 10_000;
/// Tries of a request while the collector says that it is full.
const TRIES: u32 = 1_000;

#[derive(Debug, Args)]
pub struct Fill {
    /// Events of the whole traffic
    #[arg(long, default_value_t = 50_000_000)]
    events: u64,
    /// Accounts; their keys are made by --prepare
    #[arg(long, default_value_t = 100_000)]
    accounts: u32,
    /// Links of all accounts, about
    #[arg(long, default_value_t = 1_000_000)]
    links: u32,
    /// Days that the traffic is spread over
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// When the traffic begins, unix milliseconds
    #[arg(long)]
    start_ms: i64,
    /// Make accounts, keys, links and goals, and send nothing
    #[arg(long)]
    prepare: bool,
    /// The first event to send
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// The event to stop before [default: the end]
    #[arg(long)]
    upto: Option<u64>,
    /// The collector
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    to: String,
    /// Requests under way at once
    #[arg(long, default_value_t = 64)]
    streams: usize,
    /// Also write what was sent to this Parquet file
    #[arg(long)]
    facts: Option<PathBuf>,
}

/// The key of an account: made up, so that each part of the traffic finds it again.
fn secret(account: u32) -> String {
    format!("mr_bench_{account:040}")
}

fn id(kind: EntityKind, n: u32) -> EntityId {
    EntityId::new(kind, u64::from(n) + 1)
}

impl Fill {
    pub async fn run(self, settings: Settings) -> anyhow::Result<()> {
        let size = Size {
            events: self.events,
            accounts: self.accounts,
            links: self.links,
            days: self.days,
            start_ms: self.start_ms,
        };
        ensure!(
            size.accounts > 0 && size.days > 0,
            "an account and a day are needed"
        );
        let traffic = Arc::new(Traffic::new(SEED, size));
        let begin = Instant::now();
        if self.prepare {
            let catalog = Base::open(&settings)?.catalog().await?;
            prepare(&catalog, &traffic, &size).await?;
            let seconds = begin.elapsed().as_secs_f64();
            println!(
                "{}",
                json!({"accounts": size.accounts, "links": traffic.links(), "seconds": seconds})
            );
            return Ok(());
        }
        let range = self.from..self.upto.unwrap_or(self.events);
        if let Some(path) = &self.facts {
            facts::write(path, &traffic, range.clone())?;
        }
        let requests = requests(&traffic, range);
        let begin = Instant::now();
        let (count, accepted) = self.send(&traffic, requests).await?;
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{}",
            json!({"requests": count, "accepted": accepted, "seconds": seconds})
        );
        Ok(())
    }

    async fn send(
        &self,
        traffic: &Arc<Traffic>,
        requests: Vec<Vec<Hit>>,
    ) -> anyhow::Result<(usize, u64)> {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .build()?;
        let url = format!("{}/v1/events", self.to);
        let count = requests.len();
        let sent = requests.into_iter().map(|hits| {
            let (client, url, traffic) = (client.clone(), url.clone(), Arc::clone(traffic));
            async move { tokio::spawn(send(client, url, traffic, hits)).await? }
        });
        let mut sent = stream::iter(sent).buffer_unordered(self.streams.max(1));
        let mut accepted = 0;
        while let Some(n) = sent.try_next().await? {
            accepted += n;
        }
        Ok((count, accepted))
    }
}

/// Everything that events refer to.
async fn prepare(catalog: &Catalog, traffic: &Traffic, size: &Size) -> anyhow::Result<()> {
    let created_ms = size.start_ms;
    let changes = (0..size.accounts).flat_map(|n| {
        let account = id(EntityKind::Account, n);
        let new = Account {
            id: account,
            name: format!("account {n}").into(),
            created_ms,
            settings: AccountSettings::default(),
            plan: None,
            quotas: Box::default(),
            suspended: None,
        };
        let key = ApiKey {
            id: format!("key_bench_{n}").into(),
            account,
            hash: hash_secret(&secret(n)).as_str().into(),
            name: "bench".into(),
            scopes: vec![Scope::Read, Scope::Write],
            created_ms,
            expires_ms: None,
            replaced: None,
            revoked: false,
        };
        let goal = Goal {
            id: id(EntityKind::Goal, n),
            account,
            name: "sale".into(),
            options: None,
            currency: Some("EUR".into()),
            campaign: None,
            tags: [].into(),
            created_ms,
            deleted: false,
        };
        let links = traffic
            .links_of(n)
            .map(move |link| Change::PutLink(self::link(account, link, created_ms)));
        let first = [
            Change::PutAccount(new),
            Change::PutKey(key),
            Change::PutGoal(goal),
        ];
        first.into_iter().chain(links)
    });
    let mut changes = changes.peekable();
    while changes.peek().is_some() {
        let some: Vec<Change> = changes.by_ref().take(CHANGES).collect();
        catalog.commit(|_| Ok(some.clone())).await?;
    }
    Ok(())
}

fn link(account: EntityId, n: u32, created_ms: i64) -> Link {
    Link {
        id: id(EntityKind::Link, n),
        account,
        slug: format!("l{n}").into(),
        destination: "https://example.com/landing".into(),
        campaign: None,
        tags: [].into(),
        title: None,
        pass_query: false,
        append_click_id: false,
        expires_ms: None,
        options: None,
        created_ms,
        deleted: false,
    }
}

/// The events of each request: those of one account.
fn requests(traffic: &Traffic, range: std::ops::Range<u64>) -> Vec<Vec<Hit>> {
    let mut hits: Vec<(u64, Hit)> = range.map(|n| (n, traffic.hit(n))).collect();
    hits.sort_unstable_by_key(|(n, hit)| (hit.account, *n));
    let mut requests: Vec<(u64, Vec<Hit>)> = hits
        .chunk_by(|(_, a), (_, b)| a.account == b.account)
        .flat_map(|hits| hits.chunks(BATCH))
        .map(|hits| (hits[0].0, hits.iter().map(|(_, hit)| *hit).collect()))
        .collect();
    // In the order of time, as they would come.
    requests.sort_unstable_by_key(|(first, _)| *first);
    requests.into_iter().map(|(_, hits)| hits).collect()
}

/// Sends a request, again as long as the collector says that it took nothing.
async fn send(
    client: reqwest::Client,
    url: String,
    traffic: Arc<Traffic>,
    hits: Vec<Hit>,
) -> anyhow::Result<u64> {
    let mut body = Vec::with_capacity(hits.len() * 256);
    hits.iter().for_each(|hit| traffic.line(hit, &mut body));
    let body = bytes::Bytes::from(body);
    let account = hits.first().context("a request without events")?.account;
    for _ in 0..TRIES {
        let request = client.post(&url).bearer_auth(secret(account));
        let request = request.header("content-type", "application/x-ndjson");
        let answer = request.body(body.clone()).send().await?;
        let status = answer.status();
        if status.as_u16() == 503 || status.as_u16() == 429 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        }
        let answer: Value = answer.json().await?;
        let accepted = answer["accepted"].as_u64().unwrap_or_default();
        ensure!(
            status.is_success() && accepted == hits.len() as u64,
            "account {account} was answered {status}: {answer}"
        );
        return Ok(accepted);
    }
    bail!("the collector has taken nothing for {TRIES} tries")
}
