//! How many processes there are at once: of all accounts, and of each, so that none takes what all share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use asking::AskError;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Processes of one account, of so many of all.
const SHARE: usize = 2;
/// How long a question waits: a little more than another one takes.
const PATIENCE: Duration = Duration::from_secs(35);

pub struct Places {
    all: Arc<Semaphore>,
    each: usize,
    accounts: Mutex<HashMap<u64, Arc<Semaphore>>>,
}

/// A place, given back when dropped.
pub struct Place {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

impl Places {
    pub fn new(all: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all)),
            each: (all / SHARE).max(1),
            accounts: Mutex::default(),
        }
    }

    /// Waits for a place.
    pub async fn take(&self, account: u64) -> Result<Place, AskError> {
        let own = self.of(account);
        let both = async {
            // First one's own: who waits for that keeps nothing from others.
            let own = own.acquire_owned().await;
            let shared = Arc::clone(&self.all).acquire_owned().await;
            Some(Place {
                _own: own.ok()?,
                _shared: shared.ok()?,
            })
        };
        let taken = timeout(PATIENCE, both).await;
        taken.ok().flatten().ok_or(AskError::Busy)
    }

    fn of(&self, account: u64) -> Arc<Semaphore> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that nobody asks for any more.
        accounts.retain(|_, places| Arc::strong_count(places) > 1);
        let new = || Arc::new(Semaphore::new(self.each));
        Arc::clone(accounts.entry(account).or_insert_with(new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn nobody_takes_all_of_it() {
        let places = Places::new(4);
        let first = (places.take(1).await, places.take(1).await);
        assert!(first.0.is_ok() && first.1.is_ok());
        assert!(matches!(places.take(1).await, Err(AskError::Busy)));
        let second = (places.take(2).await.ok(), places.take(2).await.ok());
        assert!(second.0.is_some() && second.1.is_some());
        assert!(
            matches!(places.take(3).await, Err(AskError::Busy)),
            "there are four"
        );
        drop(first);
        assert!(places.take(1).await.is_ok());
        assert!(places.take(3).await.is_ok());
        drop(second);
        places.take(3).await.unwrap();
        assert_eq!(places.accounts.lock().unwrap().len(), 1);
    }
}
