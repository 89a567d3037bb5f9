//! What can be asked: the tables of one manifest, read-only.

use chrono::DateTime;
use datafusion::{
    config::Dialect,
    dataframe::DataFrame,
    execution::context::SQLOptions,
    prelude::{SessionContext, col},
};
use handover::{duplicates, manifest::Manifest};
use model::CUBES;
use object_store::path::Path;
use storage::object_keys::ObjectKey;

use super::error::ReportError;
use super::levels::{self, STATS, VISITS};
use crate::{RollupDeps, engine, settled};

/// The table of enriched events, each sender's key once.
const EVENTS: &str = "events";
/// The events that are left out there, and in every number.
const DUPLICATES: &str = "duplicates";
/// The tables there are, for people.
fn names() -> String {
    let cubes: Vec<&str> = CUBES.iter().map(|cube| cube.name).collect();
    format!(
        "{EVENTS}, {DUPLICATES}, {STATS}, or account_…, campaign_… and object_… with {} or {VISITS} \
         (docs/TABLES.md)",
        cubes.join(", ")
    )
}

/// The plan of one query that only reads. Only the tables it names are looked at.
pub(super) async fn select(
    deps: &RollupDeps,
    manifest: &Manifest,
    sql: &str,
) -> Result<DataFrame, ReportError> {
    let refused = |error| ReportError::Sql {
        error,
        tables: names(),
    };
    let context = engine::context(deps)?;
    let statement = context
        .state()
        .sql_to_statement(sql, &Dialect::Generic)
        .map_err(refused)?;
    let mentioned = context
        .state()
        .resolve_table_references(&statement)
        .map_err(refused)?;
    for table in &mentioned {
        register(&context, manifest, table.table()).await?;
    }
    let mut state = context.state();
    state.execution_props_mut().query_execution_start_time =
        DateTime::from_timestamp_millis(deps.env.clock.now_ms());
    let plan = state.statement_to_plan(statement).await.map_err(refused)?;
    read_only().verify_plan(&plan).map_err(refused)?;
    Ok(DataFrame::new(state, plan))
}

fn read_only() -> SQLOptions {
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
}

/// Makes the table there, if it is one of ours.
async fn register(
    context: &SessionContext,
    manifest: &Manifest,
    name: &str,
) -> Result<(), ReportError> {
    let rows = match name {
        EVENTS => {
            let files: Vec<Path> = manifest.events().map(|events| events.path).collect();
            engine::register_events(context, name, &files, manifest).await?;
            return Ok(());
        }
        DUPLICATES => {
            let files = duplicates_of(manifest);
            let rows = engine::read(context, &files, duplicates::schema()).await?;
            let account = settled::account_text(col("account")).alias("account");
            let mut columns = ["log", "seq", "of_log", "of_seq", "account", "time"].map(col);
            columns[4] = account;
            rows.select(columns.to_vec())?
        }
        _ => {
            let Some(table) = levels::all().find(|table| table.name() == name) else {
                return match levels::instead_of(name) {
                    Some((old, new)) => Err(ReportError::Renamed { old, new }),
                    None => Ok(()),
                };
            };
            if !table.is_whole(manifest) {
                return Err(ReportError::NotWhole(name.to_owned()));
            }
            table.rows(context, manifest).await?
        }
    };
    context.register_table(name, rows.into_view())?;
    Ok(())
}

fn duplicates_of(manifest: &Manifest) -> Vec<Path> {
    let key = |name: String| ObjectKey::Duplicates { name }.path();
    let file = manifest.duplicates.iter();
    file.map(|file| key(file.name.clone())).collect()
}
