//! What the API asks: test messages, and what became of others.

use std::sync::Arc;

use catalog::{Catalog, Webhook};
use enrich::Rules;
use model::random::new_row_id;
use storage::{env::Env, store::StoreError};
use tokio::sync::Semaphore;
use webhooks::delivery::{Delivery, TEST, Tested};

use crate::{courier::outgoing, message::Maker, progress::Progress, sender::Sender};

/// Test messages that are sent at once.
const TESTS: usize = 8;

/// See the module.
pub struct Desk {
    env: Env,
    catalog: Catalog,
    rules: Arc<Rules>,
    sender: Arc<dyn Sender>,
    tests: Semaphore,
}

impl Desk {
    /// Sends tests with `sender`.
    pub fn new(env: Env, catalog: Catalog, rules: Arc<Rules>, sender: Arc<dyn Sender>) -> Self {
        Self {
            env,
            catalog,
            rules,
            sender,
            tests: Semaphore::new(TESTS),
        }
    }

    /// Sends a test message now; `None`: too many are being sent.
    pub async fn test(&self, webhook: &Webhook) -> Option<Tested> {
        let _turn = self.tests.try_acquire().ok()?;
        let maker = Maker {
            webhook,
            rules: &self.rules,
            catalog: &self.catalog,
        };
        let now_ms = self.env.clock.now_ms();
        let message = maker.test(new_row_id("msg_test_", &*self.env.random), now_ms);
        let answer = self.sender.send(outgoing(webhook, &message, now_ms)).await;
        Some(Tested {
            delivery: answer.delivery(&message.id, TEST, now_ms, 1),
            body: answer.body,
        })
    }

    /// The newest deliveries to a webhook, newest first.
    ///
    /// # Errors
    ///
    /// The store's.
    pub async fn deliveries(&self, webhook: &Webhook) -> Result<Vec<Delivery>, StoreError> {
        let progress = Progress::load(&self.env.store, webhook).await?;
        let deliveries = progress.map(|progress| progress.deliveries);
        Ok(deliveries.into_iter().flatten().rev().collect())
    }
}
