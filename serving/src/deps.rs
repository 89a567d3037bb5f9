//! What the API works with, and how it behaves.

use std::{net::SocketAddr, sync::Arc};

use asking::Events;
use catalog::Catalog;
use enrich::Rules;
use handover::{overview::Overview, salts::Secret};
use model::Hidden;
use storage::{cells::LiveCells, env::Env, stream::EventStream};
use web::{Health, ServerSettings};

use crate::controls::{AuditControl, JobControl, WebhookControl};

/// What the API works with.
pub struct ServingDeps {
    /// Object store, time, randomness.
    pub env: Env,
    /// Events on their way to the object store.
    pub stream: Arc<dyn EventStream>,
    /// Live cells.
    pub cells: Arc<dyn LiveCells>,
    /// Accounts, keys, objects.
    pub catalog: Catalog,
    /// The events themselves, for what no cube holds.
    pub events: Arc<dyn Events>,
    /// Manifests and logs.
    pub overview: Overview,
    /// Enrichment: what is known of somebody who might follow a link.
    pub rules: Arc<Rules>,
    /// Scheduled jobs.
    pub jobs: Arc<dyn JobControl>,
    /// Audits.
    pub audits: Arc<dyn AuditControl>,
    /// What is sent to webhooks.
    pub webhooks: Arc<dyn WebhookControl>,
    /// The installation's secret, where this process knows it: who is named can be erased then.
    pub secret: Option<Secret>,
    /// What is not ready.
    pub health: Health,
}

/// Who says that a domain is an account's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DomainVerification {
    /// Whoever runs the installation.
    #[default]
    Operator,
    /// A record of DNS.
    Dns,
    /// Whoever adds it: for an installation with one owner.
    None,
}

/// How domains of accounts are verified.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verifying {
    /// By whom.
    pub by: DomainVerification,
    /// The name server that is asked; `None`: those of the system.
    pub server: Option<SocketAddr>,
}

/// How the API behaves.
#[derive(Debug, Clone)]
pub struct ServingSettings {
    /// Token of whoever runs the installation.
    pub admin_token: Hidden<String>,
    /// Where visitors reach the collector.
    pub public_url: String,
    /// How domains of accounts are verified.
    pub domain_verification: Verifying,
    /// Whether accounts that share the installation may ask in SQL: an engine of SQL has no bound that none could pass.
    pub sql_for_tenants: bool,
    /// Bounds of the server.
    pub server: ServerSettings,
}
