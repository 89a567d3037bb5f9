//! Records a conversion at the step of its transaction at which it comes.

use std::{sync::Arc, time::Duration};

use catalog::{Goal, GoalOptions};
use handover::sender_keys;
use model::{Event, EventId};
use storage::reservations::KEEP_MS;
use tokio::time::{Instant, timeout_at};

use super::{
    history::{Decision, Effect, History},
    lookup::{self, Purpose},
    report,
};
use crate::{
    log::AppendError,
    recorder::{EventRecorder, Recorded},
};

/// How long all reports of a transaction are looked for.
const LIMIT: Duration = Duration::from_secs(10);
/// Most reports of one transaction.
pub(super) const MAX_STEPS: u32 = 64;

/// What became of a report.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// It is recorded, as this event, and does this.
    Recorded(EventId, Effect, Box<Event>),
    /// It says nothing new.
    Repeats {
        /// What was recorded before, if that is known.
        of: Option<EventId>,
        /// Why, for people.
        why: &'static str,
    },
    /// Its value is in another currency than the transaction.
    OtherCurrency,
    /// Another report of the transaction is being recorded just now.
    Pending,
    /// Its account has used as many keys as it may.
    TooManyKeys,
    /// The transaction has been reported too often.
    TooManySteps,
}

const AGAIN: &str = "this transaction_id was recorded before";

/// Records a conversion whose status and amount are set: see [`super::report::write`].
pub(crate) async fn record(
    recorder: &Arc<EventRecorder>,
    goal: &Goal,
    event: Event,
) -> Result<Outcome, AppendError> {
    let terms = report::terms(goal);
    let depends = depends(goal, &event);
    let end = Instant::now() + LIMIT;
    let mut history = History::default();
    let mut unread = false;
    loop {
        let mut next = event.clone();
        let decision = match unread {
            // Batch decides what it repeats.
            true => history.record_unchecked(&mut next),
            false => history.decide(&mut next, &terms),
        };
        let effect = match decision {
            Decision::Record(effect) => effect,
            Decision::Repeats { of, why } => return Ok(Outcome::Repeats { of: Some(of), why }),
            Decision::OtherCurrency => return Ok(Outcome::OtherCurrency),
        };
        let step = next.step;
        let recorded = recorder.record(vec![next.clone()]).await?;
        let by = match recorded.first() {
            Some(Recorded::Accepted(id, is_unchecked)) => {
                next.unchecked = *is_unchecked;
                renew(recorder, &history).await;
                return Ok(Outcome::Recorded(*id, effect, Box::new(next)));
            }
            Some(Recorded::Duplicate(by)) => *by,
            Some(Recorded::TooManyKeys) => return Ok(Outcome::TooManyKeys),
            Some(Recorded::Pending) | None => return Ok(Outcome::Pending),
        };
        if next.transaction_id.is_none() || step >= MAX_STEPS {
            return Ok(match next.transaction_id {
                None => Outcome::Repeats { of: by, why: AGAIN },
                Some(_) => Outcome::TooManySteps,
            });
        }
        // Whoever cannot read one report need not read those after it.
        let looked = match unread {
            true => Before::Unread,
            false => {
                let looked = timeout_at(end, before(recorder, &next, by, depends)).await;
                looked.unwrap_or(Before::Unread)
            }
        };
        match looked {
            Before::Step(id, fact) => history.push(id, *fact),
            Before::OwnKey => return Ok(Outcome::Repeats { of: by, why: AGAIN }),
            // Whoever ignores repeats need not know what was before.
            Before::Unread if !depends => {
                return Ok(Outcome::Repeats { of: by, why: AGAIN });
            }
            Before::Unread => {
                let Some(by) = by else {
                    return Ok(Outcome::Pending);
                };
                unread = true;
                history.push(by, Event::default());
            }
        }
    }
}

/// A transaction is known for as long as its last report: a chain without its beginning would begin anew.
async fn renew(recorder: &EventRecorder, history: &History) {
    for (id, event) in history
        .all()
        .filter(|(_, event)| event.transaction_id.is_some())
    {
        for name in sender_keys::names(event) {
            // The event is recorded: a store that is away costs nothing but days.
            let _ = recorder.keys.confirm(&name, *id, KEEP_MS).await;
        }
    }
}

/// Whether what a report does depends on those before it.
pub(crate) fn depends(goal: &Goal, event: &Event) -> bool {
    let is_negative = event.amount_micros.is_some_and(|amount| amount < 0);
    let options = goal.options.as_deref();
    is_negative || options.is_some_and(GoalOptions::has_changes)
}

/// What a key is taken by.
enum Before {
    /// The report at this step.
    Step(EventId, Box<Event>),
    /// The sender's own key of this report.
    OwnKey,
    /// Nobody can say now.
    Unread,
}

/// Looks at what was recorded before: everywhere if it matters, else where that costs nothing.
async fn before(
    recorder: &EventRecorder,
    event: &Event,
    by: Option<EventId>,
    everywhere: bool,
) -> Before {
    let by = match by {
        Some(by) => by,
        // One of the same request: it is there now.
        None => match taken_by(recorder, event).await {
            Some(by) => by,
            None => return Before::Unread,
        },
    };
    let found = match everywhere {
        true => {
            let own = Some(&recorder.log);
            recorder.lookup.find(own, by, Purpose::Transaction).await
        }
        false => lookup::in_memory(&recorder.log, by),
    };
    let Some(found) = found.map(|record| record.event) else {
        return Before::Unread;
    };
    let has_own = event.idempotency_key.is_some();
    if has_own && found.idempotency_key == event.idempotency_key {
        return Before::OwnKey;
    }
    match found.object == event.object && found.transaction_id == event.transaction_id {
        true => Before::Step(by, Box::new(found)),
        // A key from before they had scopes.
        false => Before::OwnKey,
    }
}

async fn taken_by(recorder: &EventRecorder, event: &Event) -> Option<EventId> {
    let now_ms = recorder.clock.now_ms();
    for name in sender_keys::names(event) {
        if let Ok(Some(by)) = recorder.keys.store.taken_by(&name, now_ms).await {
            return Some(by);
        }
    }
    None
}
