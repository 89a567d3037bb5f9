//! Steps of a plan that calculate the same twice, such as `SELECT s + s AS s FROM (SELECT s + s AS s FROM …)`. The engine takes two neighbours of equal
//! expressions for one and leaves out the other, which gives wrong numbers (apache/datafusion#24686, mended after version 55).

use std::{collections::BTreeMap, sync::Arc};

use datafusion::{
    common::{metadata::FieldMetadata, tree_node::Transformed},
    config::ConfigOptions,
    error::DataFusionError,
    logical_expr::{Expr, LogicalPlan, Projection},
    optimizer::AnalyzerRule,
};

/// Makes the second of two such steps look different, by a note at its columns that nobody reads.
#[derive(Debug)]
pub(crate) struct EqualSteps;

impl AnalyzerRule for EqualSteps {
    fn analyze(
        &self,
        plan: LogicalPlan,
        _: &ConfigOptions,
    ) -> Result<LogicalPlan, DataFusionError> {
        let noted = plan.transform_up_with_subqueries(|step| match step {
            LogicalPlan::Projection(step) if is_equal(&step) => {
                let step = noted(step)?;
                Ok(Transformed::yes(LogicalPlan::Projection(step)))
            }
            other => Ok(Transformed::no(other)),
        })?;
        match noted.transformed {
            // What stands above has schemas of what was below.
            true => Ok(noted
                .data
                .transform_up_with_subqueries(|step| step.recompute_schema().map(Transformed::yes))?
                .data),
            false => Ok(noted.data),
        }
    }

    fn name(&self) -> &str {
        "equal_steps"
    }
}

/// Whether a step calculates what the one below it does. Columns that are only handed on may be left out.
fn is_equal(step: &Projection) -> bool {
    let is_column = |one: &Expr| matches!(one, Expr::Column(_));
    match &*step.input {
        LogicalPlan::Projection(below) => {
            below.expr == step.expr && !step.expr.iter().all(is_column)
        }
        _ => false,
    }
}

fn noted(step: Projection) -> Result<Projection, DataFusionError> {
    let note = FieldMetadata::from(BTreeMap::from([("step".to_owned(), "again".to_owned())]));
    let mut expressions = step.expr;
    for one in &mut expressions {
        if let Expr::Alias(alias) = one {
            alias.metadata = Some(note.clone());
        }
    }
    Projection::try_new(expressions, Arc::clone(&step.input))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::{array::AsArray, datatypes::Int64Type};

    use super::*;
    use crate::engine;

    #[tokio::test]
    async fn what_is_calculated_twice_is_calculated_twice() {
        let context = engine::context_with(Arc::default());
        for (sql, expected) in [
            (
                "SELECT s + s AS s FROM (SELECT s + s AS s FROM (SELECT 1 AS s))",
                4,
            ),
            (
                "SELECT s + 1 AS s FROM (SELECT s + 1 AS s FROM (SELECT s + 1 AS s FROM (SELECT 1 AS s)))",
                4,
            ),
            (
                "WITH a AS (SELECT 1 AS s), b AS (SELECT s * 3 AS s FROM a), c AS (SELECT s * 3 AS s FROM b) SELECT s FROM c",
                9,
            ),
            (
                "SELECT (SELECT max(s + 1) FROM (SELECT s + 1 AS s FROM (SELECT s + 1 AS s FROM (SELECT 1 AS s)))) AS s",
                4,
            ),
            (
                "SELECT sum(s) AS s FROM (SELECT s + t AS s, t FROM (SELECT s + t AS s, t FROM (SELECT 1 AS s, 10 AS t)))",
                21,
            ),
        ] {
            let rows = context.sql(sql).await.unwrap().collect().await.unwrap();
            let found = rows[0].column(0).as_primitive::<Int64Type>().value(0);
            assert_eq!(found, expected, "{sql}");
        }
    }
}
