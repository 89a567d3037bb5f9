//! The rollup's tasks on several machines. A rollup hands its tasks to a scheduler of Ballista; executors,
//! which are this program, too, do them as one process would, and tell what they wrote. What is
//! counted, and published, is decided by the rollup alone.

mod closed;
pub mod codec;
pub mod engine;
pub mod executor;
pub mod scheduler;
mod task_exec;

/// Bytes of one message, at most: a plan has all tasks of a step or of a merge.
const MESSAGE: usize = 64 << 20;
