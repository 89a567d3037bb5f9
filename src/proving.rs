//! Whether the object store is one on which anything can be exact: asked before anything rests on it.

use std::time::Duration;

use anyhow::bail;
use storage::{
    env::Env,
    probe::{self, ProbeError, Proof},
};

use crate::wiring::STORE_LIMIT;

/// A clock that is this far from the store's is told.
const CLOCK: Duration = Duration::from_secs(300);

/// Probes the store at `url`.
pub async fn prove(url: &str, env: &Env) -> Result<(usize, Proof), ProbeError> {
    let ways = probe::ways(url).await?;
    let proof = probe::probe(&ways, &*env.clock, &*env.random).await?;
    Ok((ways.stores.len(), proof))
}

/// Refuses a store that does not do what it must. One that is away may be well: whoever needs it says so. Gives what
/// is wrong with the clock.
pub async fn at_start(url: &str, env: &Env) -> anyhow::Result<Option<String>> {
    match tokio::time::timeout(STORE_LIMIT, prove(url, env)).await {
        Ok(Ok((_, proof))) => Ok(clock(proof)),
        Ok(Err(unfit @ ProbeError::Unfit(_))) => {
            bail!("{unfit} (`millrace doctor` looks again)")
        }
        Ok(Err(error)) => {
            tracing::warn!(%error, "the object store could not be probed");
            Ok(None)
        }
        Err(_) => {
            tracing::warn!("the object store could not be probed: it does not answer");
            Ok(None)
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
