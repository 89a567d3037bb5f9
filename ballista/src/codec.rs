//! How plans with our operator are sent. Scheduler, executors and rollup have the same.

use std::{fmt, sync::Arc};

use ballista_core::serde::{BallistaLogicalExtensionCodec, BallistaPhysicalExtensionCodec};
use batch_layer::Worker;
use datafusion::{error::Result, execution::TaskContext, physical_plan::ExecutionPlan};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};

use crate::task_exec::TaskExec;

/// Stands for our operator, which has nothing to be sent but its input.
const OURS: &[u8] = b"millrace-tasks-1";

/// Ballista's codec, and our operator beside.
#[derive(Default)]
pub struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
    worker: Option<Worker>,
}

impl Codec {
    /// For an executor: what is received can be executed.
    pub fn of_executor(worker: Worker) -> Self {
        Self {
            worker: Some(worker),
            ..Self::default()
        }
    }

    /// That of logical plans, of which none are sent.
    pub(crate) fn logical() -> Arc<BallistaLogicalExtensionCodec> {
        Arc::default()
    }
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match inputs {
            [input] if buf == OURS => {
                let tasks = TaskExec::new(Arc::clone(input), self.worker.clone());
                Ok(Arc::new(tasks))
            }
            _ => self.ballista.try_decode(buf, inputs, ctx, converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if node.is::<TaskExec>() {
            buf.extend_from_slice(OURS);
            return Ok(());
        }
        self.ballista.try_encode(node, buf, converter)
    }
}
