//! From raw to all views.

use std::{sync::Arc, time::Instant};

use batch_layer::{Local, Mode, RollupDeps};
use enrich::Rules;
use handover::{
    manifests::Manifests,
    raw::{self, LogInfo, Seal},
    segment::{self, Header},
};
use model::{Epoch, LogId, SegmentNo, Seq, Span, SystemClock, random::SystemRandom};
use storage::{bell::Bell, env::Env, store};

use super::{
    events::records,
    report::{Report, Row},
};

pub(super) async fn batch(report: &mut Report, rules: Arc<Rules>) -> anyhow::Result<()> {
    const EVENTS: u64 = 500_000;
    const SEGMENT: u64 = 50_000;
    let folder = tempfile::tempdir()?;
    let store = store::open(&format!("file://{}", folder.path().display()))?;
    let (log, mut hash) = (LogId(1), [0; 32]);
    let info = LogInfo::new(log);
    raw::register_log(&store, &info).await?;
    for number in 1..=EVENTS / SEGMENT {
        let previous_seq = Seq((number - 1) * SEGMENT);
        let header = Header {
            log,
            number: SegmentNo(number),
            epoch: Epoch(1),
            first_seq: previous_seq.next(),
            previous_seq,
            previous_hash: hash,
        };
        let (bytes, footer) = segment::build(&header, &records(previous_seq.next(), SEGMENT));
        hash = footer.hash;
        raw::put_segment(&store, log, SegmentNo(number), &bytes).await?;
    }
    raw::put_seal(
        &store,
        &Seal {
            log,
            epoch: Epoch(1),
            segments: Span::from((SegmentNo::FIRST, SegmentNo(EVENTS / SEGMENT))),
            seqs: Span::from((Seq::FIRST, Seq(EVENTS))),
            count: EVENTS,
        },
    )
    .await?;
    let deps = RollupDeps {
        manifests: Manifests::new(Arc::clone(&store)),
        env: Env {
            store,
            bell: Bell::default(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        },
        rules,
        door_rules: None,
        accounts: None,
        engine: Arc::new(Local),
        limits: batch_layer::Limits::default(),
    };
    let start = Instant::now();
    batch_layer::run(&deps, Mode::Incremental).await?;
    let rate = EVENTS as f64 / start.elapsed().as_secs_f64();
    report.add(Row::new("batch: raw to all views", rate, "events/s"));
    Ok(())
}
