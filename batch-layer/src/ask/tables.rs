//! The tables that customers ask in SQL: each has the rows of one account and nothing else, by construction.

use std::{collections::BTreeSet, sync::Arc};

use asking::AskError;
use datafusion::{
    arrow::array::AsArray,
    dataframe::DataFrame,
    error::DataFusionError,
    functions::expr_fn::date_trunc,
    functions_aggregate::expr_fn::sum,
    logical_expr::{cast, lit},
    prelude::{SessionContext, col},
};
use handover::forecasts::{self, Made};
use model::{Cube, Dimension, EntityId, EntityKind, Grain, Measure};
use storage::{ledger::Ledger, object_keys::ObjectKey};

use super::{barrier::Barrier, failed, lake::Lake, table::shown};
use crate::engine;

/// The table of forecasts, for which more is read than for the others.
pub(super) const FORECASTS: &str = "forecasts";
/// What rows of `stats` are by, beside the hour.
const BY: [&str; 8] = [
    "object",
    "link",
    "campaign",
    "country",
    "device_type",
    "channel",
    "utm_source",
    "currency",
];

/// Makes the tables of an account, whose events these are; that of forecasts if it is wanted.
pub(super) async fn register(
    lake: &Lake,
    context: &SessionContext,
    account: u64,
    events: DataFrame,
    has_forecasts: bool,
) -> Result<(), AskError> {
    let register = |name: &str, rows: DataFrame| {
        let table = Arc::new(Barrier::new(rows));
        context.register_table(name, table).map_err(failed)
    };
    if has_forecasts {
        let account = EntityId::new(EntityKind::Account, account).to_string();
        register(FORECASTS, forecasts(lake, &account, &events).await?)?;
    }
    register("stats", stats(events.clone()).map_err(failed)?)?;
    register("events", shown(events, &["account"]).map_err(failed)?)?;
    Ok(())
}

/// Sums by hour (UTC) and what [`BY`] says: what `/v1/stats` counts, before it is grouped.
fn stats(events: DataFrame) -> Result<DataFrame, DataFusionError> {
    let total = Cube::find(Dimension::Total, Grain::Quarter);
    let total = total.ok_or_else(|| DataFusionError::Internal("a cube is missing".into()))?;
    let mut by = vec![date_trunc(lit("hour"), col("time")).alias("hour")];
    by.extend(BY.map(col));
    let mut sums = Vec::new();
    for measure in Measure::COUNTERS {
        let added = events.parse_sql_expr(measure.sql(total))?;
        sums.push(sum(added).alias(measure.column()));
    }
    for column in ["value_micros", "cost_micros"] {
        let wide = datafusion::arrow::datatypes::DataType::Decimal128(38, 0);
        sums.push(sum(cast(col(column), wide)).alias(column));
    }
    events.aggregate(by, sums)
}

/// The newest forecasts of the account and of what its events are of.
async fn forecasts(lake: &Lake, account: &str, events: &DataFrame) -> Result<DataFrame, AskError> {
    let context = lake.session();
    let ledger = Ledger::new(Arc::clone(&lake.store), forecasts::LEDGER);
    let newest = ledger.latest::<Made>().await;
    let newest = newest.map_err(|error| AskError::Failed(error.to_string()))?;
    let files = newest.map(|entry| {
        let name = entry.body.file.name;
        ObjectKey::Forecast { name }.path()
    });
    let files: Vec<_> = files.into_iter().collect();
    let rows = engine::read(&context, &files, forecasts::schema()).await;
    let rows = rows.map_err(failed)?;
    let mut entities = match files.is_empty() {
        true => BTreeSet::new(),
        false => objects(events.clone()).await.map_err(failed)?,
    };
    entities.insert(account.to_owned());
    let entities = entities.into_iter().map(lit).collect();
    rows.filter(col("entity").in_list(entities, false))
        .map_err(failed)
}

/// The ids of what events are of.
async fn objects(events: DataFrame) -> Result<BTreeSet<String>, DataFusionError> {
    let mut found = BTreeSet::new();
    for column in ["object", "campaign"] {
        let ids = events.clone().select(vec![cast(
            col(column),
            datafusion::arrow::datatypes::DataType::Utf8,
        )])?;
        for batch in ids.distinct()?.collect().await? {
            let texts = batch.column(0).as_string::<i32>();
            found.extend(texts.iter().flatten().map(str::to_owned));
        }
    }
    Ok(found)
}
