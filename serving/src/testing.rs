//! An installation in memory behind the API, for tests: accounts, one log, and what collectors,
//! the speed layer and batch would have left.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    response::Response,
};
use futures::StreamExt;
use handover::manifest::Manifest;
use http::{Request, header};
use model::{
    Covered, EntityId, Epoch, EpochStart, Event, EventId, Horizon, LogId, Record, SegmentNo, Seq,
    Span,
};
use serde_json::{Value, json};
use storage::{
    counted::Counted,
    store::Store,
    stream::{Batch, EventStream},
};
use testing::{Installation, log};
use tower::ServiceExt;

use crate::{JobControl, ServingDeps, app::App, openapi::tests::promised, routes};

mod deps;

pub(crate) use deps::{deps, settings};

pub(crate) const TOKEN: &str = "the-admin-token";
/// 2026-01-02T03:04:05Z.
pub(crate) const NOW_MS: i64 = 1_767_323_045_000;
pub(crate) const LOG: LogId = LogId(77);

pub(crate) struct Site {
    pub store: Store,
    pub app: Arc<App>,
    installation: Installation,
    pub(crate) router: Router,
}

/// The body of an answer; of a stream its first message.
async fn beginning(response: Response) -> Vec<u8> {
    let kind = response.headers().get(header::CONTENT_TYPE).cloned();
    if kind.is_none_or(|kind| kind != "text/event-stream") {
        return to_bytes(response.into_body(), usize::MAX)
            .await
            .unwrap()
            .to_vec();
    }
    let first = response.into_body().into_data_stream().next().await;
    let first = first.unwrap().unwrap();
    let mut lines = first.split(|byte| *byte == b'\n');
    let data = lines.find_map(|line| line.strip_prefix(b"data: "));
    data.unwrap_or(&first).to_vec()
}

pub(crate) fn id(seq: u64) -> EventId {
    EventId {
        log: LOG,
        seq: Seq(seq),
    }
}

impl Site {
    /// With the log registered and nothing in it.
    pub async fn new() -> Self {
        Self::on(|deps| deps).await
    }

    /// With these jobs.
    pub async fn with_jobs(jobs: Arc<dyn JobControl>) -> Self {
        Self::on(|deps| ServingDeps { jobs, ..deps }).await
    }

    /// With what its store is asked.
    pub async fn counted() -> (Self, Arc<Counted>) {
        let counted = Counted::new(storage::store::open("memory://").unwrap());
        let installation = Installation::on(counted.clone(), NOW_MS);
        (Self::of(installation, |deps| deps).await, counted)
    }

    async fn on(change: impl FnOnce(ServingDeps) -> ServingDeps) -> Self {
        Self::of(Installation::new(NOW_MS), change).await
    }

    async fn of(
        installation: Installation,
        change: impl FnOnce(ServingDeps) -> ServingDeps,
    ) -> Self {
        let deps = change(deps(&installation).await);
        let health = web::health_routes(deps.health.clone(), None);
        let app = Arc::new(App::new(deps, settings()));
        let router = routes::with_fallbacks(routes::router(app.clone()).merge(health), app.clone());
        installation.register(LOG).await;
        Self {
            store: installation.env.store.clone(),
            app,
            installation,
            router,
        }
    }

    /// The status and the body of an answer.
    pub async fn get(&self, path: &str, key: &str) -> (u16, Value) {
        self.call("GET", path, key, Value::Null).await
    }

    /// The status and the beginning of the body of an answer, which the document must promise.
    pub async fn call(&self, method: &str, path: &str, key: &str, body: Value) -> (u16, Value) {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()));
        let response = self.router.clone().oneshot(request.unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = beginning(response).await;
        promised(&method.parse().unwrap(), path, status, &bytes);
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// The body of a success.
    pub async fn good(&self, path: &str, key: &str) -> Value {
        let (status, body) = self.get(path, key).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A new account and its key.
    pub async fn account(&self) -> (EntityId, String) {
        let (status, made) = self
            .call("POST", "/v1/accounts", TOKEN, json!({"name": "Shop"}))
            .await;
        assert_eq!(status, 201, "{made}");
        let key = made["api_key"].as_str().unwrap().to_owned();
        (made["id"].as_str().unwrap().parse().unwrap(), key)
    }

    /// A key of the same account with one scope.
    pub async fn key(&self, admin: &str, scope: &str) -> String {
        let body = json!({"name": scope, "scopes": [scope]});
        let (status, made) = self.call("POST", "/v1/keys", admin, body).await;
        assert_eq!(status, 201, "{made}");
        made["api_key"].as_str().unwrap().to_owned()
    }

    /// Lets the API see what has changed.
    pub async fn refresh(&self) {
        self.app.refresh().await.unwrap();
    }

    /// Sends records on to the speed layer.
    pub async fn stream(&self, records: &[Record]) {
        let batch = Batch {
            previous: records[0].seq.previous(),
            records: Arc::new(records.to_vec()),
        };
        self.installation.stream.append(LOG, &batch).await.unwrap();
    }

    /// Folds all records of an epoch, and checkpoints that.
    pub async fn fold(&self, records: &[Record]) {
        let (first, last) = (&records[0], &records[records.len() - 1]);
        self.installation.fold(LOG, last.epoch, records).await;
        let epoch = EpochStart::from((last.epoch, first.seq.previous()));
        self.installation.checkpoint(LOG, epoch, last.seq).await;
    }

    /// Stores records as a segment.
    pub async fn ship(&self, number: u64, records: &[Record]) {
        log::ship(&self.store, LOG, SegmentNo(number), [0; 32], records).await;
    }

    /// Seals an epoch that is in one segment.
    pub async fn seal(&self, segment: u64, records: &[Record]) {
        let segments = Span::from((SegmentNo(segment), SegmentNo(segment)));
        log::seal(&self.store, LOG, segments, records).await;
    }

    /// Publishes the first manifest: it covers the epoch up to the record.
    pub async fn settle(&self, last: &Record, segment: u64, manifest: Manifest) {
        let covered = Covered {
            epoch: last.epoch,
            seq: last.seq,
            segment: SegmentNo(segment),
        };
        let manifest = Manifest {
            horizon: Horizon(BTreeMap::from([(LOG, covered)])),
            ..manifest
        };
        let stamp = self.app.env.stamp();
        let ledger = &self.app.overview.manifests().ledger;
        ledger.append(1, &manifest, stamp).await.unwrap();
    }
}

/// Clicks of an account, from number `first` on.
pub(crate) fn clicks(account: EntityId, epoch: u64, first: u64, count: u64) -> Vec<Record> {
    let event = |seq: u64| Event {
        account: account.raw,
        object: 5,
        campaign: Some(6),
        occurred_ms: NOW_MS - 1_000,
        received_ms: NOW_MS,
        visitor: seq,
        ..Event::default()
    };
    let records = (first..first + count).map(|seq| Record {
        seq: Seq(seq),
        epoch: Epoch(epoch),
        event: event(seq),
    });
    records.collect()
}
