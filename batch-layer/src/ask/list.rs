//! Events as they are: a page of them, or all of a selection.

use std::sync::Arc;

use asking::{AskError, Form, ListAsked, Selection, Written};
use datafusion::{
    arrow::{datatypes::DataType, json::LineDelimitedWriter},
    dataframe::DataFrame,
    error::DataFusionError,
    functions::expr_fn::to_hex,
    logical_expr::{Expr, SortExpr, cast, lit},
    prelude::col,
};
use futures::TryStreamExt;

use super::{
    Asker, failed,
    table::{SETTLED, moment},
    written,
};
use crate::rollup::events_schema;

/// Columns that are about us, or that no customer needs: an event has its id.
const INNER: [&str; 4] = ["log", "seq", "epoch", "account"];

pub(super) async fn list(asker: &Asker, asked: ListAsked) -> Result<Vec<String>, AskError> {
    let selected = asker.select(&asked.selection, &utc()).await?;
    let plan = || {
        let mut frame = selected.frame;
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
        shown(frame, &[])
    };
    let mut rows = plan().map_err(failed)?.execute_stream().await.map_err(failed)?;
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

pub(super) async fn export(
    asker: &Asker,
    selection: Selection,
    form: Form,
) -> Result<Written, AskError> {
    let selected = asker.select(&selection, &utc()).await?;
    let oldest: Vec<SortExpr> = ["time", "log", "seq"]
        .map(|name| col(name).sort(true, false))
        .to_vec();
    let frame = shown(selected.frame, &oldest).map_err(failed)?;
    let rows = frame.execute_stream().await.map_err(failed)?;
    written::write(rows, form)
}

fn utc() -> super::table::Offset {
    Arc::new(|_| 0)
}

/// What a customer sees of events. A visitor's number is more than a number of JSON holds: it is text.
fn shown(frame: DataFrame, sort: &[SortExpr]) -> Result<DataFrame, DataFusionError> {
    let schema = events_schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let columns: Vec<Expr> = names
        .filter(|name| !INNER.contains(name))
        .map(|name| match name {
            "visitor" => {
                let number = cast(col("visitor"), DataType::Int64);
                let text = to_hex(number);
                datafusion::logical_expr::when(col("visitor").eq(lit(0_u64)), lit(""))
                    .otherwise(text)
                    .map(|text| text.alias("visitor"))
            }
            name => Ok(col(name)),
        })
        .chain([Ok(col(SETTLED).alias("settled"))])
        .collect::<Result<_, _>>()?;
    let frame = match sort.is_empty() {
        true => frame,
        false => frame.sort(sort.to_vec())?,
    };
    frame.select(columns)
}
