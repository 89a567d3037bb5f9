//! A table whose rows are chosen before anything of a customer's question is applied to them: no filter and no expression is
//! pushed below it, so that none ever sees, or fails on, a row of somebody else.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::SchemaRef,
    catalog::{Session, TableProvider},
    dataframe::DataFrame,
    datasource::TableType,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    logical_expr::Expr,
    physical_plan::{
        ExecutionPlan, execute_stream,
        streaming::{PartitionStream, StreamingTableExec},
    },
    prelude::col,
};

/// Rows of one account.
pub(super) struct Barrier {
    rows: DataFrame,
    schema: SchemaRef,
}

impl Barrier {
    pub(super) fn new(rows: DataFrame) -> Self {
        let schema = Arc::new(rows.schema().as_arrow().clone());
        Self { rows, schema }
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Barrier")
    }
}

#[async_trait]
impl TableProvider for Barrier {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    /// Only columns are chosen below it. Filters are not looked at: the engine applies them to what comes.
    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let schema = match projection {
            Some(columns) => Arc::new(self.schema.project(columns)?),
            None => Arc::clone(&self.schema),
        };
        let names = schema.fields().iter();
        let names: Vec<Expr> = names
            .map(|field| col(format!("\"{}\"", field.name())))
            .collect();
        let mut rows = self.rows.clone();
        if !names.is_empty() {
            rows = rows.select(names)?;
        }
        let behind = Behind {
            plan: rows.create_physical_plan().await?,
            schema: match projection {
                // Rows that are only counted: of some column.
                Some(columns) if columns.is_empty() => Arc::clone(&self.schema),
                _ => Arc::clone(&schema),
            },
        };
        let whole = Arc::clone(&behind.schema);
        let none = Vec::new();
        let projection = (whole != schema).then_some(&none);
        let partitions: Vec<Arc<dyn PartitionStream>> = vec![Arc::new(behind)];
        let table = StreamingTableExec::try_new(whole, partitions, projection, [], false, None)?;
        Ok(Arc::new(table))
    }
}

/// What is computed behind it.
struct Behind {
    plan: Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of one account")
    }
}

impl PartitionStream for Behind {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
        use futures::{StreamExt, stream};
        match execute_stream(Arc::clone(&self.plan), context) {
            Ok(rows) => rows,
            Err(error) => {
                let failed = stream::once(async move { Err(error) }).boxed();
                Box::pin(RecordBatchStreamAdapter::new(
                    Arc::clone(&self.schema),
                    failed,
                ))
            }
        }
    }
}
