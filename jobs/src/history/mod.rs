//! The runs of a job: a ledger, so that processes agree on who runs it.

mod entry;
mod runs;
mod state;

use std::time::Duration;

use storage::{
    env::Env,
    ledger::{self, Appended, Ledger, LedgerError},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

pub use self::{
    entry::Reason,
    runs::{Run, RunState},
};
pub(crate) use self::{
    entry::{Entry, Finished},
    state::{Decision, Running, State, View, Wanted},
};

/// Entries read at once.
const CHUNK: u64 = 64;
/// Most entries looked through for old runs.
const MOST_ENTRIES: u64 = 10_000;
/// How often a request is tried when others append at the same time.
const TRIES: usize = 20;

/// The history of one job.
pub(crate) struct History {
    ledger: Ledger,
    env: Env,
    newest: Mutex<Option<Newest>>,
}

/// What is known of the newest run.
struct Newest {
    /// The last entry that was read.
    n: u64,
    /// Its beginning, and its end if it has ended.
    entries: Vec<ledger::Entry<Entry>>,
}

impl History {
    /// The history of the job `name`.
    pub(crate) fn new(name: &str, env: Env) -> Self {
        let ledger = Ledger::new(env.store.clone(), &format!("jobs-{name}"));
        let newest = Mutex::new(None);
        Self {
            ledger,
            env,
            newest,
        }
    }

    /// Takes new entries in. A fresh state begins with the newest run, which tells all before it.
    pub(crate) async fn follow(&self, state: &mut State) -> Result<(), LedgerError> {
        if state.n == 0 {
            state.n = self.back_to(1).await?;
        }
        loop {
            let entries = self.ledger.entries_after(state.n, CHUNK as usize).await?;
            let last = (entries.len() as u64) < CHUNK;
            entries
                .into_iter()
                .for_each(|entry| state.apply(entry.n, entry.body));
            if last {
                return Ok(());
            }
        }
    }

    /// Appends the entry after the state's last; `false` if somebody else was faster.
    pub(crate) async fn append(
        &self,
        state: &mut State,
        entry: Entry,
    ) -> Result<bool, LedgerError> {
        let stamp = self.env.stamp();
        let n = state.n + 1;
        let appended = self.ledger.append(n, &entry, stamp).await? == Appended::Yes;
        if appended {
            state.apply(n, entry);
        }
        Ok(appended)
    }

    /// The newest run. What was read is not read again: one look-up when nothing is new.
    pub(crate) async fn newest_run(&self) -> Result<Option<Run>, LedgerError> {
        let mut kept = self.newest.lock().await;
        let (from, mut entries) = match &*kept {
            Some(newest) => (newest.n, newest.entries.clone()),
            None => (self.back_to(1).await?, Vec::new()),
        };
        let new = self.after(from).await?;
        let n = new.last().map_or(from, |entry| entry.n);
        let tells = |body: &Entry| matches!(body, Entry::Started(_) | Entry::Finished(_));
        entries.extend(new.into_iter().filter(|entry| tells(&entry.body)));
        let begun = |entry: &ledger::Entry<Entry>| matches!(entry.body, Entry::Started(_));
        if let Some(begin) = entries.iter().rposition(begun) {
            entries.drain(..begin);
        }
        let run = runs::runs(&entries).pop();
        *kept = Some(Newest { n, entries });
        Ok(run)
    }

    /// The newest runs, newest first.
    pub(crate) async fn newest_runs(&self, limit: usize) -> Result<Vec<Run>, LedgerError> {
        let from = self.back_to(limit).await?;
        let entries = self.after(from).await?;
        let mut runs = runs::runs(&entries);
        runs.reverse();
        runs.truncate(limit);
        Ok(runs)
    }

    /// Asks for a run; gives the request's number. Joins a request that has not been answered yet
    /// and wants no less.
    pub(crate) async fn request(&self, by: &str, close_epochs: bool) -> Result<u64, LedgerError> {
        let mut state = State::default();
        for _ in 0..TRIES {
            self.follow(&mut state).await?;
            let joined = state
                .wanted
                .filter(|wanted| wanted.close_epochs || !close_epochs);
            if let Some(Wanted { request, .. }) = joined {
                return Ok(request);
            }
            let entry = Entry::Requested {
                by: by.to_string(),
                close_epochs,
            };
            if self.append(&mut state, entry).await? {
                return Ok(state.n);
            }
        }
        // Whatever was appended meanwhile came after we asked: the next run will do.
        Ok(state.n)
    }

    /// The run that answers a request, once it has ended or the time is up; it is looked for
    /// every `poll`.
    pub(crate) async fn answer(
        &self,
        request: u64,
        poll: Duration,
        until: Instant,
    ) -> Result<Option<Run>, LedgerError> {
        let mut entries = Vec::new();
        let mut seen = request;
        loop {
            let new = self.after(seen).await?;
            seen = new.last().map_or(seen, |entry| entry.n);
            entries.extend(
                new.into_iter()
                    .filter(|entry| !matches!(entry.body, Entry::Heartbeat { .. })),
            );
            let run = runs::runs(&entries)
                .into_iter()
                .find(|run| run.state != RunState::TakenOver);
            let ended = run
                .as_ref()
                .is_some_and(|run| run.state != RunState::Running);
            if ended || Instant::now() >= until {
                return Ok(run);
            }
            sleep(poll).await;
        }
    }

    /// Number of an entry after which the newest `count` runs begin.
    async fn back_to(&self, count: usize) -> Result<u64, LedgerError> {
        let newest = self.ledger.newest().await?;
        let (mut from, mut found) = (newest, 0);
        while from > 0 && found < count && newest - from < MOST_ENTRIES {
            let before = from.saturating_sub(CHUNK);
            let entries = self
                .ledger
                .entries_after::<Entry>(before, (from - before) as usize)
                .await?;
            found += entries
                .iter()
                .filter(|entry| matches!(entry.body, Entry::Started(_)))
                .count();
            from = before;
        }
        Ok(from)
    }

    async fn after(&self, mut n: u64) -> Result<Vec<ledger::Entry<Entry>>, LedgerError> {
        let mut all = Vec::new();
        loop {
            let entries = self.ledger.entries_after(n, CHUNK as usize).await?;
            let last = (entries.len() as u64) < CHUNK;
            n = entries
                .last()
                .map_or(n, |entry: &ledger::Entry<Entry>| entry.n);
            all.extend(entries);
            if last {
                return Ok(all);
            }
        }
    }
}
