//! Has one webhook told what happened: what was refused before and is due, and what is new. Everything that waits stays in the log:
//! in memory there are the messages of one step.

use std::{sync::Arc, time::Duration};

use catalog::{By, CatalogError, Change, State, Webhook, WebhookMethod, webhook::Disabled};
use futures::{StreamExt, stream};
use handover::raw;
use model::{LogId, random::new_nonce};
use storage::error::StorageError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use webhooks::{
    EventType, backoff,
    delivery::{Answer, Delivery},
    signing,
};

use crate::{
    message::{Maker, Message},
    progress::{self, Aside, Cursor, MOST_ASIDE, Progress, Source, Verdict},
    role::Shared,
    segments::Found,
    sender::Outgoing,
};

/// Messages of one step.
const STEP: usize = 32;
/// They hold so many bytes at most, or are one alone.
const STEP_BYTES: usize = 512 << 10;
/// Messages that are sent to one receiver at once.
const AT_ONCE: usize = 8;
/// Before what failed here, and not at the receiver, is tried again.
const PAUSE: Duration = Duration::from_secs(2);
/// How long nothing is looked for that nobody has told of.
const SELDOM_MS: i64 = 30_000;

/// One webhook, and how far it has been told.
pub(crate) struct Courier {
    pub shared: Arc<Shared>,
    /// As it was when this began.
    pub webhook: Arc<Webhook>,
    /// What all webhooks of its account share.
    pub room: Arc<Semaphore>,
    pub stop: CancellationToken,
}

/// A message, what it tells of, and how often it was tried.
struct Parcel {
    source: Source,
    tries: u32,
    message: Message,
}

/// What a step has found to do.
#[derive(Default)]
struct Load {
    parcels: Vec<Parcel>,
    /// How far the logs will have been told.
    cursors: Vec<(LogId, Cursor)>,
    /// The newest restatement that will have been told.
    restated: Option<Box<str>>,
    /// What was refused, and is wanted no more.
    dropped: Vec<Source>,
}

impl Load {
    fn is_empty(&self) -> bool {
        self.parcels.is_empty()
            && self.cursors.is_empty()
            && self.restated.is_none()
            && self.dropped.is_empty()
    }

    /// How many more messages it may have, of `most`.
    fn room(&self, most: usize) -> usize {
        let bytes: usize = self.parcels.iter().map(|it| it.message.body.len()).sum();
        match bytes >= STEP_BYTES {
            true => 0,
            false => most.saturating_sub(self.parcels.len()),
        }
    }
}

/// What comes after a step.
enum Next {
    Step,
    /// Nothing, until this time (unix milliseconds) or news.
    Wait(i64),
    /// Nothing more.
    End,
}

impl Courier {
    /// Tells until `stop`, or until the webhook is told nothing any more.
    pub async fn run(self) {
        let Some(mut progress) = self.load().await else {
            return;
        };
        let mut news = self.shared.feed.news();
        while !self.stop.is_cancelled() {
            news.mark_unchanged();
            let pause = match self.step(&mut progress).await {
                Ok(Next::End) => return self.leave(&mut progress).await,
                Ok(Next::Step) => continue,
                Ok(Next::Wait(until_ms)) => Some(until_ms - self.shared.now_ms()),
                Err(error) => {
                    let webhook = &self.webhook.id;
                    tracing::warn!(%webhook, %error, "a webhook waits");
                    None
                }
            };
            let is_well = pause.is_some();
            let pause = pause.map_or(PAUSE, |left| Duration::from_millis(left.max(10) as u64));
            tokio::select! {
                biased;
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
                _ = news.changed(), if is_well => {}
            }
        }
        if self.current().is_none() {
            self.leave(&mut progress).await;
        }
    }

    /// What is left to do when the webhook is told nothing any more.
    async fn leave(&self, progress: &mut Progress) {
        let (account, id) = (self.webhook.account, &self.webhook.id);
        let now = self
            .shared
            .catalog
            .read(|state| state.webhook(account, id).cloned());
        match now {
            None => progress::delete(&self.shared.env.store, &self.webhook).await,
            // Enabled again, what was refused has its time anew.
            Some(webhook) if webhook.disabled.is_some() => {
                progress.rest();
                self.save(progress).await;
            }
            Some(_) => {}
        }
    }

    async fn load(&self) -> Option<Progress> {
        loop {
            match Progress::load(&self.shared.env.store, &self.webhook).await {
                Ok(known) => return Some(Progress::of(self.webhook.begins, known)),
                Err(error) => tracing::warn!(%error, "it is not known how far a webhook was told"),
            }
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }

    /// The webhook as it is now, if it is still told.
    fn current(&self) -> Option<Arc<Webhook>> {
        let (account, id) = (self.webhook.account, &self.webhook.id);
        let is_open = |state: &State, it: &Arc<Webhook>| {
            it.disabled.is_none()
                && !state.is_suspended(account)
                && it.begins == self.webhook.begins
        };
        self.shared.catalog.read(|state| {
            let webhook = state.webhook(account, id);
            webhook.filter(|it| is_open(state, it)).cloned()
        })
    }

    async fn step(&self, progress: &mut Progress) -> Result<Next, StorageError> {
        if self.current().is_none() {
            return Ok(Next::End);
        }
        let now_ms = self.shared.now_ms();
        if now_ms < progress.rests_until() {
            return Ok(Next::Wait(progress.rests_until()));
        }
        self.take_in_logs(progress).await?;
        let _room = self.room(progress).await;
        // Room may have been long in coming.
        let Some(webhook) = self.current() else {
            return Ok(Next::End);
        };
        let load = self.load_of(&webhook, progress, now_ms).await?;
        if load.is_empty() {
            let retry = progress.next_retry().unwrap_or(i64::MAX);
            return Ok(Next::Wait(retry.min(now_ms + SELDOM_MS)));
        }
        let reason = self.deliver(&webhook, progress, load).await;
        self.save(progress).await;
        if let Some(reason) = reason {
            self.disable(reason).await?;
        }
        Ok(Next::Step)
    }

    /// Room among all, and among those of the account. Receivers that fail or are slow wait for each other alone.
    async fn room(
        &self,
        progress: &Progress,
    ) -> (Option<OwnedSemaphorePermit>, Option<OwnedSemaphorePermit>) {
        let own = Arc::clone(&self.room).acquire_owned().await.ok();
        let rooms = match progress.takes_long() {
            true => &self.shared.failing,
            false => &self.shared.sound,
        };
        (own, Arc::clone(rooms).acquire_owned().await.ok())
    }

    async fn take_in_logs(&self, progress: &mut Progress) -> Result<(), StorageError> {
        let seen = self.shared.overview.look_once().await?;
        let base = self.shared.base(progress.base()).await?;
        progress.take_in(seen.directory.logs(), &base.horizon);
        let newest = &seen.published;
        progress.rebase(newest.n, |log| {
            let info = seen.directory.get(log);
            info.is_some_and(|info| !info.is_open_beyond(&newest.manifest.horizon))
        });
        Ok(())
    }

    /// What is to be sent now.
    async fn load_of(
        &self,
        webhook: &Webhook,
        progress: &mut Progress,
        now_ms: i64,
    ) -> Result<Load, StorageError> {
        let maker = Maker {
            webhook,
            rules: &self.shared.rules,
            catalog: &self.shared.catalog,
        };
        let most = if progress.is_down() { 1 } else { STEP };
        let mut load = Load::default();
        let mut failed: Option<StorageError> = None;
        for aside in progress.due(now_ms, most) {
            if load.room(most) == 0 {
                break;
            }
            let again = match self.again(&maker, &aside).await {
                Ok(again) => again,
                // Another segment may be read all the same.
                Err(error) => {
                    failed = failed.or(Some(error));
                    continue;
                }
            };
            match again {
                Some(message) => load.parcels.push(Parcel {
                    source: aside.source,
                    tries: aside.tries,
                    message,
                }),
                None => load.dropped.push(aside.source),
            }
        }
        let room = MOST_ASIDE.saturating_sub(progress.aside.len()).min(most);
        let logs: Vec<(LogId, Cursor)> =
            progress.logs.iter().map(|(log, at)| (*log, *at)).collect();
        for (log, at) in logs.into_iter().filter(|(_, at)| !at.ended) {
            if load.room(room) == 0 {
                break;
            }
            match self.new_of(&maker, log, at, room, &mut load).await {
                Ok(at) => load.cursors.extend(at.map(|at| (log, at))),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if let Err(error) = self.restated(&maker, progress, room, &mut load).await {
            failed = failed.or(Some(error));
        }
        match failed {
            Some(error) if load.is_empty() => Err(error),
            Some(error) => {
                let webhook = &webhook.id;
                tracing::warn!(%webhook, %error, "a part of what a webhook is told waits");
                Ok(load)
            }
            None => Ok(load),
        }
    }

    /// A message that was refused before, made again.
    async fn again(
        &self,
        maker: &Maker<'_>,
        aside: &Aside,
    ) -> Result<Option<Message>, StorageError> {
        let place = match &aside.source {
            Source::Events(place) => *place,
            Source::Restated { restated } => {
                let told = self.shared.restated.read(restated).await?;
                return Ok(told.and_then(|told| maker.restated(restated, &told)));
            }
        };
        let found = self.shared.segments.get(place.log, place.segment).await;
        let Some(Found::Segment(segment)) = found.map_err(shared_error)? else {
            return Ok(None);
        };
        let records = segment.of(maker.webhook.account.raw);
        let planned = maker.plan(place.log, place.segment, records);
        let found = planned.iter().find(|planned| planned.place == place);
        Ok(found.map(|planned| maker.make(planned)))
    }

    /// What changed of settled days since it was told last, as far as there is room.
    async fn restated(
        &self,
        maker: &Maker<'_>,
        progress: &Progress,
        most: usize,
        load: &mut Load,
    ) -> Result<(), StorageError> {
        let newest = self.shared.newest_restated();
        let Some(newest) = newest.filter(|newest| progress.restated.as_deref() != Some(newest))
        else {
            return Ok(());
        };
        if !maker.webhook.types.contains(&EventType::NumbersRestated) {
            load.restated = Some(newest.into());
            return Ok(());
        }
        let told = progress.restated.as_deref();
        let until = self.shared.told_until(told, self.webhook.begins).await?;
        let names = self.shared.restated.after(&newest, &until).await?;
        for name in names.into_iter().take(STEP) {
            if load.room(most) == 0 {
                break;
            }
            let told = self.shared.restated.read(&name).await?;
            let message = told.and_then(|told| maker.restated(&name, &told));
            load.parcels.extend(message.map(|message| Parcel {
                source: Source::Restated {
                    restated: name.as_str().into(),
                },
                tries: 0,
                message,
            }));
            load.restated = Some(name.into());
        }
        Ok(())
    }

    /// Messages of the next segment of a log, until there are `most`; gives how far it has been told with them, if that is further.
    async fn new_of(
        &self,
        maker: &Maker<'_>,
        log: LogId,
        at: Cursor,
        most: usize,
        load: &mut Load,
    ) -> Result<Option<Cursor>, StorageError> {
        let feed = &self.shared.feed;
        let mut at = at;
        if at.next >= feed.next(log, at.next) {
            return Ok(self.end_of(log, at));
        }
        let found = self.shared.segments.get(log, at.next).await;
        match found.map_err(shared_error)? {
            None => Err(raw::missing(log, at.next).into()),
            Some(Found::End) => Ok(Some(Cursor { ended: true, ..at })),
            Some(Found::Segment(segment)) => {
                let records = segment.of(maker.webhook.account.raw);
                let planned = maker.plan(log, at.next, records);
                let told = at.seq;
                let left = planned.iter().filter(|it| it.place.last > told);
                let mut left = left.peekable();
                while load.room(most) > 0
                    && let Some(planned) = left.next()
                {
                    at.seq = planned.place.last;
                    load.parcels.push(Parcel {
                        source: Source::Events(planned.place),
                        tries: 0,
                        message: maker.make(planned),
                    });
                }
                if left.peek().is_none() {
                    (at.next, at.seq) = (at.next.next(), segment.last.max(at.seq));
                }
                Ok(Some(at))
            }
        }
    }

    /// The end of a log of which all was told.
    fn end_of(&self, log: LogId, at: Cursor) -> Option<Cursor> {
        let seen = self.shared.overview.seen();
        let last = seen.directory.get(log)?.retired_at?;
        self.shared.feed.ended(log, last);
        (at.seq >= last).then_some(Cursor { ended: true, ..at })
    }

    /// Sends, and takes in what came back. Gives why the webhook is to be disabled, if it is.
    async fn deliver(
        &self,
        webhook: &Webhook,
        progress: &mut Progress,
        load: Load,
    ) -> Option<String> {
        let (mut reason, is_sent) = (None, !load.parcels.is_empty());
        load.dropped
            .iter()
            .for_each(|source| progress.settle(source));
        let sent = stream::iter(load.parcels).map(|parcel| async move {
            let answer = self.send(webhook, &parcel.message).await;
            (parcel, answer)
        });
        let mut sent = Box::pin(sent.buffer_unordered(AT_ONCE));
        while let Some((parcel, answer)) = sent.next().await {
            let Some((at_ms, answer)) = answer else {
                // It was disabled or changed meanwhile: it is told later, as the webhook is then.
                progress.set_aside(&parcel.source);
                continue;
            };
            progress.note(noted(&parcel, at_ms, &answer));
            progress.took(answer.took_ms);
            if answer.is_success() {
                progress.settle(&parcel.source);
                progress.succeeded();
                continue;
            }
            let verdict = progress.refused(&parcel.source, self.shared.now_ms(), self.random());
            if answer.is_gone() {
                reason = Some("the receiver answered 410 Gone".to_owned());
            } else if verdict == Verdict::GiveUp {
                let hours = backoff::PATIENCE_MS / 3_600_000;
                let why = answer.why().unwrap_or_default();
                reason = Some(format!("a message was not taken for {hours} hours: {why}"));
            }
        }
        if is_sent {
            progress.step_ended(self.shared.now_ms(), self.random());
        }
        for (log, cursor) in load.cursors {
            progress.logs.insert(log, cursor);
        }
        if load.restated.is_some() {
            progress.restated = load.restated;
        }
        reason
    }

    fn random(&self) -> u64 {
        new_nonce(&*self.shared.env.random) as u64
    }

    /// Sends one message now; `None`: nothing is sent any more to the webhook as it was when the message was made.
    async fn send(&self, webhook: &Webhook, message: &Message) -> Option<(i64, Answer)> {
        self.current().filter(|now| **now == *webhook)?;
        let at_ms = self.shared.now_ms();
        let answer = self
            .shared
            .sender
            .send(outgoing(webhook, message, at_ms))
            .await;
        let result = if answer.is_success() {
            "delivered"
        } else {
            "refused"
        };
        metrics::counter!("millrace_webhook_messages_total", "result" => result).increment(1);
        Some((at_ms, answer))
    }

    /// Stores how far it was told, however often that must be tried: nothing more is sent before.
    async fn save(&self, progress: &Progress) {
        while let Err(error) = progress.save(&self.shared.env.store, &self.webhook).await {
            tracing::warn!(%error, "it cannot be stored how far a webhook was told; tried again");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn disable(&self, reason: String) -> Result<(), StorageError> {
        let (account, id) = (self.webhook.account, &self.webhook.id);
        tracing::info!(webhook = %id, "a webhook is disabled");
        let disabled = Disabled {
            since_ms: self.shared.now_ms(),
            reason: reason.into(),
        };
        let decide = |state: &State| -> Result<Vec<Change>, CatalogError> {
            let known = state.webhook(account, id);
            let known =
                known.filter(|it| it.disabled.is_none() && it.begins == self.webhook.begins);
            let change = known.map(|it| {
                let mut webhook = Webhook::clone(it);
                webhook.disabled = Some(disabled.clone());
                Change::PutWebhook(Box::new(webhook))
            });
            Ok(change.into_iter().collect())
        };
        self.shared.catalog.commit_by(&By::System, decide).await?;
        Ok(())
    }
}

/// An error that others have, too.
fn shared_error(error: Arc<StorageError>) -> StorageError {
    StorageError::Content {
        kind: error.kind(),
        source: Box::new(error),
    }
}

fn noted(parcel: &Parcel, at_ms: i64, answer: &Answer) -> Delivery {
    let message = &parcel.message;
    answer.delivery(
        &message.id,
        message.kind,
        at_ms,
        parcel.tries.saturating_add(1),
    )
}

/// A message, signed.
pub(crate) fn outgoing(webhook: &Webhook, message: &Message, now_ms: i64) -> Outgoing {
    let seconds = now_ms.div_euclid(1_000);
    let secrets = webhook.secrets(now_ms);
    Outgoing {
        url: message.url.clone(),
        id: message.id.clone(),
        seconds,
        signature: signing::signature(secrets, &message.id, seconds, &message.body),
        body: (webhook.method == WebhookMethod::Post).then(|| message.body.clone()),
    }
}
