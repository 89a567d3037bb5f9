//! What can be asked: the tables of one manifest, read-only.

use chrono::DateTime;
use datafusion::{
    arrow::datatypes::SchemaRef, config::Dialect, dataframe::DataFrame,
    execution::context::SQLOptions,
};
use handover::{
    duplicates,
    manifest::Manifest,
    views::{MONTH_UNIQUES, UNIQUES, VISITORS, cube_schema, uniques_schema, visitors_schema},
};
use model::CUBES;
use object_store::path::Path;
use storage::object_keys::ObjectKey;

use super::error::ReportError;
use crate::{RollupDeps, engine, rollup::events_schema};

/// The table of enriched events, each sender's key once.
const EVENTS: &str = "events";
/// The events that are left out there, and in every number.
const DUPLICATES: &str = "duplicates";

/// Names of all tables.
fn names() -> Vec<&'static str> {
    let cubes = CUBES.iter().map(|cube| cube.name);
    [EVENTS, DUPLICATES]
        .into_iter()
        .chain(cubes)
        .chain([VISITORS, UNIQUES, MONTH_UNIQUES])
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
    let context = engine::context(&deps.env.store)?;
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
            let files = files(manifest, name);
            match name == EVENTS && !files.is_empty() {
                true => engine::register_events(&context, name, &files, manifest).await?,
                false => engine::register_as(&context, name, &files, schema(name)).await?,
            }
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

fn schema(table: &str) -> SchemaRef {
    match table {
        EVENTS => events_schema(),
        DUPLICATES => duplicates::schema(),
        VISITORS => visitors_schema(),
        UNIQUES | MONTH_UNIQUES => uniques_schema(),
        _ => cube_schema(),
    }
}

fn files(manifest: &Manifest, table: &str) -> Vec<Path> {
    if table == EVENTS {
        let key = |day: i64, name: &str| {
            ObjectKey::Events {
                day,
                name: name.to_owned(),
            }
            .path()
        };
        let days = manifest.events.iter();
        return days
            .flat_map(|(day, files)| files.iter().map(move |f| key(*day, &f.name)))
            .collect();
    }
    if table == DUPLICATES {
        let key = |name: String| ObjectKey::Duplicates { name }.path();
        let file = manifest.duplicates.iter();
        return file.map(|file| key(file.name.clone())).collect();
    }
    let key = |day: i64, name: &str| {
        ObjectKey::View {
            cube: table.to_owned(),
            day,
            name: name.to_owned(),
        }
        .path()
    };
    let days = manifest.views.get(table).into_iter().flatten();
    days.map(|(day, file)| key(*day, &file.name)).collect()
}
