//! What a step or a full run changes of days that were settled is told: see [`handover::restatements`].

use handover::{
    manifest::Manifest,
    restatements::{self, Cause, Late, Restatements},
};
use model::random::new_nonce;

use super::deps::{RollupDeps, RollupError};

/// Tells what changed beside `before`; gives the name that the next manifest has, or the one that it had.
pub(super) async fn tell(
    deps: &RollupDeps,
    before: &Manifest,
    cause: Cause,
    late: Late,
) -> Result<Option<String>, RollupError> {
    let previous = before.restated.clone();
    if cause == Cause::Late && late.is_empty() {
        return Ok(previous);
    }
    let at_ms = deps.env.clock.now_ms();
    let name = format!("{at_ms:013}-{:016x}", new_nonce(&*deps.env.random) as u64);
    let told = Restatements {
        at_ms,
        settled_ms: before.settled_ms,
        cause,
        late,
        previous,
    };
    // An attempt that is not published leaves it behind: nobody refers to it, and it is small.
    restatements::write(&deps.env.store, &name, &told).await?;
    Ok(Some(name))
}
