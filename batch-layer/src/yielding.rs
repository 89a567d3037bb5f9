//! Plans that give others a turn, and notice that nobody waits for them any more.

use std::sync::Arc;

use datafusion::{
    common::tree_node::{Transformed, TreeNode},
    error::DataFusionError,
    physical_plan::{ExecutionPlan, coop::CooperativeExec},
};

/// The same plan, each of whose steps ends its turn after some batches. The engine has only those do it that read: a join makes thousands of batches
/// of one that was read, and whoever counts them would never look up.
pub(crate) fn yielding(
    plan: Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let wrapped = |step: Arc<dyn ExecutionPlan>| {
        Ok(Transformed::yes(
            Arc::new(CooperativeExec::new(step)) as Arc<dyn ExecutionPlan>
        ))
    };
    Ok(plan.transform_up(wrapped)?.data)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use datafusion::{physical_plan::execute_stream, prelude::SessionContext};
    use futures::StreamExt;

    use super::*;

    /// One thread, which the plan would keep for hours.
    #[tokio::test]
    async fn a_join_of_which_nothing_comes_can_be_given_up() {
        let context = SessionContext::new();
        let sql =
            "WITH t AS (SELECT * FROM generate_series(1, 5000)) SELECT count(*) FROM t a, t b, t c";
        let frame = context.sql(sql).await.unwrap();
        let task = Arc::new(frame.task_ctx());
        let plan = frame.create_physical_plan().await.unwrap();
        let mut rows = execute_stream(yielding(plan).unwrap(), task).unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(100), rows.next()).await;
        assert!(waited.is_err());
    }
}
