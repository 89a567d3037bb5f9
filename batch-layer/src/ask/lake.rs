//! The files of events of one store, and what reads them: all questions to it share its memory and its room on the disk.

use std::{path::Path, sync::Arc};

use asking::AskError;
use datafusion::{
    arrow::array::RecordBatch,
    dataframe::DataFrame,
    datasource::MemTable,
    error::DataFusionError,
    execution::{memory_pool::FairSpillPool, runtime_env::RuntimeEnv},
    logical_expr::lit,
    prelude::{SessionContext, col},
};
use handover::manifest::{Manifest, PlacedEvents};
use model::{EntityId, EntityKind, time};
use storage::store::Store;

use super::{
    failed,
    table::{SETTLED, moment},
};
use crate::{engine, rollup::events_schema};

/// Reads events.
pub struct Lake {
    pub(super) runtime: Arc<RuntimeEnv>,
    pub(super) store: Store,
}

impl Lake {
    /// Of a store, with so much memory and so much of the disk for what does not fit, bytes: in `spill_dir`, or the system's folder for that.
    ///
    /// # Errors
    ///
    /// The folder cannot be used.
    pub fn open(
        store: Store,
        memory: usize,
        (spill, spill_dir): (u64, Option<&Path>),
    ) -> Result<Self, AskError> {
        let pool = Arc::new(FairSpillPool::new(memory));
        let runtime = engine::bounded_runtime(&store, spill_dir, pool, spill);
        Ok(Self {
            runtime: runtime.map_err(failed)?,
            store,
        })
    }

    /// A session of its own.
    pub(super) fn session(&self) -> SessionContext {
        engine::context_with(Arc::clone(&self.runtime))
    }

    /// All events of an account that happened within some unix minutes: those that `manifest` settles, and `live`, with [`SETTLED`].
    pub(super) async fn events(
        &self,
        account: u64,
        manifest: &Manifest,
        (start, end): (i64, i64),
        live: Vec<RecordBatch>,
    ) -> Result<DataFrame, AskError> {
        let context = self.session();
        let files = files(manifest, (start, end));
        let paths: Vec<_> = files.into_iter().map(|events| events.path).collect();
        let frame = async {
            let account = EntityId::new(EntityKind::Account, account).to_string();
            let settled = engine::events(&context, &paths, manifest).await?;
            let settled = settled
                .filter(col("account").eq(lit(account)))?
                .with_column(SETTLED, lit(true))?;
            let live = of_live(&context, live)?.with_column(SETTLED, lit(false))?;
            let at = |minute: i64| lit(moment(minute.saturating_mul(60_000)));
            let within = col("time").gt_eq(at(start)).and(col("time").lt(at(end)));
            settled.union(live)?.filter(within)
        };
        frame.await.map_err(failed)
    }
}

/// Files that can have events of some unix minutes.
pub(super) fn files(manifest: &Manifest, minutes: (i64, i64)) -> Vec<PlacedEvents> {
    let files = manifest.events();
    files.filter(|events| touches(events, minutes)).collect()
}

fn touches(events: &PlacedEvents, (start, end): (i64, i64)) -> bool {
    let (first, last) = events.days;
    first <= time::day_of(end - 1) && time::day_of(start) <= last
}

fn of_live(context: &SessionContext, live: Vec<RecordBatch>) -> Result<DataFrame, DataFusionError> {
    let table = MemTable::try_new(events_schema(), vec![live])?;
    context.read_table(Arc::new(table))
}
