//! What would change if what is staged were published, and why: the sums of both manifests beside each other. Events are
//! read only to tell the reasons why they are bots' or not.

mod sql;

use std::collections::BTreeMap;

use datafusion::{
    arrow::{
        array::{AsArray, RecordBatch},
        compute::cast,
        datatypes::{DataType, Int64Type},
    },
    error::DataFusionError,
    prelude::SessionContext,
};
use futures::TryStreamExt;
use handover::manifest::Manifest;
use model::{EntityId, EntityKind};
use object_store::path::Path;
use serde::Serialize;

use self::sql::{NUMBERS, compared, reasoned};
use super::{
    changes::changes,
    deps::{RollupDeps, RollupError},
    recount::{Begin, CaughtUp, Recount},
};
use crate::{engine, settled};

/// Rows of an answer, at most.
const MOST_ROWS: usize = 1_000;
/// Reasons told of each row, at most.
const MOST_REASONS: usize = 10;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// An account.
    Account,
    /// A day (UTC) of an account.
    Day,
    /// A link, pixel or goal.
    Link,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// Only of this account.
    pub account: Option<EntityId>,
    /// What a row is.
    pub by: By,
    /// Rows, at most; 1,000 at most.
    pub limit: usize,
}

/// How what is staged differs from what is published, both up to the same epochs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// The manifest that it is compared with.
    pub manifest: u64,
    /// Version of the rules of the newest published step.
    pub rules_before: String,
    /// Version of the rules of all that is staged.
    pub rules: String,
    /// Events that both cover, in number.
    pub events: u64,
    /// Rows of each cube that are not as they were, of all accounts, where there are any.
    pub cubes: Vec<(String, u64)>,
    /// What changes most, first.
    pub rows: Vec<Changed>,
    /// Whether there are more rows than these.
    pub more: bool,
}

/// One account, day or link that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The account.
    pub account: String,
    /// The day, UTC, where rows are days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The link, pixel or goal, where rows are those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// As it is.
    pub before: Numbers,
    /// As it would be.
    pub after: Numbers,
    /// Reasons that more or fewer events are bots' by: at most ten, the largest first.
    pub why: Vec<Why>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Numbers {
    /// Clicks by people.
    pub clicks: i64,
    /// Clicks by bots.
    pub bot_clicks: i64,
    /// Views by people.
    pub views: i64,
    /// Views by bots.
    pub bot_views: i64,
    /// Approved conversions.
    pub conversions: i64,
    /// People, each counted once on each day (UTC).
    pub visitors: i64,
}

/// A reason why events are bots'.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// As in the column `bot` of `events`.
    pub bot: String,
    /// Events that are bots' by it.
    pub before: i64,
    /// Events that would be.
    pub after: i64,
}

impl Numbers {
    fn new([clicks, bot_clicks, views, bot_views, conversions, visitors]: [i64; 6]) -> Self {
        Self {
            clicks,
            bot_clicks,
            views,
            bot_views,
            conversions,
            visitors,
        }
    }
}

/// Brings what is staged to the newest manifest, and compares the two. No published number changes.
pub async fn diff(deps: &RollupDeps, question: &Question) -> Result<Diff, RollupError> {
    let caught_up = Recount::new(deps, Begin::Staged).run().await?;
    let CaughtUp {
        current, recounted, ..
    } = &caught_up;
    let sides = [&*current.manifest, recounted];
    let limit = question.limit.clamp(1, MOST_ROWS);
    let mut rows = numbers(deps, sides, question, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    if !rows.is_empty() {
        tell_why(deps, sides, question.by, &mut rows).await?;
    }
    Ok(Diff {
        manifest: current.n,
        rules_before: current.manifest.rules.clone(),
        rules: recounted.rules.clone(),
        events: recounted.events_count,
        cubes: changes(deps, &current.manifest, recounted).await?,
        rows,
        more,
    })
}

/// What changes most.
async fn numbers(
    deps: &RollupDeps,
    sides: [&Manifest; 2],
    question: &Question,
    limit: usize,
) -> Result<Vec<Changed>, RollupError> {
    let (context, by) = (engine::context(deps)?, question.by);
    let cube = by.cube();
    let cube = cube.ok_or_else(|| DataFusionError::Internal("a cube is missing".into()))?;
    for (side, manifest) in sides.into_iter().enumerate() {
        let sums = settled::parts_of(&context, manifest, cube, &[EntityKind::Account]).await?;
        context.register_table(format!("sums_{side}"), sums.into_view())?;
        let visits = settled::visits_of(&context, manifest, by.visited()).await?;
        context.register_table(format!("visits_{side}"), visits.into_view())?;
    }
    let mut rows = Vec::new();
    for batch in rows_of(&context, &compared(question, limit)).await? {
        let (accounts, details) = (texts(&batch, 0)?, texts(&batch, 1)?);
        let counts: Vec<_> = (2..batch.num_columns())
            .map(|column| batch.column(column).as_primitive::<Int64Type>())
            .collect();
        for (row, (account, detail)) in accounts.into_iter().zip(details).enumerate() {
            let of = |side: usize| {
                let place = |number: usize| side * NUMBERS.len() + number;
                Numbers::new(std::array::from_fn(|n| counts[place(n)].value(row)))
            };
            rows.push(Changed {
                account,
                day: (by == By::Day).then(|| detail.clone()),
                object: (by == By::Link).then_some(detail),
                before: of(0),
                after: of(1),
                why: Vec::new(),
            });
        }
    }
    Ok(rows)
}

/// Tells of each row which reasons have more or fewer events.
async fn tell_why(
    deps: &RollupDeps,
    sides: [&Manifest; 2],
    by: By,
    rows: &mut [Changed],
) -> Result<(), RollupError> {
    let context = engine::context(deps)?;
    for (side, manifest) in sides.into_iter().enumerate() {
        let files: Vec<Path> = manifest.events().map(|events| events.path).collect();
        engine::register_events(&context, &format!("events_{side}"), &files, manifest).await?;
    }
    let mut reasons: BTreeMap<(String, String), Vec<Why>> = BTreeMap::new();
    for batch in rows_of(&context, &reasoned(by, rows)).await? {
        let [accounts, details, bots] = [0, 1, 2].map(|column| texts(&batch, column));
        let [before, after] = [3, 4].map(|c| batch.column(c).as_primitive::<Int64Type>());
        let keys = accounts?.into_iter().zip(details?);
        for (row, (key, bot)) in keys.zip(bots?).enumerate() {
            let (before, after) = (before.value(row), after.value(row));
            let reasons = reasons.entry(key).or_default();
            if reasons.len() < MOST_REASONS {
                reasons.push(Why { bot, before, after });
            }
        }
    }
    for row in rows {
        let detail = row.day.as_ref().or(row.object.as_ref());
        let key = (row.account.clone(), detail.cloned().unwrap_or_default());
        row.why = reasons.remove(&key).unwrap_or_default();
    }
    Ok(())
}

async fn rows_of(context: &SessionContext, sql: &str) -> Result<Vec<RecordBatch>, RollupError> {
    let rows = context.sql(sql).await?.execute_stream().await?;
    Ok(rows.try_collect().await?)
}

/// A column of texts, however the query holds them.
fn texts(batch: &RecordBatch, column: usize) -> Result<Vec<String>, RollupError> {
    let plain = cast(batch.column(column), &DataType::Utf8)?;
    let texts = plain.as_string::<i32>().iter();
    Ok(texts
        .map(|text| text.unwrap_or_default().to_owned())
        .collect())
}
