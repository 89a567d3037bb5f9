//! Events as they are: a page of them, or all of a selection.

use asking::{AskError, Form, ListAsked, Selection, Written};
use datafusion::{
    arrow::json::LineDelimitedWriter,
    logical_expr::{SortExpr, lit},
    prelude::col,
};
use futures::TryStreamExt;

use super::{
    Asker, failed,
    table::{moment, shown, utc},
    written::{self, evenly, without},
};

/// Columns that are about us, or that no customer needs: an event has its id.
const INNER: [&str; 4] = ["log", "seq", "epoch", "account"];

pub(super) async fn list(asker: &Asker, asked: ListAsked) -> Result<Vec<String>, AskError> {
    let events = asker.select(&asked.selection, &utc()).await?;
    let plan = || {
        let mut frame = events;
        if let Some((ms, log, seq)) = asked.after {
            let (time, log) = (lit(moment(ms)), lit(log.to_string()));
            let same_time = col("time").eq(time.clone());
            let same_log = col("log").eq(log.clone());
            let later = col("time").lt(time);
            let later = later.or(same_time.clone().and(col("log").lt(log)));
            let later = later.or(same_time.and(same_log).and(col("seq").lt(lit(seq.0))));
            frame = frame.filter(later)?;
        }
        let newest = ["time", "log", "seq"].map(|name| col(name).sort(false, false));
        let frame = frame.sort(newest.to_vec())?.limit(0, Some(asked.limit))?;
        shown(frame, &INNER)
    };
    let mut rows = plan()
        .map_err(failed)?
        .execute_stream()
        .await
        .map_err(failed)?;
    let mut lines = Vec::new();
    while let Some(batch) = rows.try_next().await.map_err(failed)? {
        let mut writer = LineDelimitedWriter::new(Vec::new());
        let text = writer.write(&batch).and_then(|()| writer.finish());
        text.map_err(|error| failed(error.into()))?;
        let text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
        lines.extend(text.lines().map(str::to_owned));
    }
    Ok(lines)
}

/// All of a selection: the same bytes for the same selection and form, so that a file can be gone on with.
pub(super) async fn export(
    asker: &Asker,
    selection: Selection,
    form: Form,
) -> Result<Written, AskError> {
    let events = asker.select(&selection, &utc()).await?;
    let oldest: Vec<SortExpr> = ["time", "log", "seq"]
        .map(|name| col(name).sort(true, false))
        .to_vec();
    // Nothing may stand above the sort: the engine would do it on several threads, and take its batches as they come.
    let plan = || shown(events, &[])?.sort(oldest);
    let frame = plan().map_err(failed)?;
    let rows = frame.execute_stream().await.map_err(failed)?;
    written::write(evenly(without(rows, &INNER)), form)
}
