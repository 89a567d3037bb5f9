//! A history that an account imports: a log of its own, written into the object store with no collector in between.
//!
//! Nobody knows the log before all of it is there: segments first, then seals, then which log it is, and last that the log
//! exists, at its end already. So a reader either does not see the history, or sees all of it sealed; what batch has
//! not settled of it then makes the answers of this account incomplete, and nobody else's.
//!
//! An import is known by its account and a name. Whoever begins it says so in `imports/{account}/{import}/{attempt}.json`: from
//! what stands there follow the log's id and the time at which its events are taken to have been received, so that one
//! that was cut off and begins again makes the same bytes, finds its own segments, and goes on behind them. If they are not
//! the same after all (links were changed meanwhile, or another program writes them), it begins another attempt in
//! another log. Which attempt it was in the end `imports/{account}/{import}/done.json` decides, which is made once.

#[cfg(test)]
mod tests;

use futures::TryStreamExt;
use model::{
    Bug, EntityId, Epoch, Event, LogId, Record, SegmentNo, Seq, Span, failpoint::reach, planted,
};
use object_store::ObjectStoreExt;
use serde::{Deserialize, Serialize};
use storage::{
    object_keys::{ObjectKey, folders},
    store::{self, Created, Outcome, Store, StoreError},
};

use crate::{
    raw::{self, LogInfo, Seal, json, read_own},
    segment::{self, Header},
};

/// Events of one segment, which is an epoch here: batch takes as many at once as it can hold.
pub const MOST_EVENTS: usize = 50_000;
/// For how long an attempt is gone on with, milliseconds: visitors' numbers are made with salts that are destroyed.
const GOOD_FOR_MS: i64 = 24 * 3_600_000;

/// What an import is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportId {
    /// Whose history it is.
    pub account: EntityId,
    /// Its name: a hash, see [`storage::object_keys::is_name`].
    pub name: String,
    /// What its contents are, so that another history is not taken for it: a hash.
    pub contents: String,
}

/// An attempt that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    account: EntityId,
    attempt: u64,
    contents: String,
    /// When its events are taken to have been received, unix milliseconds.
    pub begun_ms: i64,
}

/// Which log it was in the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Whose history is in it.
    pub account: EntityId,
    /// The log.
    pub log: LogId,
    /// Its last event, and so how many there are.
    pub last: Seq,
    /// When it was begun, unix milliseconds.
    pub begun_ms: i64,
    contents: String,
}

/// Where an import stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is to be written.
    Begun(Begun),
    /// It was done before.
    Done(Done),
}

/// Why an import cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The name was given to another history.
    #[error(
        "this account has imported something else under this name; give the new contents another --name"
    )]
    OtherContents,
}

impl ImportId {
    /// Begins the import, or finds where an earlier try left it.
    ///
    /// # Errors
    ///
    /// The store fails, or has another history under this name.
    pub async fn begin(&self, store: &Store, now_ms: i64) -> Result<Standing, ImportError> {
        if let Some(done) = self.done(store).await? {
            return Ok(Standing::Done(done));
        }
        let last = self.last_attempt(store).await?;
        let is_good = |begun: &Begun| {
            begun.contents == self.contents && (0..GOOD_FOR_MS).contains(&(now_ms - begun.begun_ms))
        };
        let standing = match last {
            Some(begun) if is_good(&begun) => begun,
            last => {
                self.attempt(store, last.map_or(1, |last| last.attempt + 1), now_ms)
                    .await?
            }
        };
        reach("import.begun");
        Ok(Standing::Begun(standing))
    }

    /// Begins anew after `begun`, which cannot be gone on with.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn begin_again(
        &self,
        store: &Store,
        begun: &Begun,
        now_ms: i64,
    ) -> Result<Begun, StoreError> {
        self.attempt(store, begun.attempt + 1, now_ms).await
    }

    async fn attempt(&self, store: &Store, attempt: u64, now_ms: i64) -> Result<Begun, StoreError> {
        let begun = Begun {
            account: self.account,
            attempt,
            contents: self.contents.clone(),
            begun_ms: now_ms,
        };
        let key = self.key(attempt);
        let path = key.path();
        match store::create(store, &path, json(&path, &begun)?).await? {
            Created::New => Ok(begun),
            // Somebody else begins it at this moment: both go on with what stands there.
            _ => self
                .read_attempt(store, attempt)
                .await?
                .ok_or(StoreError::Damaged {
                    path,
                    why: "it vanished".into(),
                }),
        }
    }

    async fn last_attempt(&self, store: &Store) -> Result<Option<Begun>, StoreError> {
        let folder = folders::import(self.account, &self.name);
        let objects = store.list(Some(&folder)).try_collect::<Vec<_>>().await;
        let objects = objects.map_err(|error| StoreError::request("list", &folder, error))?;
        let attempts =
            objects
                .iter()
                .filter_map(|object| match ObjectKey::parse(&object.location) {
                    Ok(ObjectKey::ImportBegun { attempt, .. }) => Some(attempt),
                    _ => None,
                });
        match attempts.max() {
            Some(attempt) => self.read_attempt(store, attempt).await,
            None => Ok(None),
        }
    }

    async fn read_attempt(&self, store: &Store, attempt: u64) -> Result<Option<Begun>, StoreError> {
        let belongs = |begun: &Begun| (begun.account, begun.attempt) == (self.account, attempt);
        read_own(store, self.key(attempt), belongs).await
    }

    /// What was done before; that its log is known is made sure.
    async fn done(&self, store: &Store) -> Result<Option<Done>, ImportError> {
        let key = ObjectKey::ImportDone {
            account: self.account,
            import: self.name.clone(),
        };
        let done = read_own(store, key, |done: &Done| done.account == self.account).await?;
        if let Some(done) = &done {
            if done.contents != self.contents {
                return Err(ImportError::OtherContents);
            }
            done.make_known(store).await?;
        }
        Ok(done)
    }

    fn key(&self, attempt: u64) -> ObjectKey {
        ObjectKey::ImportBegun {
            account: self.account,
            import: self.name.clone(),
            attempt,
        }
    }

    /// The log of an attempt: the same for all who go on with it. It sorts by when it was begun, as those of collectors do.
    fn log(&self, begun: &Begun) -> LogId {
        let text = format!(
            "{} {} {} {}",
            self.account, self.name, begun.attempt, begun.contents
        );
        let hash = blake3::hash(text.as_bytes());
        let mut low = [0; 16];
        low[6..].copy_from_slice(&hash.as_bytes()[..10]);
        let high = u128::from(begun.begun_ms.max(0) as u64 & 0xffff_ffff_ffff) << 80;
        LogId(high | u128::from_be_bytes(low))
    }

    /// Ends the import: says in which log it is, and then that the log exists. What it was before, if somebody else was
    /// faster.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn finish(
        &self,
        store: &Store,
        begun: &Begun,
        written: Written,
    ) -> Result<Done, ImportError> {
        let done = Done {
            account: self.account,
            log: written.log,
            last: written.last,
            begun_ms: begun.begun_ms,
            contents: self.contents.clone(),
        };
        let key = ObjectKey::ImportDone {
            account: self.account,
            import: self.name.clone(),
        };
        let path = key.path();
        store::create(store, &path, json(&path, &done)?).await?;
        reach("import.done");
        if planted(Bug::ImportTrustsItself) {
            done.make_known(store).await?;
        }
        // Makes it known, whosever it is.
        let done = self.done(store).await?.ok_or(StoreError::Damaged {
            path,
            why: "it vanished".into(),
        })?;
        reach("import.known");
        self.tidy(store, &done).await;
        Ok(done)
    }

    /// Deletes what other attempts left: their logs were never known to anybody.
    async fn tidy(&self, store: &Store, done: &Done) {
        let mut attempt = 1;
        while let Ok(Some(begun)) = self.read_attempt(store, attempt).await {
            let log = self.log(&begun);
            if log != done.log
                && let Err(error) = delete(store, log).await
            {
                tracing::warn!(%error, %log, "what an earlier try of an import left is not deleted; nobody counts it");
            }
            attempt += 1;
        }
    }
}

async fn delete(store: &Store, log: LogId) -> Result<(), object_store::Error> {
    for folder in [folders::seals(log), folders::raw(log)] {
        let objects: Vec<_> = store.list(Some(&folder)).try_collect().await?;
        for object in objects {
            store.delete(&object.location).await?;
        }
    }
    Ok(())
}

impl Done {
    /// Says that the log exists and has its end; again if what is said of it is damaged.
    async fn make_known(&self, store: &Store) -> Result<(), StoreError> {
        let info = LogInfo {
            log: self.log,
            created_ms: self.begun_ms,
            predecessor: None,
            retired_at: Some(self.last),
            closed: None,
            account: Some(self.account),
        };
        match raw::log_info(store, self.log).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => raw::register_log(store, &info).await,
            Err(StoreError::Damaged { .. }) => raw::update_log(store, &info).await,
            Err(error) => Err(error),
        }
    }
}

/// Writes an attempt: segment after segment, each an epoch.
pub struct Writer {
    store: Store,
    next: Header,
    seals: Vec<Seal>,
    /// Segments that an earlier try had written.
    found: u64,
}

/// A log that is all there, and that nobody knows of yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    log: LogId,
    last: Seq,
}

/// What became of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is stored.
    Stored,
    /// Another one is there under its number: the attempt cannot be gone on with.
    Other,
}

impl Writer {
    /// Begins at the first event.
    pub fn new(store: Store, import: &ImportId, begun: &Begun) -> Self {
        Self {
            store,
            next: Header {
                log: import.log(begun),
                number: SegmentNo::FIRST,
                epoch: Epoch::FIRST,
                first_seq: Seq::FIRST,
                previous_seq: Seq::ZERO,
                previous_hash: [0; 32],
            },
            seals: Vec::new(),
            found: 0,
        }
    }

    /// Stores the next events, [`MOST_EVENTS`] at most; none is nothing to do.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn put(&mut self, events: Vec<Event>) -> Result<Put, StoreError> {
        if events.is_empty() {
            return Ok(Put::Stored);
        }
        let header = self.next;
        let build = move || {
            let numbered = (header.first_seq.0..).zip(events);
            let records: Vec<Record> = numbered
                .map(|(seq, event)| Record {
                    seq: Seq(seq),
                    epoch: header.epoch,
                    event,
                })
                .collect();
            Ok(segment::build(&header, &records))
        };
        let built = storage::blocking::run(build).await;
        let (bytes, footer) = built.map_err(|error: std::io::Error| self.failed(&error))?;
        match raw::put_segment(&self.store, header.log, header.number, &bytes).await? {
            Outcome::New => {}
            Outcome::Same => self.found += 1,
            Outcome::Different => return Ok(Put::Other),
        }
        reach("import.stored");
        self.seals.push(Seal {
            log: header.log,
            epoch: header.epoch,
            segments: Span::from((header.number, header.number)),
            seqs: Span::from((header.first_seq, footer.last_seq)),
            count: footer.count,
        });
        self.next = Header {
            number: header.number.next(),
            epoch: header.epoch.next(),
            first_seq: footer.last_seq.next(),
            previous_seq: footer.last_seq,
            previous_hash: footer.hash,
            ..header
        };
        Ok(Put::Stored)
    }

    fn failed(&self, error: &std::io::Error) -> StoreError {
        let (log, segment) = (self.next.log, self.next.number);
        StoreError::Damaged {
            path: ObjectKey::Raw { log, segment }.path(),
            why: error.to_string(),
        }
    }

    /// How many events were stored, here or by an earlier try.
    pub fn events(&self) -> u64 {
        self.next.previous_seq.0
    }

    /// Segments that an earlier try had written.
    pub fn found(&self) -> u64 {
        self.found
    }

    /// Seals what was stored; none if another program had stored more: the attempt cannot be gone on with.
    ///
    /// # Errors
    ///
    /// The store fails.
    pub async fn seal(self) -> Result<Option<Written>, StoreError> {
        let log = self.next.log;
        if raw::is_stored(&self.store, log, self.next.number).await? {
            return Ok(None);
        }
        for seal in &self.seals {
            if raw::put_seal(&self.store, seal).await? == Outcome::Different {
                return Ok(None);
            }
        }
        reach("import.sealed");
        let last = self.next.previous_seq;
        Ok(Some(Written { log, last }))
    }
}
