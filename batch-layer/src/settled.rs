//! What is settled, as tables for SQL.

use std::sync::Arc;

use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, StringArray},
        datatypes::{DataType, UInt16Type, UInt64Type},
    },
    dataframe::DataFrame,
    error::DataFusionError,
    functions::expr_fn::coalesce,
    functions_aggregate::expr_fn::{bit_or, sum},
    logical_expr::{ColumnarValue, Expr, ScalarUDF, Volatility, cast, create_udf, lit},
    prelude::{SessionContext, col},
};
use handover::{
    manifest::Manifest,
    runs::{self, RunFile, Table, kind_of},
    views::cube_schema,
};
use model::{Cube, EntityId, EntityKind, Measure, time, visitors::FOREIGN};
use object_store::path::Path;
use storage::object_keys::ObjectKey;

use crate::{engine, rollup::run_key};

/// Days of the first and the last bucket that are wanted, UTC, since 1970-01-01.
pub(crate) type Days = (i64, i64);

/// A cube: a row for each entity, bucket and value of these days, and maybe of others.
pub(crate) async fn cube(
    context: &SessionContext,
    manifest: &Manifest,
    cube: &Cube,
    days: Days,
) -> Result<DataFrame, DataFusionError> {
    cube_of(context, manifest, cube, &EntityKind::ALL, days).await
}

/// The same of entities of some kinds: those of one level count an event at most once.
pub(crate) async fn cube_of(
    context: &SessionContext,
    manifest: &Manifest,
    cube: &Cube,
    kinds: &[EntityKind],
    days: Days,
) -> Result<DataFrame, DataFusionError> {
    let old = day_files(manifest, cube, days);
    let runs = files(&manifest.sums, Table::Sums, days);
    let several = runs.len() + old.len() > 1;
    let mut rows = rows_of_runs(context, cube, kinds, &runs).await?;
    if !old.is_empty() {
        let old = engine::read(context, &old, cube_schema()).await?;
        let old = old.filter(text_is_of(kinds))?;
        rows = rows.union(old.select(columns(col("entity")))?)?;
    }
    if !several {
        return Ok(rows);
    }
    let keys = ["entity", "time", "value"].map(col);
    let sums = Measure::ALL.map(|m| sum(col(m.column())).alias(m.column()));
    let rows = rows.aggregate(keys.to_vec(), sums.to_vec())?;
    rows.select(columns(col("entity")))
}

/// The same as it lies there, in parts that are to be added up. Day files of the version before are left out.
pub(crate) async fn parts_of(
    context: &SessionContext,
    manifest: &Manifest,
    cube: &Cube,
    kinds: &[EntityKind],
) -> Result<DataFrame, DataFusionError> {
    let files = files(&manifest.sums, Table::Sums, all_days());
    rows_of_runs(context, cube, kinds, &files).await
}

async fn rows_of_runs(
    context: &SessionContext,
    cube: &Cube,
    kinds: &[EntityKind],
    files: &[Path],
) -> Result<DataFrame, DataFusionError> {
    let rows = engine::read(context, files, runs::sums_schema()).await?;
    let kinds = kinds.iter().filter(|kind| cube.is_for(**kind));
    let parts = kinds.map(|kind| lit(runs::part(*kind, Some(cube))));
    let rows = rows.filter(col("part").in_list(parts.collect(), false))?;
    rows.select(columns(entity()))
}

/// All columns of a cube's table. Values are wide, and sums of them, too.
fn columns(entity: Expr) -> Vec<Expr> {
    let mut columns = vec![entity, col("time"), col("value")];
    columns.extend(Measure::ALL.map(|measure| {
        let kind = match measure {
            Measure::ValueMicros => DataType::Decimal128(38, 0),
            _ => DataType::Int64,
        };
        // Files from before it was counted lack it.
        let column = match measure.is_later() {
            true => coalesce(vec![col(measure.column()), lit(0_i64)]),
            false => col(measure.column()),
        };
        cast(column, kind).alias(measure.column())
    }));
    columns
}

/// Who was there: a row for each entity of these kinds, day and visitor, wherever they were counted. Files that are not merged yet have
/// one each.
pub(crate) async fn visits_of(
    context: &SessionContext,
    manifest: &Manifest,
    kinds: &[EntityKind],
) -> Result<DataFrame, DataFusionError> {
    let all = files(&manifest.visits, Table::Visits, all_days());
    let rows = engine::read(context, &all, runs::visits_schema()).await?;
    let parts = kinds.iter().map(|kind| lit(runs::part(*kind, None)));
    let rows = rows.filter(col("part").in_list(parts.collect(), false))?;
    // A mark is nobody.
    let rows = rows.filter(col("visitor").not_eq(lit(FOREIGN)))?;
    let schema = runs::visits_schema();
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    // Period, entity, part, day and visitor tell one from another; the rest is when they came.
    let (keys, times) = names.split_at(5);
    let by = keys.iter().skip(1).map(|name| col(*name)).collect();
    let times = times.iter().map(|name| bit_or(col(*name)).alias(*name));
    let rows = rows.aggregate(by, times.collect())?;
    let names = names.iter().skip(3).map(|name| col(*name));
    rows.select(std::iter::once(entity()).chain(names).collect::<Vec<_>>())
}

/// The text form of the account with this raw number.
pub(crate) fn account_text(raw: Expr) -> Expr {
    let part = lit(runs::part(EntityKind::Account, None));
    entity_text().call(vec![part, raw])
}

/// Whether the text of an entity is that of one of these kinds.
fn text_is_of(kinds: &[EntityKind]) -> Expr {
    let like = |kind: &EntityKind| col("entity").like(lit(format!("{}%", kind.prefix())));
    let any = kinds.iter().map(like).reduce(Expr::or);
    any.unwrap_or_else(|| lit(false))
}

/// The entity's text form, of `part` and `entity`.
fn entity() -> Expr {
    entity_text()
        .call(vec![col("part"), col("entity")])
        .alias("entity")
}

fn entity_text() -> ScalarUDF {
    let kinds = vec![DataType::UInt16, DataType::UInt64];
    let text = |values: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(values)?;
        let parts = arrays[0].as_primitive::<UInt16Type>().values();
        let raws = arrays[1].as_primitive::<UInt64Type>().values();
        let name = |(part, raw): (&u16, &u64)| {
            kind_of(*part).map(|kind| EntityId::new(kind, *raw).to_string())
        };
        let texts: StringArray = parts.iter().zip(raws).map(name).collect();
        Ok(ColumnarValue::Array(Arc::new(texts) as ArrayRef))
    };
    create_udf(
        "entity_text",
        kinds,
        DataType::Utf8,
        Volatility::Immutable,
        Arc::new(text),
    )
}

fn files(all: &[RunFile], table: Table, (first, last): Days) -> Vec<Path> {
    let periods = (runs::period(first), runs::period(last));
    let files = all.iter().filter(|file| file.touches(periods));
    let path = |file: &RunFile| run_key(table, file.file.name.clone()).path();
    files.map(path).collect()
}

fn day_files(manifest: &Manifest, cube: &Cube, (first, last): Days) -> Vec<Path> {
    let files = manifest.day_views.get(cube.name).into_iter().flatten();
    let files = files.filter(|(day, _)| (first..=last).contains(*day));
    let path = |(day, file): (&i64, &handover::manifest::File)| {
        let key = ObjectKey::View {
            cube: cube.name.to_owned(),
            day: *day,
            name: file.name.clone(),
        };
        key.path()
    };
    files.map(path).collect()
}

/// Every day there is.
pub(crate) fn all_days() -> Days {
    let day = |ms: i64| time::day_of(time::minute_of(ms));
    (day(i64::MIN), day(i64::MAX))
}
