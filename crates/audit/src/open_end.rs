//! Comparing what a log has beyond its last seal.

use model::{Seq, Span};
use storage::error::StorageError;

use crate::{
    compare::apart,
    live::LiveTail,
    report::{EpochAudit, Kind},
    run::Auditor,
    seqs::Seqs,
    stored::{self, Tail},
    walk::Walk,
};

impl Auditor<'_> {
    /// What a log has beyond its last seal.
    pub(crate) async fn open_end(&mut self, walk: &Walk) -> Result<(), StorageError> {
        let (log, end) = (walk.info.log, walk.end);
        if walk.info.retired_at.is_some_and(|last| last <= end.seq) {
            return Ok(());
        }
        let tail = stored::of_tail(&self.deps.store, log, end.segment, end.seq).await?;
        let before = self.findings.len();
        self.compare_tail(walk, &tail);
        let live = self.live.as_ref().map_err(String::clone);
        let live = live.and_then(|view| view.beyond(log, end.epoch).map_err(str::to_owned));
        let folded = live.as_ref().map_or(Seq::ZERO, |live| live.all_upto);
        let known = tail
            .last
            .max(walk.info.retired_at.unwrap_or_default())
            .max(folded);
        let live = live.and_then(|live| self.compare_tail_live(walk, &tail, &live));
        let (live_counted, live_unknown) = apart(live);
        self.epochs.push(EpochAudit {
            log,
            epoch: end.epoch.next(),
            sealed: false,
            seqs: (known > end.seq).then_some(Span::from((end.seq.next(), known))),
            accepted: end.seq.until(known),
            stored: tail.count,
            live_counted,
            live_unknown,
            batch_counted: None,
            agrees: self.findings.len() == before,
        });
        Ok(())
    }

    fn compare_tail(&mut self, walk: &Walk, tail: &Tail) {
        let (kind, why) = match (tail.unreadable.is_empty(), tail.missing.is_empty()) {
            (true, true) => return,
            (true, false) => (
                Kind::Lost,
                "acknowledged, and lost by a damaged disk before they were stored".to_owned(),
            ),
            (false, _) => (Kind::Stored, tail.unreadable.join("; ")),
        };
        let of = (walk.info.log, walk.end.epoch.next());
        self.find(kind, Some(of), tail.missing.clone(), why);
    }

    /// What live cells count, if they hold all that is stored.
    fn compare_tail_live(
        &mut self,
        walk: &Walk,
        tail: &Tail,
        live: &LiveTail,
    ) -> Result<u64, String> {
        let (least, most) = bounds(walk.end.seq, tail, live);
        if !(least..=most).contains(&live.counted) {
            let why = format!(
                "live cells count {} events, from {least} to {most} were accepted",
                live.counted
            );
            let of = (walk.info.log, walk.end.epoch.next());
            let seqs = Seqs::range(walk.end.seq.next(), live.none_after);
            self.find(Kind::Live, Some(of), seqs, why);
        }
        match live.all_upto >= tail.last {
            true => Ok(live.counted),
            false => Err("not all of it is folded yet".to_owned()),
        }
    }
}

/// How many events after `last` live cells may count: all up to their checkpoint, but for lost ones,
/// and none after the last they hold.
fn bounds(last: Seq, tail: &Tail, live: &LiveTail) -> (u64, u64) {
    let ranges = tail.missing.ranges().iter();
    let lost: u64 = ranges
        .map(|lost| lost.first.previous().until(lost.last.min(live.all_upto)))
        .sum();
    let least = last.until(live.all_upto).saturating_sub(lost);
    (least, last.until(live.none_after))
}
