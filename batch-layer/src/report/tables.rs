//! What can be asked: the tables of one manifest, read-only.

use chrono::DateTime;
use datafusion::{
    config::Dialect, dataframe::DataFrame, error::DataFusionError, execution::context::SQLOptions,
    prelude::SessionContext,
};
use handover::{duplicates, manifest::Manifest, views::VISITORS};
use model::CUBES;
use object_store::path::Path;
use storage::object_keys::ObjectKey;

use super::error::ReportError;
use crate::{RollupDeps, engine, settled};

/// The table of enriched events, each sender's key once.
const EVENTS: &str = "events";
/// The events that are left out there, and in every number.
const DUPLICATES: &str = "duplicates";
/// Who was there: a row for each entity, UTC day and visitor, with the quarters of an hour.
const VISITS: &str = "visits";

/// Names of all tables.
fn names() -> Vec<&'static str> {
    let cubes = CUBES.iter().map(|cube| cube.name);
    [EVENTS, DUPLICATES]
        .into_iter()
        .chain(cubes)
        .chain([VISITS])
        .collect()
}

/// The plan of one query that only reads. Only the tables it names are looked at.
pub(super) async fn select(
    deps: &RollupDeps,
    manifest: &Manifest,
    sql: &str,
) -> Result<DataFrame, ReportError> {
    let refused = |source| ReportError::Sql {
        source,
        tables: names().join(", "),
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
    for name in names() {
        if mentioned.iter().any(|table| table.table() == name) {
            if CUBES
                .iter()
                .any(|c| c.name == name && !manifest.is_whole(c))
            {
                return Err(ReportError::NotWhole(name));
            }
            if name == VISITS && manifest.day_views.contains_key(VISITORS) {
                return Err(ReportError::NotWhole(name));
            }
            register(&context, manifest, name).await?;
        }
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

async fn register(
    context: &SessionContext,
    manifest: &Manifest,
    name: &str,
) -> Result<(), DataFusionError> {
    if name == EVENTS {
        let files: Vec<Path> = manifest.events().map(|events| events.path).collect();
        return engine::register_events(context, name, &files, manifest).await;
    }
    let rows = match CUBES.iter().find(|cube| cube.name == name) {
        Some(cube) => settled::cube(context, manifest, cube, settled::all_days()).await?,
        None if name == VISITS => settled::visits(context, manifest).await?,
        None => engine::read(context, &duplicates_of(manifest), duplicates::schema()).await?,
    };
    context.register_table(name, rows.into_view())?;
    Ok(())
}

fn duplicates_of(manifest: &Manifest) -> Vec<Path> {
    let key = |name: String| ObjectKey::Duplicates { name }.path();
    let file = manifest.duplicates.iter();
    file.map(|file| key(file.name.clone())).collect()
}
