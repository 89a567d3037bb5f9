//! Gaps: times in which events may be missing that nobody can count, since no collector was there, or could write them.
//!
//! Collectors say in their tallies when they were there (`handover::tally`): a time in which none of them was is a gap of
//! everybody. What one of them could not write is a gap of the account that it belonged to.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use handover::tally::{self, Lost, Span, Turned};
use model::{EntityId, time};
use storage::error::StorageError;
use tokio::time::timeout;

use crate::{
    api_types::{Gap, GapReason},
    app::App,
};

/// After so long without a word of any collector none is there, milliseconds: each gives one four times a minute.
const SILENCE_MS: i64 = 60_000;
/// Shorter ones are none, milliseconds.
const SHORTEST_MS: i64 = 1_000;
/// How long an answer waits for what collectors say.
const PATIENCE: Duration = Duration::from_secs(1);
/// Gaps that are told at once, the newest ones.
const MOST_TOLD: usize = 1_000;

/// What all collectors say of each account, and of themselves.
#[derive(Default)]
pub(crate) struct Tallies {
    /// What was turned away, by account.
    pub accounts: BTreeMap<EntityId, Turned>,
    /// The oldest of the last words of collectors that have not retired, unix milliseconds.
    pub as_of_ms: Option<i64>,
    /// When collectors were there: apart from each other, in order.
    up: Vec<Span>,
    /// What could not be written, by account.
    lost: BTreeMap<EntityId, Vec<Lost>>,
}

/// What collectors say, a few seconds old at most.
pub(crate) async fn tallies(app: &App) -> Result<Arc<Tallies>, Arc<StorageError>> {
    let read = async {
        let mut all = Tallies::default();
        let directory = app.directory();
        for tally in tally::all(&app.env.store).await? {
            for (account, turned) in &tally.accounts {
                all.accounts.entry(*account).or_default().add(turned);
            }
            let info = directory.get(tally.log);
            if info.is_none_or(|info| info.retired_at.is_none()) {
                let oldest = all.as_of_ms.unwrap_or(i64::MAX);
                all.as_of_ms = Some(oldest.min(tally.as_of_ms));
            }
            all.up.extend(tally.up);
            for (account, lost) in tally.lost {
                all.lost.entry(account).or_default().extend(lost);
            }
        }
        all.up = joined(all.up);
        Ok::<_, StorageError>(Arc::new(all))
    };
    app.counts.tallies.try_get_with((), read).await
}

/// The same times, those that touch as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| span.from_ms);
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.from_ms <= last.to_ms => last.to_ms = last.to_ms.max(span.to_ms),
            _ => joined.push(span),
        }
    }
    joined
}

/// The gaps of an account between two unix minutes, in order of their beginning; `None` if that is not known just now.
pub(crate) async fn gaps(
    app: &App,
    account: EntityId,
    (start, end): (i64, i64),
) -> Option<Vec<Gap>> {
    let tallies = timeout(PATIENCE, tallies(app)).await.ok()?.ok()?;
    let now_ms = app.env.clock.now_ms();
    let since_ms = app.catalog.account(account)?.created_ms;
    let within = (since_ms.max(start * 60_000), now_ms.min(end * 60_000));
    let mut gaps = down(&tallies.up, now_ms, within);
    let lost = tallies.lost.get(&account).into_iter().flatten();
    gaps.extend(lost.filter_map(|lost| unrecorded(lost, within)));
    gaps.sort_by_key(|(span, _)| span.from_ms);
    gaps.drain(..gaps.len().saturating_sub(MOST_TOLD));
    Some(gaps.into_iter().map(|(_, gap)| gap).collect())
}

/// When no collector was there. Before the first word of any nothing is known.
fn down(up: &[Span], now_ms: i64, (start, end): (i64, i64)) -> Vec<(Span, Gap)> {
    let ends = up.iter().map(|span| span.to_ms);
    let begins = up.iter().skip(1).map(|span| Some(span.from_ms));
    let between = ends.zip(begins.chain([None]));
    between
        .filter_map(|(from_ms, to)| {
            let shortest = if to.is_some() {
                SHORTEST_MS
            } else {
                SILENCE_MS
            };
            let to_ms = to.unwrap_or(now_ms);
            let is_long = to_ms.saturating_sub(from_ms) >= shortest;
            let is_within = from_ms < end && to_ms > start;
            let gap = Gap {
                from: time::rfc3339(from_ms.max(start)),
                to: to.map(time::rfc3339),
                reason: GapReason::CollectorDown,
                events: None,
            };
            (is_long && is_within).then_some((Span { from_ms, to_ms }, gap))
        })
        .collect()
}

fn unrecorded(lost: &Lost, (start, end): (i64, i64)) -> Option<(Span, Gap)> {
    let span = lost.span;
    let gap = Gap {
        from: time::rfc3339(span.from_ms),
        to: Some(time::rfc3339(span.to_ms)),
        reason: GapReason::Unrecorded,
        events: Some(lost.events),
    };
    (span.from_ms < end && span.to_ms >= start).then_some((span, gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from_ms: i64, to_ms: i64) -> Span {
        Span { from_ms, to_ms }
    }

    #[test]
    fn nobody_is_there_between_the_times_in_which_somebody_was() {
        let up = joined(vec![
            span(500_000, 600_000),
            span(0, 100_000),
            span(50_000, 200_000),
            span(200_500, 300_000),
        ]);
        let told = |now_ms, within| {
            let gaps = down(&up, now_ms, within).into_iter();
            let gaps = gaps.map(|(span, gap)| (span.from_ms, gap.to.map(|_| span.to_ms)));
            gaps.collect::<Vec<_>>()
        };
        let all = (0, i64::MAX);
        let night = (300_000, Some(500_000));
        assert_eq!(told(620_000, all), [night], "half a second is none");
        assert_eq!(told(660_000, all), [night, (600_000, None)]);
        assert_eq!(told(660_000, (500_000, 600_000)), []);
        assert_eq!(told(660_000, (400_000, 450_000)), [night]);
        assert_eq!(down(&[], 660_000, all), []);
    }

    #[test]
    fn what_was_lost_is_told_with_its_number() {
        let lost = Lost {
            events: 3,
            span: span(10_000, 20_000),
        };
        let told = |within| unrecorded(&lost, within).map(|(_, gap)| gap.events);
        assert_eq!(told((0, 10_001)), Some(Some(3)));
        assert_eq!((told((0, 10_000)), told((20_001, 30_000))), (None, None));
    }
}
