//! Steps of a plan that calculate the same twice, such as `SELECT s + s AS s FROM (SELECT s + s AS s FROM …)`. The engine's rule that leaves out columns takes two
//! neighbours of equal expressions for one and leaves out the other, which gives wrong numbers (apache/datafusion#24686, mended after version 55). Here that
//! rule sees no two equal steps: each calculation gets a note of its own before it, and none is left after it.

use std::{cell::Cell, collections::BTreeMap, sync::Arc};

use datafusion::{
    arrow::datatypes::Field,
    common::{
        DFSchema,
        metadata::FieldMetadata,
        tree_node::{Transformed, TreeNode},
    },
    error::DataFusionError,
    logical_expr::{Expr, LogicalPlan, Projection, Union, expr::Alias},
    optimizer::{
        ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule,
        optimize_projections::OptimizeProjections,
    },
};

/// The key of a note.
const NOTE: &str = "millrace.step";
/// What stands before the number where there was no alias that could have it.
const BARE: &str = "bare";

/// The engine's rules, that one so that it is right.
pub(crate) fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let apart = Apart(OptimizeProjections::new());
    let mut rules = Optimizer::new().rules;
    for rule in &mut rules {
        if rule.name() == apart.name() {
            *rule = Arc::new(Apart(OptimizeProjections::new()));
        }
    }
    rules
}

#[derive(Debug)]
struct Apart(OptimizeProjections);

impl OptimizerRule for Apart {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>, DataFusionError> {
        let done = self.0.rewrite(noted(plan.clone())?, config)?;
        match done.transformed {
            true => Ok(Transformed::yes(without_notes(done.data)?)),
            false => Ok(Transformed::no(plan)),
        }
    }
}

/// The same plan with a note at each calculation. Schemas stay without.
fn noted(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let count = Cell::new(0_u64);
    let note = |one: Expr| {
        count.set(count.get() + 1);
        note(one, count.get())
    };
    let noted = plan.transform_up_with_subqueries(|step| match step {
        LogicalPlan::Projection(step) => {
            let expressions = step.expr.into_iter().map(note).collect();
            let step = Projection::try_new_with_schema(expressions, step.input, step.schema)?;
            Ok(Transformed::yes(LogicalPlan::Projection(step)))
        }
        other => Ok(Transformed::no(other)),
    })?;
    Ok(noted.data)
}

fn note(one: Expr, number: u64) -> Expr {
    match one {
        // Handed on, which may be done twice as well as once.
        Expr::Column(_) => one,
        Expr::Alias(mut alias) => {
            alias.metadata = Some(with(alias.metadata, number.to_string()));
            Expr::Alias(alias)
        }
        bare => {
            let name = bare.schema_name().to_string();
            let note = with(None, format!("{BARE}{number}"));
            bare.alias_with_metadata(name, Some(note))
        }
    }
}

fn with(metadata: Option<FieldMetadata>, note: String) -> FieldMetadata {
    let all = metadata.map(|metadata| metadata.inner().clone());
    let mut all: BTreeMap<String, String> = all.unwrap_or_default();
    all.insert(NOTE.to_owned(), note);
    FieldMetadata::from(all)
}

/// The same plan without notes, and schemas made of what is there.
fn without_notes(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let plain = plan.transform_up_with_subqueries(|step| {
        let plain = step.map_expressions(|one| one.transform_up(|one| Ok(plain(one))))?;
        Ok(Transformed::yes(match plain.data {
            // Keeps the schema that it has as long as nothing is added.
            LogicalPlan::Union(union) => LogicalPlan::Union(Union {
                schema: Arc::new(plain_schema(&union.schema)?),
                inputs: union.inputs,
            }),
            other => other.recompute_schema()?,
        }))
    })?;
    Ok(plain.data)
}

fn plain_schema(schema: &DFSchema) -> Result<DFSchema, DataFusionError> {
    let fields = schema.iter().map(|(of, field)| {
        let mut field = Field::clone(field);
        field.metadata_mut().remove(NOTE);
        (of.cloned(), Arc::new(field))
    });
    let plain = DFSchema::new_with_metadata(fields.collect(), schema.metadata().clone())?;
    plain.with_functional_dependencies(schema.functional_dependencies().clone())
}

fn plain(one: Expr) -> Transformed<Expr> {
    let Expr::Alias(alias) = one else {
        return Transformed::no(one);
    };
    let noted = alias.metadata.as_ref().map(|metadata| metadata.inner());
    let Some(note) = noted.and_then(|all| all.get(NOTE)).cloned() else {
        return Transformed::no(Expr::Alias(alias));
    };
    let Alias {
        expr,
        relation,
        name,
        metadata,
    } = alias;
    if note.starts_with(BARE) && expr.schema_name().to_string() == name {
        return Transformed::yes(*expr);
    }
    let mut all = metadata.map(|all| all.inner().clone()).unwrap_or_default();
    all.remove(NOTE);
    let metadata = (!all.is_empty()).then(|| FieldMetadata::from(all));
    let alias = Alias {
        expr,
        relation,
        name,
        metadata,
    };
    Transformed::yes(Expr::Alias(alias))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::util::display::array_value_to_string;

    use super::*;
    use crate::engine;

    const TWICE: &str = "SELECT s+s AS s FROM (SELECT 1 AS s)";

    /// The only row of an answer, with `,` between.
    async fn row(sql: &str) -> String {
        let context = engine::context_with(Arc::default());
        let rows = context.sql(sql).await.unwrap().collect().await;
        let rows = rows.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let rows: Vec<_> = rows.iter().filter(|rows| rows.num_rows() > 0).collect();
        let [row] = rows[..] else {
            panic!("{sql}: {rows:?}");
        };
        let fields = row.schema();
        assert!(
            fields
                .fields()
                .iter()
                .all(|field| field.metadata().is_empty()),
            "{sql}"
        );
        let values = row.columns().iter();
        let values: Vec<_> = values
            .map(|column| array_value_to_string(column, 0).unwrap())
            .collect();
        values.join(",")
    }

    #[tokio::test]
    async fn what_is_calculated_twice_is_calculated_twice() {
        let cases = [
            ("SELECT s+s AS s FROM (TWICE)", "4"),
            ("SELECT s+s AS s FROM (SELECT s FROM (TWICE))", "4"),
            ("SELECT s+s AS s FROM (TWICE) WHERE s > 0", "4"),
            ("SELECT s+s AS s FROM (TWICE) WHERE true", "4"),
            ("SELECT s+s AS s FROM (TWICE LIMIT 5)", "4"),
            ("SELECT s+s AS s FROM (TWICE OFFSET 0)", "4"),
            (
                "SELECT s+s AS s FROM (SELECT s+s AS s, 3 AS t FROM (SELECT 1 AS s))",
                "4",
            ),
            (
                "SELECT s+1 AS s FROM (SELECT s+1 AS s FROM (SELECT s+1 AS s FROM (SELECT 1 AS s)))",
                "4",
            ),
            (
                "SELECT a AS b, b AS a FROM (SELECT a AS b, b AS a FROM (SELECT 1 AS a, 2 AS b))",
                "2,1",
            ),
            (
                "SELECT CAST(s AS INT), CAST(s AS TEXT) || 'x' AS t FROM (SELECT CAST(s AS INT), CAST(s AS TEXT) || 'x' AS t FROM (SELECT 1.5 AS s))",
                "1,1x",
            ),
            (
                "WITH a AS (SELECT 1 AS s), b AS (SELECT s * 3 AS s FROM a), c AS (SELECT s * 3 AS s FROM b) SELECT s FROM c",
                "9",
            ),
            (
                "SELECT (SELECT max(s + 1) FROM (SELECT s+s AS s FROM (TWICE))) AS s",
                "5",
            ),
            (
                "SELECT sum(s) AS s FROM (SELECT s + t AS s, t FROM (SELECT s + t AS s, t FROM (SELECT 1 AS s, 10 AS t)))",
                "21",
            ),
            (
                "SELECT sum(s) AS s FROM (SELECT s+s AS s FROM (TWICE) UNION ALL SELECT 1 AS s)",
                "5",
            ),
            (
                "SELECT max(s) AS s FROM (SELECT s+s AS s FROM (TWICE) UNION SELECT 1 AS s)",
                "4",
            ),
            (
                "WITH RECURSIVE t AS (SELECT s+s AS s FROM (TWICE) UNION ALL SELECT s+s AS s FROM t WHERE s < 10) SELECT max(s) AS s FROM t",
                "16",
            ),
            (
                "SELECT a.s + b.s AS s FROM (SELECT s+s AS s FROM (TWICE)) a JOIN (SELECT s+s AS s FROM (TWICE)) b ON a.s = b.s",
                "8",
            ),
            (
                "SELECT sum(s) OVER () AS s FROM (SELECT s+s AS s FROM (TWICE))",
                "4",
            ),
            (
                "SELECT s FROM (SELECT s+s AS s FROM (TWICE)) a WHERE EXISTS (SELECT 1 FROM (SELECT s+s AS s FROM (TWICE)) b WHERE b.s = a.s)",
                "4",
            ),
            (
                "SELECT s FROM (SELECT s+s AS s FROM (TWICE)) WHERE s IN (SELECT s+s FROM (TWICE))",
                "4",
            ),
        ];
        for (sql, expected) in cases {
            let sql = sql.replace("TWICE", TWICE);
            assert_eq!(row(&sql).await, expected, "{sql}");
        }
    }
}
