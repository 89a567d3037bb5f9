//! What an API of tests works with.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use ::audit::Audit;
use asking::{
    AskError, Events, Form, ListAsked, Moment, Selection, SqlAsked, Sums, SumsAsked, Written,
};
use catalog::{Catalog, Webhook};
use enrich::Rules;
use handover::salts::Secret;
use jobs::JobClient;
use storage::{env::Env, error::StorageError};
use testing::Installation;
use web::{Health, ServerSettings};
use webhooks::{
    address::Policy,
    delivery::{Answer, Delivery, TEST, Tested},
};

use super::{NOW_MS, TOKEN};
use crate::{AuditControl, NoAudit, ServingDeps, ServingSettings, Verifying, WebhookControl};

/// Of all tests: making them takes its time.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::new().unwrap()));

/// No engine, and no events: what needs one is tested where there is one.
struct NoEvents;

#[async_trait::async_trait]
impl Events for NoEvents {
    async fn sums(&self, _: SumsAsked) -> Result<Sums, AskError> {
        Ok(Sums::default())
    }

    async fn list(&self, _: ListAsked) -> Result<Vec<String>, AskError> {
        Ok(Vec::new())
    }

    async fn export(&self, _: Selection, _: Form) -> Result<Written, AskError> {
        Ok(Box::pin(futures::stream::empty()))
    }

    async fn query(&self, _: SqlAsked, _: Form) -> Result<Written, AskError> {
        Ok(Box::pin(futures::stream::empty()))
    }

    async fn kept_from(&self, _: u64, _: Moment) -> Result<Option<i64>, AskError> {
        Ok(None)
    }
}

/// Audits of the installation that only tell whether they were to read everything.
struct FakeAudits;

#[async_trait::async_trait]
impl AuditControl for FakeAudits {
    async fn audit(&self, full: bool) -> Result<Audit, NoAudit> {
        Ok(Audit {
            agrees: true,
            manifest: 7,
            events: 0,
            duplicates: 0,
            value_micros: 0,
            value_micros_before: 0,
            checked_at: model::time::rfc3339(NOW_MS),
            checked_before: if full { 0 } else { 6 },
            live_unknown: None,
            findings: Vec::new(),
            logs: Vec::new(),
            epochs: Vec::new(),
            unrecorded: BTreeMap::new(),
            rejected: BTreeMap::new(),
            turned_away_as_of: None,
        })
    }
}

/// Nobody is there.
struct NoReceivers;

#[async_trait::async_trait]
impl WebhookControl for NoReceivers {
    fn policy(&self) -> Policy {
        Policy::Public
    }

    async fn test(&self, _: &Webhook) -> Option<Tested> {
        let answer = Answer {
            status: Some(200),
            took_ms: 1,
            error: None,
            body: "ok".into(),
        };
        Some(Tested {
            delivery: answer.delivery("msg_test_1", TEST, NOW_MS, 1),
            body: answer.body,
        })
    }

    async fn deliveries(&self, _: &Webhook) -> Result<Vec<Delivery>, StorageError> {
        let answer = Answer {
            status: None,
            took_ms: 1,
            error: Some("there is no connection".into()),
            body: String::new(),
        };
        Ok(vec![answer.delivery("msg_1", "link.clicked", NOW_MS, 2)])
    }
}

/// All that an API on this installation needs, without jobs.
pub(crate) async fn deps(installation: &Installation) -> ServingDeps {
    let env = installation.env.clone();
    let catalog = Catalog::open(env.clone());
    let health = Health::default();
    ServingDeps {
        catalog: catalog.await.unwrap(),
        jobs: Arc::new(no_jobs(&env)),
        rules: Arc::clone(&RULES),
        overview: handover::overview::Overview::new(Arc::clone(&env.store), env.bell.clone()),
        events: Arc::new(NoEvents),
        env,
        stream: installation.stream.clone(),
        cells: installation.cells.clone(),
        audits: Arc::new(FakeAudits),
        webhooks: Arc::new(NoReceivers),
        secret: Secret::new(SECRET).ok(),
        health,
    }
}

/// The secret of an installation of tests.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// How an API of tests behaves.
pub(crate) fn settings() -> ServingSettings {
    ServingSettings {
        admin_token: TOKEN.into(),
        public_url: "https://go.example/".into(),
        sql_for_tenants: true,
        domain_verification: Verifying::default(),
        server: ServerSettings::default(),
    }
}

/// An installation without jobs.
fn no_jobs(env: &Env) -> JobClient {
    JobClient::new(env.clone(), &[], "nobody", Duration::ZERO)
}
