//! Whether the object store is one on which anything can be exact: asked before anything rests on it.

use std::time::Duration;

use anyhow::bail;
use storage::{
    env::Env,
    probe::{self, ProbeError, Proof},
};
use web::Health;

use crate::wiring::STORE_LIMIT;

/// A clock that is this far from the store's is told.
const CLOCK: Duration = Duration::from_secs(300);
/// When a store that did not answer is probed again.
const AGAIN: Duration = Duration::from_secs(60);

/// Probes the store at `url`.
pub async fn prove(url: &str, env: &Env) -> Result<(usize, Proof), ProbeError> {
    let ways = probe::ways(url).await?;
    let proof = probe::probe(&ways, &*env.clock, &*env.random).await?;
    Ok((ways.stores.len(), proof))
}

/// Refuses a store that does not do what it must. Gives what it proved, or nothing where it does not answer: whoever
/// needs it says so.
pub async fn at_start(url: &str, env: &Env) -> anyhow::Result<Option<Proof>> {
    match tokio::time::timeout(STORE_LIMIT, prove(url, env)).await {
        Ok(Ok((_, proof))) => Ok(Some(proof)),
        Ok(Err(unfit @ ProbeError::Unfit(_))) => {
            bail!("{unfit} (`millrace doctor` looks again)")
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the object store could not be probed; it is tried again");
            Ok(None)
        }
        Err(_) => {
            tracing::warn!(
                "the object store could not be probed: it does not answer; it is tried again"
            );
            Ok(None)
        }
    }
}

/// Says in health what `proof` says of the clock; without one, probes until there is.
pub fn watch(proof: Option<Proof>, url: String, env: Env, health: Health) {
    match proof {
        Some(proof) => health.warn("clock", clock(proof)),
        None => drop(tokio::spawn(until_known(url, env, health))),
    }
}

async fn until_known(url: String, env: Env, health: Health) {
    loop {
        tokio::time::sleep(AGAIN).await;
        match prove(&url, &env).await {
            Ok((_, proof)) => return health.warn("clock", clock(proof)),
            Err(ProbeError::Unfit(why)) => {
                let why = format!("the object store cannot be used: {why}");
                tracing::error!(why, "stop this installation: what it counts may be wrong");
                return health.warn("store_unfit", Some(why));
            }
            Err(ProbeError::Store(_)) => {}
        }
    }
}

/// What is wrong with this machine's clock.
pub fn clock(proof: Proof) -> Option<String> {
    let seconds = proof.ahead_ms / 1_000;
    let is_off = Duration::from_millis(proof.ahead_ms.unsigned_abs()) > CLOCK;
    let word = if seconds < 0 { "behind" } else { "ahead of" };
    is_off.then(|| {
        format!(
            "this machine's clock is {} minutes {word} the object store's: events are dated wrongly; set it right",
            seconds.abs() / 60
        )
    })
}
