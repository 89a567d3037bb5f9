//! What has to be worked out of each event to answer a question.

use std::{collections::BTreeSet, sync::Arc};

use asking::{Filter, SumsAsked};
use datafusion::{
    arrow::{
        array::{AsArray, BooleanArray, RecordBatch},
        buffer::BooleanBuffer,
        compute::filter_record_batch,
        datatypes::{Schema, SchemaRef, TimestampMillisecondType},
    },
    common::DFSchema,
    error::DataFusionError,
    logical_expr::{Expr, lit, simplify::SimplifyContext},
    optimizer::simplify_expressions::ExprSimplifier,
    physical_expr::PhysicalExpr,
    prelude::{SessionContext, col},
};
use model::{Cube, Dimension, EntityId, EntityKind, Grain, Measure};

use super::{
    classes::{Worked, coded},
    files::Wanted,
};
use crate::{
    ask::table::{Parse, condition, value},
    rollup::events_schema,
};

/// Holds of every event.
const ALL: &str = "TRUE";

/// What has to be worked out.
pub(super) struct Plan {
    /// The columns that are read.
    pub schema: SchemaRef,
    /// Id of the account.
    account: String,
    /// When events happened, unix milliseconds; the end is out.
    times: (i64, i64),
    /// What must hold, one after the other.
    conditions: Vec<Worked>,
    /// Texts of the groups.
    pub groups: Vec<Worked>,
    /// What is added to each of [`Measure::COUNTERS`].
    pub counters: Worked,
    /// Of money: whether there is some, whether it is of values, its currency, and millionths.
    pub money: Option<Worked>,
    /// Whether somebody was there.
    pub visits: Option<Worked>,
}

/// The same before the columns that are read are known.
struct Exprs {
    conditions: Vec<Expr>,
    groups: Vec<Expr>,
    counters: Vec<Expr>,
    money: Option<Vec<Expr>>,
    visits: Option<Expr>,
}

impl Plan {
    pub(super) fn new(
        context: &SessionContext,
        asked: &SumsAsked,
        with: &[&str],
    ) -> Result<Self, DataFusionError> {
        let selection = &asked.selection;
        let account = EntityId::new(EntityKind::Account, selection.account).to_string();
        let all = columns(|_| true);
        let whole = DFSchema::try_from(all)?;
        let parse = |sql: &str| context.parse_sql_expr(sql, &whole);
        let exprs = Exprs::new(asked, &account, &parse)?;
        let needed = exprs.columns();
        let is_read = |name: &str| needed.contains(name) || with.contains(&name);
        let schema = Arc::new(columns(is_read));
        let columns = Columns::new(context, &schema)?;
        let ms = |minute: i64| minute.saturating_mul(60_000);
        let one = |expr: &Expr| columns.worked(std::slice::from_ref(expr));
        Ok(Self {
            account,
            times: (ms(selection.minutes.0), ms(selection.minutes.1)),
            conditions: exprs.conditions.iter().map(one).collect::<Result<_, _>>()?,
            groups: exprs.groups.iter().map(one).collect::<Result<_, _>>()?,
            counters: columns.worked(&exprs.counters)?,
            money: exprs
                .money
                .map(|money| columns.worked(&money))
                .transpose()?,
            visits: exprs.visits.as_ref().map(one).transpose()?,
            schema,
        })
    }

    /// What is wanted of files.
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            account: self.account.clone(),
            times: self.times,
            schema: Arc::clone(&self.schema),
        }
    }

    /// The rows that are asked about.
    pub(super) fn select(&self, batch: RecordBatch) -> Result<RecordBatch, DataFusionError> {
        let mut rows = self.within(batch)?;
        for condition in &self.conditions {
            if rows.num_rows() == 0 {
                break;
            }
            let values = condition.out(&rows)?;
            let Some(truths) = values.columns.first() else {
                continue;
            };
            let truths = truths.as_boolean();
            let holds: Vec<bool> = truths.iter().map(|truth| truth == Some(true)).collect();
            rows = match holds[..] {
                [true] => rows,
                [false] => rows.slice(0, 0),
                _ => kept(rows, |row| holds[values.of_row.of(row)])?,
            };
        }
        Ok(rows)
    }

    fn within(&self, batch: RecordBatch) -> Result<RecordBatch, DataFusionError> {
        let (start, end) = self.times;
        let times = times(&batch)?.values().clone();
        let is_within = |ms: &i64| start <= *ms && *ms < end;
        match times.iter().all(is_within) {
            true => Ok(batch),
            false => kept(batch, |row| is_within(&times[row])),
        }
    }
}

/// Columns of events with these names. Older files lack some.
fn columns(is_wanted: impl Fn(&str) -> bool) -> Schema {
    let all = coded(&events_schema());
    let fields = all.fields().iter();
    let wanted = fields.filter(|field| is_wanted(field.name()));
    let wanted = wanted.map(|field| field.as_ref().clone().with_nullable(true));
    Schema::new(wanted.collect::<Vec<_>>())
}

fn kept(
    rows: RecordBatch,
    is_kept: impl FnMut(usize) -> bool,
) -> Result<RecordBatch, DataFusionError> {
    let mask = BooleanBuffer::collect_bool(rows.num_rows(), is_kept);
    Ok(filter_record_batch(&rows, &BooleanArray::new(mask, None))?)
}

/// When events happened.
pub(super) fn times(
    batch: &RecordBatch,
) -> Result<&datafusion::arrow::array::PrimitiveArray<TimestampMillisecondType>, DataFusionError> {
    let times = batch.column_by_name("time");
    let times = times.and_then(|times| times.as_primitive_opt());
    times.ok_or_else(|| DataFusionError::Internal("events without a time".into()))
}

impl Exprs {
    fn new(asked: &SumsAsked, account: &str, parse: Parse<'_>) -> Result<Self, DataFusionError> {
        let mut conditions = vec![col("account").eq(lit(account))];
        let filter = |filter: &Filter| condition(parse, filter, &asked.offset);
        for wanted in &asked.selection.filters {
            conditions.push(filter(wanted)?);
        }
        for group in asked.groups.iter().filter(|group| group.only != ALL) {
            conditions.push(parse(group.only)?);
        }
        let group = |column: &asking::Column| value(parse, *column, &asked.offset);
        Ok(Self {
            conditions,
            groups: asked.groups.iter().map(group).collect::<Result<_, _>>()?,
            counters: counters(parse)?,
            money: asked.money.then(|| money(parse)).transpose()?,
            visits: asked.visitors.map(|bots| visits(parse, bots)).transpose()?,
        })
    }

    /// Names of the columns that they are in terms of, and of those that are always read.
    fn columns(&self) -> BTreeSet<String> {
        let all = self
            .conditions
            .iter()
            .chain(&self.groups)
            .chain(&self.counters);
        let all = all.chain(self.money.iter().flatten()).chain(&self.visits);
        let named = all.flat_map(|expr| {
            expr.column_refs()
                .into_iter()
                .map(|column| column.name.clone())
        });
        let visitor = self.visits.is_some().then(|| "visitor".to_owned());
        named.chain(["time".to_owned()]).chain(visitor).collect()
    }
}

fn counters(parse: Parse<'_>) -> Result<Vec<Expr>, DataFusionError> {
    let total = Cube::find(Dimension::Total, Grain::Quarter);
    let total = total.ok_or_else(|| DataFusionError::Internal("no cube of totals".into()))?;
    let counters = Measure::COUNTERS.iter();
    counters.map(|measure| parse(measure.sql(total))).collect()
}

fn money(parse: Parse<'_>) -> Result<Vec<Expr>, DataFusionError> {
    let all = [
        "(type = 'conversion' AND value_micros IS NOT NULL) \
         OR (type = 'click' AND cost_micros IS NOT NULL AND bot IS NULL)",
        "type = 'conversion'",
        "CASE WHEN type = 'conversion' THEN currency ELSE COALESCE(cost_currency, '') END",
        "CASE WHEN type = 'conversion' THEN value_micros ELSE cost_micros END",
    ];
    all.into_iter().map(parse).collect()
}

/// Those that somebody was there for.
fn visits(parse: Parse<'_>, bots: bool) -> Result<Expr, DataFusionError> {
    parse(match bots {
        true => "type <> 'conversion'",
        false => "type <> 'conversion' AND bot IS NULL",
    })
}

/// The columns that are read.
struct Columns<'a> {
    context: &'a SessionContext,
    schema: &'a SchemaRef,
    described: DFSchema,
}

impl<'a> Columns<'a> {
    fn new(context: &'a SessionContext, schema: &'a SchemaRef) -> Result<Self, DataFusionError> {
        let described = DFSchema::try_from(schema.as_ref().clone())?;
        Ok(Self {
            context,
            schema,
            described,
        })
    }

    /// COALESCE and the like cannot be worked out before they are simplified.
    fn physical(&self, expr: Expr) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        let described = Arc::new(self.described.clone());
        let about = SimplifyContext::builder().with_schema(described).build();
        let simplifier = ExprSimplifier::new(about);
        let simple = simplifier.simplify(simplifier.coerce(expr, &self.described)?)?;
        self.context.create_physical_expr(simple, &self.described)
    }

    fn worked(&self, exprs: &[Expr]) -> Result<Worked, DataFusionError> {
        let names: BTreeSet<&str> = exprs
            .iter()
            .flat_map(|expr| {
                expr.column_refs()
                    .into_iter()
                    .map(|column| column.name.as_str())
            })
            .collect();
        let fields = self.schema.fields().iter().enumerate();
        let inputs = fields.filter(|(_, field)| names.contains(field.name().as_str()));
        let physical = exprs.iter().map(|expr| self.physical(expr.clone()));
        Ok(Worked::new(
            physical.collect::<Result<_, _>>()?,
            inputs.map(|(at, _)| at).collect(),
        ))
    }
}
