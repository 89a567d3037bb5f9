//! Sums of events by bucket and group.

use std::collections::BTreeMap;

use asking::{ALL, AskError, Events, MoneyRow, Selection, Sums, SumsAsked, SumsRow};
use datafusion::{
    arrow::{
        array::{Array, AsArray, RecordBatch},
        compute::cast,
        datatypes::{DataType, Decimal128Type, Int32Type, Int64Type},
    },
    dataframe::DataFrame,
    error::DataFusionError,
    functions_aggregate::expr_fn::{count_distinct, sum},
    logical_expr::{Expr, cast as sql_cast, lit},
    prelude::col,
};
use futures::TryStreamExt;
use model::{Counts, Cube, Dimension, Grain, Measure, time};

use super::{
    Asker, failed,
    table::{SETTLED, Selected, bucket, only, value},
};

/// Rows of one answer, at most, before they are cut to those that are shown.
const MOST_ROWS: usize = 500_000;
/// Names of what rows are grouped by.
const BUCKET: &str = "in_bucket";
const GROUPS: [&str; 2] = ["group_1", "group_2"];

pub(super) async fn sums(asker: &Asker, asked: SumsAsked) -> Result<Sums, AskError> {
    whole(asker, &asked).await?;
    let Selected { frame, bytes, .. } = asker.select(&asked.selection, &asked.offset).await?;
    let frame = split(frame, &asked).map_err(failed)?;
    let mut sums = Sums {
        bytes,
        ..Sums::default()
    };
    let mut rows = counts(frame.clone(), &asked).await?;
    if asked.money {
        sums.money = money(frame.clone(), &asked).await?;
    }
    if let Some(bots) = asked.visitors {
        let people = visits(frame, bots).map_err(failed)?;
        visitors(people, &asked, &mut rows, &mut sums.visitors).await?;
    }
    sums.rows = rows.into_values().collect();
    Ok(sums)
}

/// Sums of a part would be taken for those of the whole.
async fn whole(asker: &Asker, asked: &SumsAsked) -> Result<(), AskError> {
    let Selection {
        account, moment, ..
    } = &asked.selection;
    let kept_from = asker.kept_from(*account, moment.clone()).await?;
    match kept_from {
        Some(day) if asked.selection.minutes.0 < day.saturating_mul(time::DAY) => {
            Err(AskError::Expired(day))
        }
        _ => Ok(()),
    }
}

/// With the bucket and the groups of each event.
fn split(frame: DataFrame, asked: &SumsAsked) -> Result<DataFrame, DataFusionError> {
    let mut split = frame.with_column(BUCKET, bucket(asked.buckets.clone()))?;
    for (name, column) in GROUPS.iter().zip(&asked.groups) {
        let of = value(&split, *column, &asked.offset)?;
        let only = only(&split, *column)?;
        split = split.filter(only)?.with_column(name, of)?;
    }
    Ok(split)
}

fn keys(asked: &SumsAsked) -> Vec<Expr> {
    let groups = GROUPS
        .iter()
        .take(asked.groups.len())
        .map(|name| col(*name));
    std::iter::once(col(BUCKET)).chain(groups).collect()
}

type Place = (u32, Vec<String>);

async fn counts(frame: DataFrame, asked: &SumsAsked) -> Result<BTreeMap<Place, SumsRow>, AskError> {
    let plan = || {
        let total = Cube::find(Dimension::Total, Grain::Quarter);
        let total = total.ok_or_else(|| DataFusionError::Internal("no cube of totals".into()))?;
        let mut sums = Vec::new();
        for measure in Measure::COUNTERS {
            let each = frame.parse_sql_expr(measure.sql(total))?;
            sums.push(sum(each).alias(measure.column()));
        }
        let keys = keys(asked).into_iter().chain([col(SETTLED)]).collect();
        frame.clone().aggregate(keys, sums)
    };
    let mut rows: BTreeMap<Place, SumsRow> = BTreeMap::new();
    each(plan().map_err(failed)?, |batch| {
        let places = places(batch, asked)?;
        let settled = batch.column(1 + asked.groups.len()).as_boolean();
        let first = 2 + asked.groups.len();
        for (at, (bucket, groups)) in places.into_iter().enumerate() {
            let mut counts = Counts::default();
            for (place, measure) in Measure::COUNTERS.into_iter().enumerate() {
                let column = batch.column(first + place).as_primitive::<Int64Type>();
                counts.set(measure, column.value(at));
            }
            let row = rows
                .entry((bucket, groups.clone()))
                .or_insert_with(|| SumsRow {
                    bucket,
                    groups,
                    ..SumsRow::default()
                });
            row.counts += counts;
            if settled.value(at) {
                row.settled += counts;
            }
        }
        enough(rows.len())
    })
    .await?;
    Ok(rows)
}

async fn money(frame: DataFrame, asked: &SumsAsked) -> Result<Vec<MoneyRow>, AskError> {
    let plan = || {
        let paid = "(type = 'conversion' AND value_micros IS NOT NULL) \
             OR (type = 'click' AND cost_micros IS NOT NULL AND bot IS NULL)";
        let is_value = frame.parse_sql_expr("type = 'conversion'")?;
        let currency = frame.parse_sql_expr(
            "CASE WHEN type = 'conversion' THEN currency ELSE COALESCE(cost_currency, '') END",
        )?;
        let micros = frame.parse_sql_expr(
            "CASE WHEN type = 'conversion' THEN value_micros ELSE cost_micros END",
        )?;
        let micros = sql_cast(micros, DataType::Decimal128(38, 0));
        let mut keys = keys(asked);
        keys.extend([is_value.alias("is_value"), currency.alias("in_currency")]);
        let paid = frame.parse_sql_expr(paid)?;
        let frame = frame.clone().filter(paid)?;
        frame.aggregate(keys, vec![sum(micros).alias("micros")])
    };
    let mut rows = Vec::new();
    each(plan().map_err(failed)?, |batch| {
        let first = 1 + asked.groups.len();
        let is_value = batch.column(first).as_boolean();
        let currencies = texts(batch, first + 1)?;
        let micros = cast(batch.column(first + 2), &DataType::Decimal128(38, 0));
        let micros = micros.map_err(|error| failed(error.into()))?;
        let micros = micros.as_primitive::<Decimal128Type>();
        let places = places(batch, asked)?.into_iter().zip(currencies);
        for (at, ((bucket, groups), currency)) in places.enumerate() {
            rows.push(MoneyRow {
                bucket,
                groups,
                is_value: is_value.value(at),
                currency,
                micros: micros.value(at),
            });
        }
        enough(rows.len())
    })
    .await?;
    Ok(rows)
}

/// Those that somebody was there for.
fn visits(frame: DataFrame, bots: bool) -> Result<DataFrame, DataFusionError> {
    let visit = frame.parse_sql_expr("visitor <> 0 AND type <> 'conversion'")?;
    let people = match bots {
        true => lit(true),
        false => col("bot").is_null(),
    };
    frame.filter(visit.and(people))
}

/// Distinct visitors of each row, of each bucket, and of all.
async fn visitors(
    people: DataFrame,
    asked: &SumsAsked,
    rows: &mut BTreeMap<Place, SumsRow>,
    all: &mut BTreeMap<u32, u64>,
) -> Result<(), AskError> {
    let distinct = |keys: Vec<Expr>| {
        let counted = vec![count_distinct(col("visitor")).alias("visitors")];
        people.clone().aggregate(keys, counted).map_err(failed)
    };
    each(distinct(keys(asked))?, |batch| {
        let found = counted(batch);
        for (place, visitors) in places(batch, asked)?.into_iter().zip(found) {
            if let Some(row) = rows.get_mut(&place) {
                row.visitors = visitors;
            }
        }
        Ok(())
    })
    .await?;
    each(distinct(vec![col(BUCKET)])?, |batch| {
        all.extend(buckets(batch).into_iter().zip(counted(batch)));
        Ok(())
    })
    .await?;
    each(distinct(Vec::new())?, |batch| {
        all.extend(counted(batch).into_iter().map(|visitors| (ALL, visitors)));
        Ok(())
    })
    .await
}

fn counted(batch: &RecordBatch) -> Vec<u64> {
    let last = batch.columns().last();
    let counts = last.map(|column| column.as_primitive::<Int64Type>());
    let counts = counts.into_iter().flat_map(|counts| counts.values().iter());
    counts.map(|count| count.unsigned_abs()).collect()
}

fn buckets(batch: &RecordBatch) -> Vec<u32> {
    let places = batch.column(0).as_primitive::<Int32Type>();
    let places = places.values().iter();
    places.map(|place| place.unsigned_abs()).collect()
}

fn places(batch: &RecordBatch, asked: &SumsAsked) -> Result<Vec<Place>, AskError> {
    let mut places: Vec<Place> = buckets(batch)
        .into_iter()
        .map(|bucket| (bucket, Vec::new()))
        .collect();
    for group in 0..asked.groups.len() {
        for (place, text) in places.iter_mut().zip(texts(batch, 1 + group)?) {
            place.1.push(text);
        }
    }
    Ok(places)
}

fn texts(batch: &RecordBatch, column: usize) -> Result<Vec<String>, AskError> {
    let texts = cast(batch.column(column), &DataType::Utf8);
    let texts = texts.map_err(|error| failed(error.into()))?;
    let texts = texts.as_string::<i32>();
    Ok((0..texts.len())
        .map(|at| texts.value(at).to_owned())
        .collect())
}

fn enough(rows: usize) -> Result<(), AskError> {
    match rows > MOST_ROWS {
        true => Err(AskError::TooMuch(format!(
            "it has more than {MOST_ROWS} groups and buckets; ask for a shorter range, a longer interval, or filter"
        ))),
        false => Ok(()),
    }
}

async fn each(
    frame: DataFrame,
    mut with: impl FnMut(&RecordBatch) -> Result<(), AskError>,
) -> Result<(), AskError> {
    let mut batches = frame.execute_stream().await.map_err(failed)?;
    while let Some(batch) = batches.try_next().await.map_err(failed)? {
        with(&batch)?;
    }
    Ok(())
}
