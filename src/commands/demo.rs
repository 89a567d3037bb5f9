//! `millrace demo`: everything at once, with two weeks of sample traffic.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use catalog::Scope;
use clap::Args;
use serde_json::{Value, json};
use testdata::expected::{Counts, Expected};

use super::key;
use crate::{
    client::{self, Target},
    config::Options,
    supervise::{self, Role, Running},
    wiring::Base,
};

/// How long the live numbers may take to hold everything that was replayed.
const LIVE_LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
pub struct Demo {
    /// Folder to keep everything in; without it a temporary one, deleted at the end.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Compare all counts with the expected ones, live and settled, and end: 0 if they agree.
    #[arg(long)]
    check: bool,
}

impl Demo {
    pub async fn run(self, options: Options) -> anyhow::Result<ExitCode> {
        let temporary = match &self.dir {
            None => Some(tempfile::tempdir().context("a temporary folder cannot be made")?),
            Some(_) => None,
        };
        let folder = temporary
            .as_ref()
            .map(|t| t.path().to_owned())
            .or(self.dir.clone())
            .unwrap_or_default();
        if folder.join("log").exists() {
            bail!(
                "{} holds a demo already; give an empty folder, or run `millrace up --data-dir {}`",
                folder.display(),
                folder.display()
            );
        }
        let settings = Options {
            data_dir: Some(folder),
            collect_addr: Some(free(options.collect_addr, 8080)?),
            api_addr: Some(free(options.api_addr, 8081)?),
            ..options
        };
        let mut running = supervise::start(settings.settings()?, &Role::ALL).await?;
        let shown = self.show(&running).await;
        if !self.check && shown.is_ok() {
            println!("\nStill running; Ctrl-C ends it.");
            running.until_told().await?;
        }
        running.end().await?;
        shown.map(|agrees| {
            if agrees {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        })
    }

    async fn show(&self, running: &Running) -> anyhow::Result<bool> {
        let visitor = Visitor::new(running).await?;
        println!(
            "Sample account {} is set up: links, pixels, goals, campaigns.",
            visitor.account
        );
        visitor.create_objects().await?;
        let start = Instant::now();
        let sent = visitor.replay().await?;
        println!(
            "Replayed {sent} events in {:.1} s, each on disk before it was acknowledged.",
            start.elapsed().as_secs_f64()
        );
        let expected: Expected = serde_json::from_slice(testdata::EXPECTED)?;
        let live = visitor.wait_for_all(expected.events).await?;
        println!(
            "\nLive, {} s after the first event:",
            start.elapsed().as_secs()
        );
        print_totals(&live);
        let mut agrees = !self.check || visitor.check("live", &expected).await?;
        let run = visitor
            .post_operator("/v1/jobs/rollup/runs?close_epochs=true&wait=true")
            .await?;
        println!("\nA batch has ground everything: {}", run["run"]["detail"]);
        let settled = visitor.totals().await?;
        print_totals(&settled);
        if self.check {
            agrees &= visitor.check("settled", &expected).await?;
            println!(
                "{}",
                if agrees {
                    "\nAll counts are as expected."
                } else {
                    "\nCounts DIFFER from the expected ones."
                }
            );
        } else {
            visitor
                .post_operator("/v1/jobs/forecast/runs?wait=true")
                .await?;
            visitor.print_addresses(running);
        }
        std::io::stdout().flush()?;
        Ok(agrees)
    }
}

/// The usual port, or any free one if it is taken and none was asked for.
fn free(asked: Option<SocketAddr>, usual: u16) -> anyhow::Result<SocketAddr> {
    if let Some(address) = asked {
        return Ok(address);
    }
    let bound =
        TcpListener::bind(("127.0.0.1", usual)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)));
    Ok(bound.and_then(|l| l.local_addr())?)
}

/// Somebody who uses the demo over HTTP, as any client would.
struct Visitor {
    account: String,
    key: String,
    operator: String,
    api: String,
    collector: String,
    client: reqwest::Client,
}

impl Visitor {
    async fn new(running: &Running) -> anyhow::Result<Self> {
        let parts = &running.parts;
        let base = Base {
            store: Arc::clone(&parts.store),
            clock: Arc::clone(&parts.clock),
            random: Arc::clone(&parts.random),
        };
        let (account, key) = key::create(
            &base,
            None,
            "demo",
            &[Scope::Read, Scope::Write, Scope::Admin],
        )
        .await?;
        // The doors take the key in at their next look; these are the same process's eyes.
        parts.catalog.follow().await?;
        Ok(Self {
            account: account.to_string(),
            key,
            operator: parts.settings.admin_token(String::new)?,
            api: format!("http://{}", parts.settings.api_addr),
            collector: format!("http://{}", parts.settings.collect_addr),
            client: reqwest::Client::builder()
                .timeout(Duration::from_secs(300))
                .build()?,
        })
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let response = self
            .client
            .get(format!("{}{path}", self.api))
            .bearer_auth(&self.key)
            .send()
            .await?;
        answer(path, response).await
    }

    async fn post_operator(&self, path: &str) -> anyhow::Result<Value> {
        let response = self
            .client
            .post(format!("{}{path}", self.api))
            .bearer_auth(&self.operator)
            .send()
            .await?;
        answer(path, response).await
    }

    async fn create_objects(&self) -> anyhow::Result<()> {
        let kinds = [
            ("/v1/campaigns", testdata::CAMPAIGNS),
            ("/v1/links", testdata::LINKS),
            ("/v1/pixels", testdata::PIXELS),
            ("/v1/goals", testdata::GOALS),
        ];
        for (path, bodies) in kinds {
            for body in serde_json::from_slice::<Vec<Value>>(bodies)? {
                let response = self
                    .client
                    .post(format!("{}{path}", self.api))
                    .bearer_auth(&self.key)
                    .json(&body)
                    .send()
                    .await?;
                answer(path, response).await?;
            }
        }
        Ok(())
    }

    async fn replay(&self) -> anyhow::Result<u64> {
        let lines = testdata::events().map(|event| Ok(serde_json::to_string(&event?)?));
        let target = Target {
            url: self.collector.clone(),
            key: self.key.clone(),
            streams: 4,
            rate: 0,
        };
        let totals = client::send(Arc::new(target), lines, |_| {}).await?;
        if totals.rejected.load(Ordering::Relaxed) > 0 {
            bail!("events were rejected: {:?}", totals.examples.lock().await);
        }
        Ok(totals.accepted.load(Ordering::Relaxed))
    }

    fn range() -> String {
        let time = |ms| model::time::rfc3339(ms);
        format!(
            "start={}&end={}",
            time(testdata::START_MS),
            time(testdata::END_MS)
        )
    }

    async fn totals(&self) -> anyhow::Result<Value> {
        self.get(&format!(
            "/v1/stats?metrics=clicks,bot_clicks,views,conversions,value,unique_visitors&{}",
            Self::range()
        ))
        .await
    }

    /// Waits until the live numbers hold every event.
    async fn wait_for_all(&self, events: u64) -> anyhow::Result<Value> {
        let start = Instant::now();
        loop {
            let answer = self.totals().await?;
            let counted: u64 = ["clicks", "bot_clicks", "views", "conversions"]
                .iter()
                .filter_map(|m| answer["totals"][m].as_u64())
                .sum();
            if counted == events && answer["meta"]["complete"] == json!(true) {
                return Ok(answer);
            }
            if start.elapsed() > LIVE_LIMIT {
                bail!(
                    "{counted} of {events} events are counted after {} s: {}",
                    LIVE_LIMIT.as_secs(),
                    answer["meta"]
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn check(&self, part: &str, expected: &Expected) -> anyhow::Result<bool> {
        let range = Self::range();
        let metrics = "metrics=clicks,bot_clicks,views,conversions";
        let mut check = Check {
            part: part.to_owned(),
            agrees: true,
        };
        let totals = self.totals().await?;
        check.row("totals", "", &expected.totals, &totals["totals"]);
        check.value(
            "value",
            json!(expected.totals.value),
            &totals["totals"]["value"],
        );
        if totals["meta"]["exact"]["unique_visitors"] == json!(true) {
            check.value(
                "unique visitors",
                json!(expected.totals.unique_visitors),
                &totals["totals"]["unique_visitors"],
            );
        }
        let by = [
            ("by_day", "interval=day", "time"),
            ("by_hour", "interval=hour", "time"),
            ("by_country", "group_by=country", "country"),
            ("by_link", "group_by=link&limit=10000", "slug"),
        ];
        for (name, how, field) in by {
            let answer = self
                .get(&format!("/v1/stats?{metrics}&{range}&{how}"))
                .await?;
            let groups = match name {
                "by_day" => &expected.by_day,
                "by_hour" => &expected.by_hour,
                "by_country" => &expected.by_country,
                _ => &expected.by_link,
            };
            check.groups(name, groups, &answer, field);
        }
        Ok(check.agrees)
    }

    fn print_addresses(&self, running: &Running) {
        let slug = serde_json::from_slice::<Vec<Value>>(testdata::LINKS)
            .ok()
            .and_then(|l| l.first().map(|l| l["slug"].clone()));
        println!("\nDashboard   {}/   (sign in with the key below)", self.api);
        println!("Key         {}", self.key);
        println!(
            "A link      {}/{}",
            self.collector,
            slug.and_then(|s| s.as_str().map(str::to_owned))
                .unwrap_or_default()
        );
        println!(
            "Numbers     curl -H 'Authorization: Bearer {}' '{}/v1/stats?range=30d&interval=day'",
            self.key, self.api
        );
        println!("Data        {}", running.parts.settings.data_dir.display());
    }
}

async fn answer(path: &str, response: reqwest::Response) -> anyhow::Result<Value> {
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{path} answered {status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}

fn print_totals(answer: &Value) {
    let (totals, meta) = (&answer["totals"], &answer["meta"]);
    println!(
        "  clicks {}   by bots {}   views {}   conversions {}   value {} EUR",
        totals["clicks"],
        totals["bot_clicks"],
        totals["views"],
        totals["conversions"],
        totals["value"].as_str().unwrap_or("?")
    );
    println!(
        "  unique visitors {} (exact: {})",
        totals["unique_visitors"], meta["exact"]["unique_visitors"]
    );
    println!(
        "  settled {}   live {}   complete {}   manifest {}",
        meta["settled"]["clicks"], meta["live"]["clicks"], meta["complete"], meta["manifest"]
    );
}

/// A comparison, printed row by row where it fails and in one line where it agrees.
struct Check {
    part: String,
    agrees: bool,
}

impl Check {
    fn value(&mut self, what: &str, expected: Value, got: &Value) {
        if expected != *got {
            println!("  {}: {what}: expected {expected}, got {got}", self.part);
            self.agrees = false;
        }
    }

    fn row(&mut self, what: &str, group: &str, expected: &Counts, got: &Value) {
        let numbers = [
            ("clicks", expected.clicks),
            ("bot_clicks", expected.bot_clicks),
            ("views", expected.views),
            ("conversions", expected.conversions),
        ];
        for (metric, number) in numbers {
            self.value(
                &format!("{what} {group} {metric}"),
                json!(number),
                &got[metric],
            );
        }
    }

    fn groups(
        &mut self,
        what: &str,
        expected: &std::collections::BTreeMap<String, Counts>,
        answer: &Value,
        field: &str,
    ) {
        let rows = answer["results"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let name = |row: &Value| row[field].as_str().unwrap_or_default().to_owned();
        let find = |group: &str| {
            rows.iter().find(|r| {
                if what == "by_day" {
                    name(r).starts_with(group)
                } else {
                    name(r) == group
                }
            })
        };
        for (group, counts) in expected {
            self.row(what, group, counts, find(group).unwrap_or(&Value::Null));
        }
        let metrics = ["clicks", "bot_clicks", "views", "conversions"];
        let used = rows
            .iter()
            .filter(|r| metrics.iter().any(|m| r[*m].as_i64() != Some(0)))
            .count();
        self.value(
            &format!("{what}: number of groups"),
            json!(expected.len()),
            &json!(used),
        );
        println!(
            "  {}: {what}: {} groups compared",
            self.part,
            expected.len()
        );
    }
}
