//! One group of records, brought to the collector: again and again until it answers, within bounds.

use std::{
    mem,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::{
    Tell, Told,
    batch::Batch,
    client::{Answer, Client, Failure, body},
    patience::Patience,
    record::{Content, Record},
    refusal::Refusal,
    rejects::Refused,
    totals::Totals,
};

/// What the collector says of an event whose key another request holds at the moment: maybe an earlier try.
const IN_PROGRESS: &str = "in_progress";

/// What became of a group.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    /// Its last line.
    pub(crate) last: u64,
    pub(crate) totals: Totals,
    /// In the order of lines.
    pub(crate) refused: Vec<Refused>,
}

/// Why a group was not delivered.
#[derive(Debug)]
pub(crate) enum Undelivered {
    Failed(String),
    Interrupted,
}

/// Brings groups to a collector.
pub(crate) struct Delivery {
    pub(crate) client: Client,
    pub(crate) patience: Patience,
    pub(crate) pace: Pace,
    pub(crate) tell: Tell,
    /// Whether the collector is being waited for: said once, not by each stream.
    away: AtomicBool,
}

impl Delivery {
    pub(crate) fn new(client: Client, patience: Patience, rate: u64, tell: Tell) -> Self {
        Self {
            client,
            patience,
            pace: Pace::new(rate),
            tell,
            away: AtomicBool::new(false),
        }
    }

    /// Brings a group; `stop` ends waiting, but no request under way.
    pub(crate) async fn deliver(
        &self,
        batch: Batch,
        stop: &CancellationToken,
    ) -> Result<Delivered, Undelivered> {
        let mut delivered = Delivered::default();
        let mut events = Vec::new();
        for record in batch.records {
            delivered.last = record.last;
            sort(record, &mut events, &mut delivered);
        }
        self.pace.wait(events.len(), stop).await?;
        let mut tries = 0;
        while !events.is_empty() {
            let answer = self.answer(&events, stop).await?;
            delivered.totals.accepted += answer.accepted;
            delivered.totals.duplicates += answer.duplicates;
            tries += 1;
            let wait = self.patience.wait(tries, None);
            events = self.rejected(answer, events, wait.is_some(), &mut delivered)?;
            if let (false, Some(wait)) = (events.is_empty(), wait) {
                pause(wait, stop).await?;
            }
        }
        delivered.refused.sort_by_key(|refused| refused.line);
        for refused in &delivered.refused {
            let count = delivered
                .totals
                .rejected
                .entry(refused.refusal.code.to_string());
            *count.or_default() += 1;
        }
        Ok(delivered)
    }

    /// Puts down what was rejected; gives back what is to be sent again.
    fn rejected(
        &self,
        answer: Answer,
        events: Vec<(Record, String)>,
        again: bool,
        delivered: &mut Delivered,
    ) -> Result<Vec<(Record, String)>, Undelivered> {
        let told = answer.accepted + answer.duplicates + answer.rejected.len() as u64;
        let mut events: Vec<Option<(Record, String)>> = events.into_iter().map(Some).collect();
        let no_sense = || {
            let (url, sent) = (self.client.url(), events.len());
            Undelivered::Failed(format!(
                "{url} is no collector, or another version: it was sent {sent} events and its answer tells of {told}"
            ))
        };
        if told != events.len() as u64 {
            return Err(no_sense());
        }
        let mut next = Vec::new();
        for rejected in answer.rejected {
            let Some(event) = events.get_mut(rejected.index).and_then(mem::take) else {
                return Err(Undelivered::Failed(format!(
                    "{} names the event {} twice, or it is none that was sent",
                    self.client.url(),
                    rejected.index
                )));
            };
            match again && rejected.code == IN_PROGRESS {
                true => next.push(event),
                false => {
                    let refusal = Refusal::new(rejected.code, rejected.detail);
                    delivered.refused.push(refused(event.0, refusal));
                }
            }
        }
        Ok(next)
    }

    /// The collector's answer to these events.
    async fn answer(
        &self,
        events: &[(Record, String)],
        stop: &CancellationToken,
    ) -> Result<Answer, Undelivered> {
        let body = body(events.iter().map(|(_, text)| text.as_str()));
        let body = body.map_err(|e| Undelivered::Failed(e.to_string()))?;
        let mut tries = 0;
        loop {
            let (why, asked) = match self.client.post(body.clone()).await {
                Ok(answer) => {
                    self.away.store(false, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(Failure::Fatal(why)) => return Err(Undelivered::Failed(why)),
                Err(Failure::Later(why, asked)) => (why, asked),
            };
            tries += 1;
            let Some(wait) = self.patience.wait(tries, asked) else {
                let why = format!("{why} ({tries} times in a row)");
                return Err(Undelivered::Failed(why));
            };
            if !self.away.swap(true, Ordering::Relaxed) {
                (self.tell)(Told::Notice(format!("{why}; trying again")));
            }
            pause(wait, stop).await?;
        }
    }
}

/// Where a record goes: to the events, the refused, or the count of what is no event.
fn sort(mut record: Record, events: &mut Vec<(Record, String)>, delivered: &mut Delivered) {
    match mem::replace(&mut record.content, Content::Nothing(String::new())) {
        Content::Event(text) => events.push((record, text)),
        Content::Refused(refusal) => delivered.refused.push(refused(record, refusal)),
        Content::Nothing(why) => *delivered.totals.skipped.entry(why).or_default() += 1,
    }
}

fn refused(record: Record, refusal: Refusal) -> Refused {
    Refused {
        line: record.line,
        key: record.key,
        raw: record.raw,
        refusal,
    }
}

async fn pause(wait: Duration, stop: &CancellationToken) -> Result<(), Undelivered> {
    tokio::select! {
        () = sleep(wait) => Ok(()),
        () = stop.cancelled() => Err(Undelivered::Interrupted),
    }
}

/// How many events a second are sent at most, by all streams.
pub(crate) struct Pace {
    /// 0: as fast as it goes.
    rate: u64,
    next: Arc<Mutex<Option<Instant>>>,
}

impl Pace {
    fn new(rate: u64) -> Self {
        Self {
            rate,
            next: Arc::default(),
        }
    }

    /// Waits until it is the turn of `events`. Time that was lost is not made up for.
    async fn wait(&self, events: usize, stop: &CancellationToken) -> Result<(), Undelivered> {
        if self.rate == 0 {
            return Ok(());
        }
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let turn = next.unwrap_or(now).max(now);
            *next = Some(turn + Duration::from_secs_f64(events as f64 / self.rate as f64));
            turn
        };
        tokio::select! {
            () = sleep_until(turn) => Ok(()),
            () = stop.cancelled() => Err(Undelivered::Interrupted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pace_is_kept_by_all_streams_together() {
        let (pace, stop) = (Pace::new(100), CancellationToken::new());
        let start = Instant::now();
        let waits = [
            pace.wait(10, &stop),
            pace.wait(10, &stop),
            pace.wait(10, &stop),
        ];
        let [a, b, c] = waits;
        let _ = tokio::join!(a, b, c);
        assert_eq!(start.elapsed().as_millis(), 200);
        // A second without events is not made up for.
        sleep(Duration::from_secs(1)).await;
        let start = Instant::now();
        let _ = tokio::join!(pace.wait(10, &stop), pace.wait(10, &stop));
        assert_eq!(start.elapsed().as_millis(), 100);
    }
}
