//! What the API asks: test messages, and what became of others.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use catalog::{Catalog, Webhook};
use enrich::Rules;
use model::{EntityId, random::new_row_id};
use storage::{env::Env, store::StoreError};
use tokio::sync::Semaphore;
use webhooks::delivery::{Delivery, TEST, Tested};

use crate::{courier::outgoing, message::Maker, progress::Progress, sender::Sender};

/// Test messages that are sent at once; of each account one.
const TESTS: usize = 8;

/// See the module.
pub struct Desk {
    env: Env,
    catalog: Catalog,
    rules: Arc<Rules>,
    sender: Arc<dyn Sender>,
    tests: Semaphore,
    /// Accounts whose tests are being sent.
    testing: Mutex<HashSet<EntityId>>,
}

/// That a test of an account is being sent.
struct Testing<'a>(&'a Desk, EntityId);

impl Drop for Testing<'_> {
    fn drop(&mut self) {
        self.0.testing().remove(&self.1);
    }
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
            testing: Mutex::default(),
        }
    }

    fn testing(&self) -> MutexGuard<'_, HashSet<EntityId>> {
        self.testing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a test message now; `None`: too many are being sent.
    pub async fn test(&self, webhook: &Webhook) -> Option<Tested> {
        let account = webhook.account;
        let _turn = self.tests.try_acquire().ok()?;
        if !self.testing().insert(account) {
            return None;
        }
        let _testing = Testing(self, account);
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
