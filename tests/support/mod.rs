//! What all modules of this test use.

pub mod content;
pub mod data;
pub mod deals;
pub mod diary;
pub mod http;
pub mod load;
pub mod moto;
pub mod objects;
pub mod place;
pub mod process;
pub mod proxy;
pub mod receiver;
pub mod request;
pub mod tools;
pub mod truth;
pub mod watch;

use std::{fmt::Display, time::Duration};

use tokio::time::{Instant, sleep};

/// Asks `probe` until it gives something; panics with its last word when that takes too long.
pub async fn eventually<T, E: Display>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let end = Instant::now() + limit;
    loop {
        match probe().await {
            Ok(found) => return found,
            Err(why) if Instant::now() >= end => {
                panic!("waited {limit:?} in vain for {what}: {why}")
            }
            Err(_) => sleep(Duration::from_millis(40)).await,
        }
    }
}
