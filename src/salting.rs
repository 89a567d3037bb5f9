//! What visitors are hashed with: opened for a collector, destroyed in time by whoever runs jobs.

use std::{path::Path, time::Duration};

use handover::salts::{self, Secret};
use ingest::{CurrentSalts, SaltFollower};
use model::time::rfc3339;
use storage::env::Env;
use tokio_util::sync::CancellationToken;
use web::Health;

use crate::wiring::STORE_LIMIT;

/// How often it is looked whether a salt is to be destroyed.
const EVERY: Duration = Duration::from_secs(600);

/// The salts of now, and what follows them: of the store, or, where it does not answer, of the copy beside the log.
pub async fn open(
    env: Env,
    secret: Secret,
    copy: &Path,
) -> anyhow::Result<(CurrentSalts, SaltFollower)> {
    let mut follower = SaltFollower {
        env,
        secret,
        copy: copy.to_owned(),
        is_behind: false,
    };
    let limit = match copy.exists() {
        true => STORE_LIMIT,
        false => Duration::MAX,
    };
    let looked = tokio::time::timeout(limit, follower.look()).await;
    let error = match looked {
        Ok(Ok((salts, _))) => return Ok((CurrentSalts::new(salts), follower)),
        // A wrong secret is a wrong setting, whatever lies beside the log.
        Ok(Err(error @ salts::SaltError::OtherSecret { .. })) => return Err(error.into()),
        Ok(Err(error)) => error.into(),
        Err(_) => anyhow::anyhow!("the object store does not answer"),
    };
    let copied = follower.copied().await;
    follower.is_behind = true;
    copied
        .map(|salts| (CurrentSalts::new(salts), follower))
        .ok_or(error)
}

/// Destroys salts whose time is over, until `stop`, and says so when it cannot.
pub async fn destroy(env: Env, health: Health, stop: CancellationToken) {
    loop {
        let left = match salts::destroy_old(&env).await {
            Ok(destroyed) => {
                if destroyed.deleted > 0 {
                    tracing::info!(count = destroyed.deleted, "salts of visitors are destroyed");
                }
                let left = destroyed.left.first();
                metrics::gauge!("millrace_salts_overdue").set(destroyed.left.len() as f64);
                left.map(|(date, why)| format!("the salt of {date} could not be deleted: {why}"))
            }
            Err(error) => {
                metrics::gauge!("millrace_salts_overdue").set(1.0);
                Some(format!("old salts cannot be destroyed: {error}"))
            }
        };
        if let Some(why) = &left {
            let now = rfc3339(env.clock.now_ms());
            tracing::error!(
                why,
                now,
                "a salt stays longer than it may; delete it by hand"
            );
        }
        health.warn("salts_overdue", left);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
