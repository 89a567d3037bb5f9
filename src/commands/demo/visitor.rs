//! Somebody who uses the demo over HTTP, as any client would.

use std::{
    collections::{BTreeSet, HashMap},
    io::Cursor,
    time::{Duration, Instant},
};

use anyhow::bail;
use catalog::Scope;
use model::EventId;
use serde_json::{Value, json};
use testdata::{Event, Recent, leading_clicks};

use crate::{commands::key, supervise::Running, wiring::Base};

/// How long the live numbers may take to hold everything that was replayed.
const LIVE_LIMIT: Duration = Duration::from_secs(60);
/// Events that go in one request.
const AT_ONCE: usize = 5_000;
/// How long any request may take; jobs are waited for.
const REQUEST_LIMIT: Duration = Duration::from_secs(300);

/// The sample's account, with its key and the operator's token.
pub(super) struct Visitor {
    pub(super) account: String,
    pub(super) key: String,
    pub(super) api: String,
    pub(super) collector: String,
    operator: String,
    /// `start=…&end=…` of the sample, for queries.
    pub(super) range: String,
    client: reqwest::Client,
}

impl Visitor {
    pub(super) async fn new(running: &Running, recent: &Recent) -> anyhow::Result<Self> {
        let parts = &running.parts;
        let base = Base {
            env: parts.env.clone(),
            limits: parts.settings.batch.clone(),
        };
        let scopes = [Scope::Read, Scope::Write, Scope::Admin];
        let (account, key) = key::create(&base, None, "demo", &scopes).await?;
        // The doors take the key in at their next look; these are the same process's eyes.
        parts.catalog.follow().await?;
        let time = model::time::rfc3339;
        Ok(Self {
            account: account.to_string(),
            key,
            operator: parts.settings.admin_token(String::new)?.reveal().clone(),
            api: format!("http://{}", parts.settings.api_addr),
            collector: format!("http://{}", parts.settings.collect_addr),
            range: format!(
                "start={}&end={}",
                time(recent.start_ms),
                time(recent.end_ms)
            ),
            client: reqwest::Client::builder().timeout(REQUEST_LIMIT).build()?,
        })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.api));
        answer(path, request.bearer_auth(&self.key)).await
    }

    pub(super) async fn post_operator(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.post(format!("{}{path}", self.api));
        answer(path, request.bearer_auth(&self.operator)).await
    }

    pub(super) async fn create_objects(&self) -> anyhow::Result<()> {
        let path = "/v1/account";
        let request = self.client.patch(format!("{}{path}", self.api));
        let settings = json!({"settings": {"currency": testdata::CURRENCY}});
        answer(path, request.bearer_auth(&self.key).json(&settings)).await?;
        let kinds = [
            ("/v1/campaigns", testdata::CAMPAIGNS),
            ("/v1/links", testdata::LINKS),
            ("/v1/pixels", testdata::PIXELS),
            ("/v1/goals", testdata::GOALS),
        ];
        for (path, bodies) in kinds {
            for body in serde_json::from_slice::<Vec<Value>>(bodies)? {
                let request = self.client.post(format!("{}{path}", self.api));
                answer(path, request.bearer_auth(&self.key).json(&body)).await?;
            }
        }
        Ok(())
    }

    /// Sends the sample: clicks that led to something by themselves, since their ids stand in the conversions, and the rest as fast as it is
    /// taken.
    pub(super) async fn replay(&self, events: &[Event]) -> anyhow::Result<u64> {
        let led = leading_clicks(events);
        let leading: Vec<usize> = BTreeSet::from_iter(led.values().copied())
            .into_iter()
            .collect();
        let mut ids = HashMap::new();
        for places in leading.chunks(AT_ONCE) {
            let clicks: Vec<Event> = places.iter().map(|place| events[*place].clone()).collect();
            ids.extend(places.iter().copied().zip(self.send(&clicks).await?));
        }
        let mut lines = Vec::new();
        for (place, event) in events.iter().enumerate() {
            if ids.contains_key(&place) {
                continue;
            }
            let click = led.get(&place).and_then(|click| ids.get(click));
            let click_id = click.cloned();
            let event = Event {
                click_id,
                ..event.clone()
            };
            serde_json::to_writer(&mut lines, &event)?;
            lines.push(b'\n');
        }
        let to = (self.collector.as_str(), self.key.as_str());
        let report = replay::send(Cursor::new(lines), to, "demo", 4).await?;
        let sent = report.totals.accepted + report.totals.duplicates;
        match report.exit_code() {
            0 => Ok(sent + ids.len() as u64),
            _ => bail!("not all events were taken: {}", report.problems().join(" ")),
        }
    }

    /// Sends events, and tells their ids. `POST /v1/events` and not the link itself: only there can a sender say
    /// where its visitor is, and every visitor of a link would be from this machine.
    pub(super) async fn send(&self, events: &[Event]) -> anyhow::Result<Vec<String>> {
        let path = "/v1/events";
        let request = self.client.post(format!("{}{path}", self.collector));
        let told = answer(path, request.bearer_auth(&self.key).json(events)).await?;
        let end = |name: &str| serde_json::from_value::<EventId>(told[name].clone());
        let (first, last) = (end("first_event_id")?, end("last_event_id")?);
        let ids: Vec<String> = first
            .seq
            .to(last.seq)
            .map(|seq| EventId { seq, ..first }.to_string())
            .collect();
        if first.log != last.log || ids.len() != events.len() {
            bail!(
                "{} events were sent, and not taken one after the other: {told}",
                events.len()
            );
        }
        Ok(ids)
    }

    pub(super) async fn totals(&self) -> anyhow::Result<Value> {
        let metrics = "clicks,bot_clicks,views,conversions,value,unique_visitors";
        self.get(&format!("/v1/stats?metrics={metrics}&{}", self.range))
            .await
    }

    /// Waits until the live numbers hold every event.
    pub(super) async fn wait_for_all(&self, events: u64) -> anyhow::Result<Value> {
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
}

async fn answer(path: &str, request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    if !status.is_success() {
        bail!("{path} answered {status}: {text}");
    }
    Ok(serde_json::from_str(&text)?)
}
