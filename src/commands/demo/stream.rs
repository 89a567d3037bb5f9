//! The gentle stream after the sample.

use std::{convert::Infallible, time::Instant};

use model::random::new_nonce;
use testdata::{Recent, Stream};

use super::visitor::Visitor;
use crate::wiring::Parts;

/// Sends one event after the other, one at a time, until it is dropped.
pub(super) async fn run(visitor: &Visitor, recent: &Recent, parts: &Parts) -> Infallible {
    let mut stream = Stream::new(&recent.events, new_nonce(&*parts.env.random) as u64);
    let start = Instant::now();
    loop {
        let gap = stream.gap(parts.env.clock.now_ms(), start.elapsed());
        tokio::time::sleep(gap).await;
        let Some(event) = stream.event(parts.env.clock.now_ms()) else {
            continue;
        };
        // A demo that stumbles once goes on; what was not acknowledged is not counted.
        match visitor.send(std::slice::from_ref(&event)).await {
            Ok(ids) => ids.iter().for_each(|id| stream.taken(&event, id)),
            Err(error) => tracing::warn!(%error, "an event of the demo's stream was not taken"),
        }
    }
}
