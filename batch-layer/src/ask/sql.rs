//! SQL of a customer: over tables in which there are the rows of one account and nothing else.

use std::io::Read;

use asking::{AskError, Form, SqlAsked, Written};
use datafusion::{
    arrow::{array::RecordBatch, ipc::reader::StreamReader},
    common::DFSchema,
    config::Dialect,
    dataframe::DataFrame,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, context::SQLOptions},
    physical_plan::stream::RecordBatchStreamAdapter,
    prelude::SessionContext,
    sql::{
        parser::Statement,
        sqlparser::{
            ast,
            dialect::GenericDialect,
            keywords::Keyword,
            tokenizer::{Token, Tokenizer},
        },
    },
};
use futures::StreamExt;
use handover::manifest::Manifest;
use serde::{Deserialize, Serialize};

use super::{TIME_LIMIT, failed, lake::Lake, tables, too_long, written};
use crate::engine;

/// Longest question, bytes.
const MOST_TEXT: usize = 8 << 10;
/// Operators, keywords and brackets of a question, at most: each may make its plan one level deeper, and plans are walked on a
/// stack.
const MOST_WORDS: usize = 400;
/// Functions that make much of little: the pool does not see what a text or a list takes before it is made.
const REFUSED: [&str; 14] = [
    "repeat",
    "array_repeat",
    "list_repeat",
    "lpad",
    "rpad",
    "range",
    "generate_series",
    "gen_series",
    "array_resize",
    "list_resize",
    "levenshtein",
    "replace",
    "regexp_replace",
    "overlay",
];
/// Unix minutes of all there is.
const ALWAYS: (i64, i64) = (i64::MIN / 120_000, i64::MAX / 120_000);

/// A question in SQL, with what settles the tables that it is about.
#[derive(Debug, Serialize, Deserialize)]
pub struct SqlQuestion {
    account: u64,
    manifest: Manifest,
    sql: String,
    limit: usize,
}

impl From<SqlAsked> for SqlQuestion {
    fn from(asked: SqlAsked) -> Self {
        Self {
            account: asked.account,
            manifest: Manifest::clone(&asked.moment.published.manifest),
            sql: asked.sql,
            limit: asked.limit,
        }
    }
}

/// Events that nothing settles yet.
pub struct Live(Vec<RecordBatch>);

impl Live {
    /// Reads an Arrow stream of them.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn read(from: impl Read) -> Result<Self, AskError> {
        let read = StreamReader::try_new(from, None).and_then(Iterator::collect);
        read.map(Self).map_err(|error| failed(error.into()))
    }
}

/// Answers a question.
///
/// # Errors
///
/// It cannot be answered.
pub async fn answer(
    lake: &Lake,
    question: SqlQuestion,
    live: Live,
    form: Form,
) -> Result<Written, AskError> {
    query(lake, question, live.0, form).await
}

pub(super) async fn query(
    lake: &Lake,
    question: SqlQuestion,
    live: Vec<RecordBatch>,
    form: Form,
) -> Result<Written, AskError> {
    let SqlQuestion {
        account,
        manifest,
        sql,
        limit,
    } = question;
    if sql.len() > MOST_TEXT {
        return Err(AskError::Sql(format!(
            "a question has {MOST_TEXT} bytes at most"
        )));
    }
    let context = lake.session();
    let started = tokio::time::Instant::now();
    let planned = async {
        let events = lake.events(account, &manifest, ALWAYS, live).await?;
        let has_forecasts = sql.to_lowercase().contains(tables::FORECASTS);
        tables::register(lake, &context, account, events, has_forecasts).await?;
        let frame = plan(&context, &sql).await?;
        engine::rows(frame).await.map_err(failed)
    };
    let planned = tokio::time::timeout(TIME_LIMIT, planned).await;
    let rows = planned.unwrap_or_else(|_| Err(too_long()))?;
    written::write(bounded(rows, limit, started), form)
}

async fn plan(context: &SessionContext, sql: &str) -> Result<DataFrame, AskError> {
    let refused = |error: DataFusionError| {
        AskError::Sql(format!(
            "{error}. There are the tables events, stats and forecasts (docs/DATA.md), and one SELECT at a time"
        ))
    };
    for name in REFUSED {
        context.deregister_udf(name);
        context.deregister_udtf(name);
    }
    if words(sql) > MOST_WORDS {
        let why = format!("a question has {MOST_WORDS} operators, keywords and brackets at most");
        return Err(AskError::Sql(why));
    }
    let statement = context
        .state()
        .sql_to_statement(sql, &Dialect::Generic)
        .map_err(refused)?;
    // Whoever may have a plan explained sees what lies in files beside their own rows.
    if !matches!(&statement, Statement::Statement(one) if matches!(**one, ast::Statement::Query(_)))
    {
        let why = "one SELECT is answered, and no other statement";
        return Err(AskError::Sql(why.into()));
    }
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

/// How many operators, keywords and brackets there are; of what cannot be read nobody makes a plan.
fn words(sql: &str) -> usize {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize();
    let counts = |token: &&Token| match token {
        Token::Whitespace(_) | Token::Comma | Token::Period | Token::SemiColon => false,
        Token::Number(..) | Token::SingleQuotedString(_) => false,
        Token::Word(word) => word.keyword != Keyword::NoKeyword,
        _ => true,
    };
    tokens.unwrap_or_default().iter().filter(counts).count()
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
