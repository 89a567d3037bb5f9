//! The one thread that writes: takes whatever waits, writes it, syncs once, releases all waiters.

use model::failpoint::reach;
use std::{io, sync::Arc, time::Duration};

use handover::segment::{self, FOOTER_LEN, Footer, HEADER_LEN, Header};
use model::{Bug, Epoch, Event, Record, SegmentNo, Seq, Span, planted};
use storage::stream::Batch;
use tokio::{
    sync::{OwnedSemaphorePermit, oneshot},
    time::Instant,
};

use super::{
    AppendError, Disk, DiskFile, LogSettings, SealedSegment, Shared,
    rate::RateRule,
    recovery::{Last, Recovered},
    segment_name,
    spares::Spares,
    state::State,
};

/// Bytes written by one group commit at most, beyond the first request.
const MAX_GROUP: usize = 4 << 20;
/// How long the writer sleeps at most when nothing is due.
const IDLE: Duration = Duration::from_secs(60);
/// How long nothing is accepted after two disk errors in a row.
const REST: Duration = Duration::from_secs(5);

/// Where the writer answers.
type Reply = oneshot::Sender<Result<Span<Seq>, AppendError>>;

/// What a writer is asked to do.
pub enum Command {
    /// To append the events of one request, all or none.
    Append {
        /// The events.
        events: Vec<Event>,
        /// Told their numbers when they are durable.
        reply: Reply,
        /// Kept until they are in a group, so that what waits is bounded.
        room: OwnedSemaphorePermit,
    },
    /// To close the epoch; answered with the last closed one.
    CloseEpoch {
        /// The answer.
        reply: oneshot::Sender<Epoch>,
    },
    /// To seal, close the epoch and end.
    Finish {
        /// Told when that is done.
        reply: oneshot::Sender<()>,
    },
}

impl Command {
    /// Answers what came after the end: nothing of it was written.
    pub fn refuse(self) {
        if let Self::Append { reply, .. } = self {
            let _ = reply.send(Err(AppendError::Closed));
        }
    }
}

/// What a writer does next.
#[derive(Debug)]
pub enum Flow {
    /// It waits for a command, but no longer than this: then [`Writer::rest`] is to be called.
    Wait(Duration),
    /// It has ended. Whoever waits for that is to be told when no more commands can come: one that nobody
    /// answers counts as perhaps written.
    End(Option<oneshot::Sender<()>>),
}

/// See the module. A [`WriterExecutor`](super::WriterExecutor) runs it.
pub struct Writer {
    disk: Arc<dyn Disk>,
    settings: LogSettings,
    shared: Arc<Shared>,
    state: State,
    last: Last,
    epoch: Epoch,
    /// When the first event of the open epoch was written, and how many there are since a start.
    epoch_since: Option<Instant>,
    epoch_events: u64,
    rate: RateRule,
    open: Option<Open>,
    /// A segment that failed and is not yet closed at its durable length.
    abandoned: Option<Open>,
    /// Disk errors in a row, and when the last one was.
    failures: u32,
    failed: Instant,
}

/// The segment being written.
struct Open {
    header: Header,
    file: Box<dyn DiskFile>,
    /// Everything that is durable.
    hasher: blake3::Hasher,
    length: usize,
    count: u64,
    last_seq: Seq,
    since: Instant,
}

impl Writer {
    pub(super) fn new(disk: Arc<dyn Disk>, settings: LogSettings, recovered: Recovered) -> Self {
        let Recovered {
            state,
            sealed,
            roomy,
            last,
        } = recovered;
        let spares = Spares::open(Arc::clone(&disk), settings.segment_bytes, roomy);
        let shared = Shared::new(state.log, Arc::clone(&disk), sealed, spares, &state);
        let shared = Arc::new(shared);
        let epoch = last.epoch.max(state.closed_epoch.next());
        let epoch_since = (last.epoch == epoch).then(Instant::now);
        Self {
            disk,
            rate: RateRule::new(settings.most_clicks),
            settings,
            shared,
            state,
            last,
            epoch,
            epoch_since,
            epoch_events: 0,
            open: None,
            abandoned: None,
            failures: 0,
            failed: Instant::now(),
        }
    }

    /// What is durable, for those who carry it on.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Carries out a command, and with it the appends that `waiting` has, in one group commit.
    pub fn take(&mut self, command: Command, waiting: impl FnMut() -> Option<Command>) -> Flow {
        let mut next = Some(command);
        if let Some(Command::Append { .. }) = next {
            next = self.append_all(next, waiting);
        }
        match next {
            Some(Command::CloseEpoch { reply }) => self.close_epoch_for(reply),
            Some(Command::Finish { reply }) => {
                self.finish();
                return Flow::End(Some(reply));
            }
            Some(Command::Append { .. }) | None => {}
        }
        self.rest()
    }

    /// Does what is due without a command.
    pub fn rest(&mut self) -> Flow {
        self.do_what_is_due();
        Flow::Wait(self.until_due())
    }

    /// Takes appends until the group is full or something else comes; gives that.
    fn append_all(
        &mut self,
        mut next: Option<Command>,
        mut waiting: impl FnMut() -> Option<Command>,
    ) -> Option<Command> {
        let mut group = Group::new(self.last.seq, self.epoch);
        while let Some(Command::Append {
            mut events,
            reply,
            room: _room,
        }) = next
        {
            self.rate.mark(&mut events);
            group.add(events, reply);
            next = match group.bytes < MAX_GROUP {
                true => waiting(),
                false => None,
            };
        }
        self.commit(group);
        next
    }

    fn commit(&mut self, mut group: Group) {
        if planted(Bug::AckBeforeSync) {
            for (range, reply) in group.replies.drain(..) {
                let _ = reply.send(Ok(range));
            }
        }
        let result = self.refusal().map_or(Ok(()), Err).and_then(|()| {
            self.write(&group.records).map_err(|error| {
                tracing::error!(%error, "the log could not be written");
                self.abandon_segment();
                AppendError::Disk
            })
        });
        if result.is_ok() {
            let previous = self.last.seq;
            self.last.seq = group.records.last().map_or(previous, |r| r.seq);
            self.failures = 0;
            self.epoch_since.get_or_insert_with(Instant::now);
            self.epoch_events += group.records.len() as u64;
            self.shared.publish(Batch {
                previous,
                records: Arc::new(group.records),
            });
        }
        for (range, reply) in group.replies {
            // A client that went away does not un-record its event.
            let _ = reply.send(result.map(|()| range));
        }
    }

    fn refusal(&mut self) -> Option<AppendError> {
        if self.shared.is_stopped() {
            return Some(AppendError::Closed);
        }
        if self.shared.bytes() >= self.settings.max_log_bytes {
            return Some(AppendError::Full);
        }
        let resting = self.failures >= 2 && self.failed.elapsed() < REST;
        (resting || !self.close_abandoned()).then_some(AppendError::Resting)
    }

    /// Appends the records to the open segment and syncs them.
    fn write(&mut self, records: &[Record]) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(self.new_segment()?);
        }
        let Some(open) = &mut self.open else {
            return Err(io::Error::other("no open segment"));
        };
        if planted(Bug::StreamBeforeSync) {
            let previous = self.last.seq;
            let records = Arc::new(records.to_vec());
            self.shared.publish(Batch { previous, records });
        }
        let mut bytes = Vec::with_capacity(records.len() * 256);
        segment::encode_group(&mut bytes, &open.header, records);
        open.file.append(&bytes)?;
        reach("log.written");
        open.file.sync()?;
        reach("log.synced");
        open.hasher.update(&bytes);
        open.length += bytes.len();
        open.count += records.len() as u64;
        open.last_seq = records.last().map_or(open.last_seq, |r| r.seq);
        self.shared.grow(bytes.len() as u64);
        Ok(())
    }

    fn new_segment(&self) -> io::Result<Open> {
        let header = Header {
            log: self.shared.log,
            number: self.last.number.next(),
            epoch: self.epoch,
            first_seq: self.last.seq.next(),
            previous_seq: self.last.seq,
            previous_hash: self.last.hash,
        };
        let mut file = self.new_file(header.number)?;
        let bytes = header.encode();
        file.append(&bytes)?;
        self.shared.grow(HEADER_LEN as u64);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes);
        Ok(Open {
            header,
            file,
            hasher,
            length: HEADER_LEN,
            count: 0,
            last_seq: self.last.seq,
            since: Instant::now(),
        })
    }

    /// A spare file, or else a new one.
    fn new_file(&self, number: SegmentNo) -> io::Result<Box<dyn DiskFile>> {
        let name = segment_name(number);
        if let Some(spare) = self.shared.spares.take(number) {
            match self.disk.reuse(&spare, &name) {
                Ok(file) => return Ok(file),
                Err(error) => {
                    tracing::warn!(%error, "a spare file of the log cannot be used");
                    self.shared.spares.forget(number);
                }
            }
        }
        match self.disk.create(&name) {
            // Left by an attempt that failed before anything in it was acknowledged.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                self.disk.remove(&name)?;
                self.disk.create(&name)
            }
            other => other,
        }
    }

    /// After a failed write or sync nothing is known of the segment beyond its durable length.
    /// The sync is not tried again: what is durable goes to a new file, and the next segment is
    /// opened. After a second failure in a row nothing is accepted for [`REST`].
    fn abandon_segment(&mut self) {
        self.failures += 1;
        self.failed = Instant::now();
        self.abandoned = self.open.take();
        self.close_abandoned();
    }

    /// Writes the durable part of a failed segment anew, sealed. Until that is done no number is
    /// given out: the failed file might still be found with events that nobody was told of.
    fn close_abandoned(&mut self) -> bool {
        let Some(open) = self.abandoned.take() else {
            return true;
        };
        let footer = open.footer();
        let name = segment_name(open.header.number);
        if open.count == 0 {
            // Nothing in it was acknowledged, and nothing of it may be found later.
            match self.disk.remove(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    self.abandoned = Some(open)
                }
                _ => self.shared.spares.forget(open.header.number),
            }
            return self.abandoned.is_none();
        }
        let durable = self.disk.read_start(&name, open.length);
        let rewritten = durable.and_then(|mut bytes| {
            if *blake3::hash(&bytes).as_bytes() != footer.hash {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the durable part cannot be read back",
                ));
            }
            bytes.extend_from_slice(&footer.encode(&open.header));
            self.disk.replace(&name, &bytes)
        });
        match rewritten {
            Ok(()) => {
                self.shared.spares.forget(open.header.number);
                self.shared.grow(FOOTER_LEN as u64);
                self.sealed(&open, &footer);
            }
            Err(error) => {
                tracing::error!(%error, segment = name, "a failed segment could not be closed; nothing is accepted until it is");
                self.failures += 1;
                self.failed = Instant::now();
                self.abandoned = Some(open);
            }
        }
        self.abandoned.is_none()
    }

    /// Seals the open segment; tells whether nothing is left unsealed.
    fn seal(&mut self) -> bool {
        let Some(open) = &mut self.open else {
            return self.close_abandoned();
        };
        let footer = open.footer();
        let bytes = footer.encode(&open.header);
        if let Err(error) = open.file.append(&bytes).and_then(|()| open.file.sync()) {
            tracing::error!(%error, "a segment could not be sealed");
            self.abandon_segment();
            return self.abandoned.is_none();
        }
        self.shared.grow(FOOTER_LEN as u64);
        reach("log.sealed");
        if let Some(open) = self.open.take() {
            self.sealed(&open, &footer);
        }
        true
    }

    fn sealed(&mut self, open: &Open, footer: &Footer) {
        let header = &open.header;
        self.last = Last {
            number: header.number,
            seq: footer.last_seq,
            epoch: header.epoch,
            hash: footer.hash,
        };
        self.shared.add_sealed(SealedSegment {
            number: header.number,
            epoch: header.epoch,
            first_seq: header.first_seq,
            last_seq: footer.last_seq,
            count: footer.count,
            bytes: (open.length + FOOTER_LEN) as u64,
        });
    }

    /// Closes the epoch if it has events. The closing is durable before anybody learns of it.
    fn close_epoch(&mut self) {
        if !self.seal() || self.last.epoch != self.epoch {
            return;
        }
        let state = State {
            closed_epoch: self.epoch,
            ..self.state.clone()
        };
        if !planted(Bug::CloseNotDurable)
            && let Err(error) = state.save(&*self.disk)
        {
            tracing::error!(%error, epoch = %self.epoch, "the epoch could not be closed; it stays open");
            return;
        }
        reach("log.epoch_closed");
        self.state = state;
        self.epoch = self.epoch.next();
        self.epoch_since = None;
        self.epoch_events = 0;
        self.shared.set_closed_epoch(self.state.closed_epoch);
    }

    fn close_epoch_for(&mut self, reply: oneshot::Sender<Epoch>) {
        self.close_epoch();
        // Whoever asked may be gone.
        let _ = reply.send(self.state.closed_epoch);
    }

    /// Seals everything and closes the epoch; nothing is accepted any more.
    pub fn finish(&mut self) {
        self.close_epoch();
        self.shared.stop();
        self.shared.changed.notify_waiters();
    }

    fn do_what_is_due(&mut self) {
        let due = |since: Option<Instant>, age: Duration| since.is_some_and(|s| s.elapsed() >= age);
        let large = self.epoch_events >= self.settings.epoch_max_events;
        if large || due(self.epoch_since, self.settings.epoch_max_age) {
            self.close_epoch();
            if self.epoch_since.is_some() {
                // It could not be closed: try again after as long.
                self.epoch_since = Some(Instant::now());
                self.epoch_events = 0;
            }
        }
        let full = self
            .open
            .as_ref()
            .is_some_and(|o| o.length >= self.settings.segment_bytes);
        if full
            || due(
                self.open.as_ref().map(|o| o.since),
                self.settings.segment_interval,
            )
        {
            self.seal();
        }
    }

    /// How long nothing is due.
    pub fn until_due(&self) -> Duration {
        let left =
            |since: Option<Instant>, age: Duration| since.map(|s| age.saturating_sub(s.elapsed()));
        let segment = left(
            self.open.as_ref().map(|o| o.since),
            self.settings.segment_interval,
        );
        let epoch = left(self.epoch_since, self.settings.epoch_max_age);
        segment
            .into_iter()
            .chain(epoch)
            .min()
            .unwrap_or(IDLE)
            .min(IDLE)
    }
}

impl Open {
    fn footer(&self) -> Footer {
        Footer {
            count: self.count,
            last_seq: self.last_seq,
            hash: *self.hasher.finalize().as_bytes(),
        }
    }
}

/// Requests that are written and synced together.
struct Group {
    last: Seq,
    epoch: Epoch,
    bytes: usize,
    records: Vec<Record>,
    replies: Vec<(Span<Seq>, Reply)>,
}

impl Group {
    fn new(last: Seq, epoch: Epoch) -> Self {
        Self {
            last,
            epoch,
            bytes: 0,
            records: Vec::new(),
            replies: Vec::new(),
        }
    }

    fn add(&mut self, events: Vec<Event>, reply: Reply) {
        let first = self.last.next();
        for event in events {
            self.bytes += prost::Message::encoded_len(&event);
            self.last = self.last.next();
            self.records.push(Record {
                seq: self.last,
                epoch: self.epoch,
                event,
            });
        }
        self.replies.push((Span::from((first, self.last)), reply));
    }
}
