//! Refused events are kept for a month, for inspection and replay.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use storage::{env::Env, object_keys::folders};
use tokio_util::sync::CancellationToken;

/// How long they are kept.
const KEPT: TimeDelta = TimeDelta::days(30);
/// How often it is looked for older ones.
const EVERY: Duration = Duration::from_secs(6 * 3600);

/// Deletes those that are older, until `stop`.
pub async fn tidy(env: Env, stop: CancellationToken) {
    loop {
        match delete_old(&env).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "files of refused events are deleted after a month"),
            Err(error) => tracing::warn!(%error, "old refused events could not be deleted"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Deletes what is older than it is kept; how many objects that were.
async fn delete_old(env: &Env) -> object_store::Result<usize> {
    let now = DateTime::<Utc>::from_timestamp_millis(env.clock.now_ms()).unwrap_or_default();
    let folder = folders::all_rejected();
    let old = env.store.list(Some(&folder)).try_filter_map(move |meta| {
        let is_old = now - meta.last_modified > KEPT;
        std::future::ready(Ok(is_old.then_some(meta.location)))
    });
    let deleted: Vec<Path> = env.store.delete_stream(old.boxed()).try_collect().await?;
    Ok(deleted.len())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{
        Clock, EntityId, EntityKind, LogId, ManualClock, SystemClock, random::SeededRandom,
    };
    use storage::{bell::Bell, object_keys::ObjectKey, store};

    use super::*;

    #[tokio::test]
    async fn refused_events_go_after_a_month_and_nothing_else_does() {
        let clock = Arc::new(ManualClock::new(SystemClock.now_ms()));
        let env = Env {
            store: store::open("memory://").unwrap(),
            bell: Bell::default(),
            clock: Arc::clone(&clock) as _,
            random: Arc::new(SeededRandom::new(1)),
        };
        let refused = ObjectKey::Rejected {
            account: EntityId::new(EntityKind::Account, 7),
            at_ms: 0,
            name: "some".into(),
        };
        let tally = ObjectKey::Tally { log: LogId(7) };
        for key in [&refused, &tally] {
            store::create(&env.store, &key.path(), "x".into())
                .await
                .unwrap();
        }
        assert_eq!(delete_old(&env).await.unwrap(), 0);
        let later = KEPT + TimeDelta::hours(1);
        clock.set(SystemClock.now_ms() + later.num_milliseconds());
        assert_eq!(delete_old(&env).await.unwrap(), 1);
        assert!(store::exists(&env.store, &tally.path()).await.unwrap());
    }
}
