//! SQL of a customer: over tables in which there are the rows of one account and nothing else.

use std::sync::Arc;

use asking::{AskError, Form, Selection, SqlAsked, Written};
use datafusion::{
    common::DFSchema,
    config::Dialect,
    dataframe::DataFrame,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, context::SQLOptions},
    physical_plan::stream::RecordBatchStreamAdapter,
    prelude::SessionContext,
};
use futures::StreamExt;

use super::{
    Asker, TIME_LIMIT, failed,
    table::{shown, utc},
    too_long, written,
};
use crate::engine;

/// The table of events.
const EVENTS: &str = "events";
/// Longest question, bytes.
const MOST_TEXT: usize = 64 << 10;
/// Unix minutes of all there is.
const ALWAYS: (i64, i64) = (i64::MIN / 120_000, i64::MAX / 120_000);

pub(super) async fn query(asker: &Asker, asked: SqlAsked, form: Form) -> Result<Written, AskError> {
    let SqlAsked {
        account,
        moment,
        sql,
        limit,
    } = asked;
    if sql.len() > MOST_TEXT {
        return Err(AskError::Sql(format!(
            "a question has {MOST_TEXT} bytes at most"
        )));
    }
    let selection = Selection {
        account,
        moment,
        minutes: ALWAYS,
        filters: Vec::new(),
    };
    let context = engine::context_with(Arc::clone(&asker.runtime));
    let started = tokio::time::Instant::now();
    let planned = async {
        let events = asker.select(&selection, &utc()).await?;
        plan(&context, events.frame, &sql).await
    };
    let planned = tokio::time::timeout(TIME_LIMIT, planned).await;
    let frame = planned.unwrap_or_else(|_| Err(too_long()))?;
    let rows = frame.execute_stream().await.map_err(failed)?;
    written::write(bounded(rows, limit, started), form)
}

async fn plan(
    context: &SessionContext,
    events: DataFrame,
    sql: &str,
) -> Result<DataFrame, AskError> {
    let refused = |error: DataFusionError| {
        AskError::Sql(format!(
            "{error}. There is one table, `{EVENTS}` (docs/DATA.md), and one SELECT at a time"
        ))
    };
    let events = shown(events, &["account"]).map_err(failed)?;
    context
        .register_table(EVENTS, events.into_view())
        .map_err(failed)?;
    let statement = context
        .state()
        .sql_to_statement(sql, &Dialect::Generic)
        .map_err(refused)?;
    let plan = context.state().statement_to_plan(statement).await;
    let plan = plan.map_err(refused)?;
    let reads = SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    reads.verify_plan(&plan).map_err(refused)?;
    named(plan.schema())?;
    Ok(DataFrame::new(context.state(), plan))
}

/// Formats of rows cannot have two columns of one name.
fn named(schema: &DFSchema) -> Result<(), AskError> {
    let mut names: Vec<&String> = schema.fields().iter().map(|field| field.name()).collect();
    names.sort();
    match names.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(AskError::Sql(format!(
            "two columns are called `{}`; give one another name with AS",
            two[0]
        ))),
        None => Ok(()),
    }
}

/// Ends with an error if there are too many rows, or if they take too long.
fn bounded(
    rows: SendableRecordBatchStream,
    limit: usize,
    started: tokio::time::Instant,
) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let state = (rows, 0_usize);
    let stream = futures::stream::unfold(Some(state), move |state| async move {
        let (mut rows, count) = state?;
        let next = tokio::time::timeout_at(started + TIME_LIMIT, rows.next()).await;
        let too_much = |why: String| Err(DataFusionError::ResourcesExhausted(why));
        match next {
            Err(_) => Some((too_much(too_long().to_string()), None)),
            Ok(None) => None,
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(Some(Ok(batch))) => {
                let count = count + batch.num_rows();
                match count > limit {
                    true => Some((too_much(format!("more than {limit} rows; use LIMIT")), None)),
                    false => Some((Ok(batch), Some((rows, count)))),
                }
            }
        }
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, stream))
}
