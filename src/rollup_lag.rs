//! A rollup that lags, shown in the health of every process that serves or runs jobs, which stays ready, and as
//! the gauge `millrace_rollup_lag_seconds`: how long the oldest sealed epoch waits to be settled.

use std::time::Duration;

use handover::{overview::Overview, raw};
use model::LogId;
use storage::env::Env;
use tokio_util::sync::CancellationToken;
use web::Health;

/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(60);
/// Three runs of the usual schedule; from then on it is a warning, and worth an alarm.
pub const LATE: Duration = Duration::from_secs(30 * 60);
/// Logs that are looked at.
const MOST: usize = 1_000;

/// Shows it until it is told to stop.
pub async fn watch(overview: Overview, env: Env, health: Health, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match oldest(&overview, &env).await {
            Ok(oldest) => show(oldest, &health),
            Err(error) => tracing::warn!(%error, "what waits for the rollup cannot be seen"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn show(oldest: Option<(LogId, Duration)>, health: &Health) {
    let age = oldest.map_or(0.0, |(_, age)| age.as_secs_f64());
    metrics::gauge!("millrace_rollup_lag_seconds").set(age);
    let late = oldest.filter(|(_, age)| *age >= LATE);
    let why = late.map(|(log, age)| {
        format!(
            "events of log {log} have waited {} minutes to be settled: see that a process with the role batch runs, \
             and what `millrace jobs history rollup` says",
            age.as_secs() / 60
        )
    });
    health.warn("rollup_lag", why);
}

/// The log whose next sealed epoch has waited longest.
async fn oldest(overview: &Overview, env: &Env) -> anyhow::Result<Option<(LogId, Duration)>> {
    let seen = overview.follow().await?;
    let horizon = &seen.published.manifest.horizon;
    let now = env.clock.now_ms();
    let mut oldest: Option<(LogId, Duration)> = None;
    for info in seen.directory.open_beyond(horizon).take(MOST) {
        let (log, epoch) = (info.log, horizon.of(info.log).epoch.next());
        let Some(sealed_ms) = raw::sealed_ms(&env.store, log, epoch).await? else {
            continue;
        };
        let age = Duration::from_millis(now.saturating_sub(sealed_ms).max(0) as u64);
        if oldest.is_none_or(|(_, most)| age > most) {
            oldest = Some((log, age));
        }
    }
    Ok(oldest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_waited_long_is_a_warning() {
        let health = Health::default();
        let warned = || health.warnings().contains_key("rollup_lag");
        show(Some((LogId(1), LATE - Duration::from_secs(1))), &health);
        assert!(!warned());
        show(Some((LogId(1), LATE)), &health);
        assert!(warned());
        show(None, &health);
        assert!(!warned());
    }
}
