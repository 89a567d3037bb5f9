//! Fold and put.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use enrich::Rules;
use futures::{StreamExt, TryStreamExt, stream};
use model::{LogId, Seq};
use speed_layer::Folder;
use storage::cells::LiveCells;

use super::{
    events::records,
    report::{Report, Row},
};

pub(super) fn fold(report: &mut Report, rules: &Rules, time: Duration) -> anyhow::Result<()> {
    let mut folder = Folder::new(LogId(1), None, Seq::ZERO);
    let (start, mut seq, mut spent) = (Instant::now(), Seq::ZERO, Duration::ZERO);
    while start.elapsed() < time {
        let batch = records(seq.next(), 5000);
        let begin = Instant::now();
        folder
            .fold(rules, seq, &batch)
            .map_err(|gap| anyhow::anyhow!("gap at {}", gap.missing))?;
        spent += begin.elapsed();
        seq = folder.position();
    }
    let rate = seq.0 as f64 / spent.as_secs_f64();
    report.add(Row::new(
        "speed: enrich and fold, one core",
        rate,
        "events/s",
    ));
    Ok(())
}

pub(super) async fn apply(
    report: &mut Report,
    cells: Arc<dyn LiveCells>,
    where_to: &str,
    goal: f64,
    rules: &Rules,
    time: Duration,
) -> anyhow::Result<()> {
    let mut folder = Folder::new(LogId(1), None, Seq::ZERO);
    let start = Instant::now();
    let (mut seq, mut puts) = (Seq::ZERO, 0u64);
    while start.elapsed() < time {
        let batch = records(seq.next(), 2000);
        folder
            .fold(rules, seq, &batch)
            .map_err(|gap| anyhow::anyhow!("gap at {}", gap.missing))?;
        seq = folder.position();
        let changed = folder.changed().inspect(|_| puts += 1);
        let writes = stream::iter(changed).map(anyhow::Ok);
        writes
            .try_for_each_concurrent(64, |(entity, changed)| {
                let cells = &cells;
                async move { Ok(cells.put(entity, changed).await?) }
            })
            .await?;
        folder.flushed();
    }
    let seconds = start.elapsed().as_secs_f64();
    let what = format!("speed: enrich, fold and put cells, {where_to}, one core");
    report.add(Row::new(what, seq.0 as f64 / seconds, "events/s").at_least(goal));
    let what = format!("speed: cells put, {where_to}");
    report.add(Row::new(what, puts as f64 / seconds, "cells/s"));
    Ok(())
}
