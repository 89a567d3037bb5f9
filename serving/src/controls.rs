//! What the API asks of the rest of the process: its jobs, audits of the installation, and webhooks.

use async_trait::async_trait;
use audit::Audit;
use catalog::Webhook;
use jobs::{JobClient, JobSummary, JobsError, Run, StartedRun};
use storage::error::StorageError;
use web::Problem;
use webhooks::{
    address::Policy,
    delivery::{Delivery, Tested},
};

/// What can be done with the scheduled jobs.
#[async_trait]
pub trait JobControl: Send + Sync {
    /// All jobs.
    async fn list(&self) -> Result<Vec<JobSummary>, JobsError>;

    /// The newest runs of one job, newest first.
    async fn runs(&self, name: &str, limit: usize) -> Result<Vec<Run>, JobsError>;

    /// Asks for a run; with `close_epochs` collectors hand over what they have before it, with
    /// `wait` the answer comes when it has ended.
    async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError>;
}

#[async_trait]
impl JobControl for JobClient {
    async fn list(&self) -> Result<Vec<JobSummary>, JobsError> {
        self.list().await
    }

    async fn runs(&self, name: &str, limit: usize) -> Result<Vec<Run>, JobsError> {
        self.runs(name, limit).await
    }

    async fn start(
        &self,
        name: &str,
        close_epochs: bool,
        wait: bool,
    ) -> Result<StartedRun, JobsError> {
        self.start(name, close_epochs, wait).await
    }
}

/// Audits of the installation.
#[async_trait]
pub trait AuditControl: Send + Sync {
    /// Makes one: of what is new, or of everything.
    async fn audit(&self, full: bool) -> Result<Audit, NoAudit>;
}

/// Why there is no audit of the installation.
#[derive(Debug, thiserror::Error)]
pub enum NoAudit {
    /// One at a time.
    #[error("another audit is being made")]
    Busy,
    /// It goes on, but nobody waits for it.
    #[error("the audit takes longer than this request may; run `millrace audit`")]
    Late,
    /// What it compares cannot be read.
    #[error(transparent)]
    Unreadable(#[from] StorageError),
    /// It broke off.
    #[error("{0}")]
    Broken(String),
}

impl From<NoAudit> for Problem {
    fn from(error: NoAudit) -> Self {
        match error {
            NoAudit::Busy => Self::unavailable("busy", error.to_string(), 5),
            NoAudit::Late => Self::unavailable("late", error.to_string(), 60),
            NoAudit::Unreadable(error) => error.into(),
            NoAudit::Broken(error) => Self::internal(error),
        }
    }
}

/// What is sent to webhooks.
#[async_trait]
pub trait WebhookControl: Send + Sync {
    /// Where messages may go.
    fn policy(&self) -> Policy;

    /// Sends a test message now; `None`: too many are being sent.
    async fn test(&self, webhook: &Webhook) -> Option<Tested>;

    /// The newest deliveries, newest first.
    async fn deliveries(&self, webhook: &Webhook) -> Result<Vec<Delivery>, StorageError>;
}
