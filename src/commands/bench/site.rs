//! A whole installation in this process, to be measured over HTTP.

use std::sync::Arc;

use anyhow::Context;
use catalog::{Change, Link, Scope};
use model::{EntityId, EntityKind};
use reqwest::{Client, redirect::Policy};
use serde_json::Value;
use tempfile::TempDir;

use super::rules;
use crate::{
    commands::key,
    config::Options,
    supervise::{self, Role, Running},
    wiring::Base,
};

/// Links `s0` and so on, beside `hot`, `probe` and [`RULED`].
pub(super) const LINKS: u64 = 2_000;

/// A link with [`rules::options`].
pub(super) const RULED: &str = "ruled";

pub(super) struct Site {
    running: Running,
    pub(super) client: Client,
    pub(super) collect: String,
    pub(super) api: String,
    pub(super) key: String,
    _folder: TempDir,
}

impl Site {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let free = || -> anyhow::Result<_> {
            let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
            Ok(Some(listener.local_addr()?))
        };
        let options = Options {
            data_dir: Some(folder.path().to_owned()),
            collect_addr: free()?,
            api_addr: free()?,
            operator_addr: free()?,
            ..Options::default()
        };
        // Whatever the settings of this folder say: what is measured is thrown away.
        let mut settings = options.settings()?;
        settings.store_url = format!("file://{}/store", folder.path().display());
        settings.redis = None;
        settings.public_host = None;
        let running = supervise::start(settings, &Role::ALL).await?;
        let parts = Arc::clone(&running.parts);
        let base = Base {
            env: parts.env.clone(),
            limits: parts.settings.batch.clone(),
        };
        let scopes = [Scope::Read, Scope::Write];
        let (account, key) = key::create(&base, None, "bench", &scopes).await?;
        let slugs = ["hot", "probe", RULED].map(str::to_owned);
        let slugs = slugs.into_iter().chain((0..LINKS).map(|n| format!("s{n}")));
        let now_ms = parts.env.clock.now_ms();
        let options = Box::new(rules::options()?);
        let put = |(n, slug): (usize, String)| {
            let options = (slug == RULED).then(|| options.clone());
            let link = link(account, n as u64 + 1, slug, now_ms);
            Change::PutLink(Link { options, ..link })
        };
        let links: Vec<Change> = slugs.enumerate().map(put).collect();
        parts.catalog.commit(|_| Ok(links.clone())).await?;
        let client = Client::builder().redirect(Policy::none()).build()?;
        Ok(Self {
            client,
            collect: format!("http://{}", parts.settings.collect_addr),
            api: format!("http://{}", parts.settings.api_addr),
            key,
            running,
            _folder: folder,
        })
    }

    /// An answer of the API.
    pub(super) async fn ask(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.client.get(format!("{}{path}", self.api));
        let answer = request.bearer_auth(&self.key).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Clicks of everybody, live and settled.
    pub(super) async fn clicks(&self, filter: &str) -> anyhow::Result<u64> {
        let path = format!(
            "/v1/stats?metrics=clicks,bot_clicks&interval=none&range=24h&exclude_bots=false{filter}"
        );
        let answer = self.ask(&path).await?;
        answer["totals"]["clicks"].as_u64().context("no count")
    }

    /// Sends events, which must all be taken.
    pub(super) async fn send(&self, body: String) -> anyhow::Result<u64> {
        let request = self.client.post(format!("{}/v1/events", self.collect));
        let request = request
            .header("content-type", "application/x-ndjson")
            .bearer_auth(&self.key);
        let answer: Value = request
            .body(body)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        answer["accepted"].as_u64().context("no number of events")
    }

    pub(super) async fn end(self) -> anyhow::Result<()> {
        self.running.end().await
    }
}

fn link(account: EntityId, raw: u64, slug: String, created_ms: i64) -> Link {
    Link {
        id: EntityId::new(EntityKind::Link, raw),
        account,
        slug: slug.into(),
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
