//! Webhooks: what sends to them, and what the API asks of it.

use std::sync::Arc;

use anyhow::Context;
use async_trait::async_trait;
use catalog::Webhook;
use deliveries::{DeliveriesDeps, Desk, HttpSender, Sender};
use model::random::new_nonce;
use serving::WebhookControl;
use storage::error::StorageError;
use webhooks::{
    address::Policy,
    delivery::{Delivery, Tested},
};

use crate::wiring::Parts;

/// Threads that make messages and send them.
pub const THREADS: usize = 2;

fn policy(parts: &Parts) -> Policy {
    match parts.settings.webhooks_to_private_addresses {
        true => Policy::Anywhere,
        false => Policy::Public,
    }
}

fn sender(parts: &Parts) -> anyhow::Result<Arc<dyn Sender>> {
    let sender = HttpSender::new(policy(parts));
    Ok(Arc::new(sender.context("webhooks cannot be sent")?))
}

/// What sends to webhooks.
pub fn deps(parts: &Parts) -> anyhow::Result<DeliveriesDeps> {
    Ok(DeliveriesDeps {
        env: parts.env.clone(),
        stream: Arc::clone(&parts.stream),
        leases: Arc::clone(&parts.leases),
        worker: new_nonce(&*parts.env.random) as u64,
        catalog: parts.catalog.clone(),
        overview: parts.overview.clone(),
        rules: Arc::clone(&parts.rules),
        sender: sender(parts)?,
    })
}

/// What the API asks of it.
pub struct Telling {
    desk: Desk,
    policy: Policy,
}

impl Telling {
    /// Sends tests by itself.
    pub fn new(parts: &Parts) -> anyhow::Result<Self> {
        let (env, catalog) = (parts.env.clone(), parts.catalog.clone());
        Ok(Self {
            desk: Desk::new(env, catalog, Arc::clone(&parts.rules), sender(parts)?),
            policy: policy(parts),
        })
    }
}

#[async_trait]
impl WebhookControl for Telling {
    fn policy(&self) -> Policy {
        self.policy
    }

    async fn test(&self, webhook: &Webhook) -> Option<Tested> {
        self.desk.test(webhook).await
    }

    async fn deliveries(&self, webhook: &Webhook) -> Result<Vec<Delivery>, StorageError> {
        Ok(self.desk.deliveries(webhook).await?)
    }
}
