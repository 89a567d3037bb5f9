//! How many clicks of people a link has had, settled and live, for whoever must know when it has had enough.

use std::sync::Arc;

use handover::{fences::Fences, overview::Overview, reading::Reader, views::ViewError};
use model::{Cube, Dimension, EntityId, Grain, Measure, time};
use storage::{cells::LiveCells, env::Env, error::StorageError};

use crate::stats::settled::Settled;

/// Reads these numbers, and keeps what was read of files.
pub struct ClickTotals {
    env: Env,
    cells: Arc<dyn LiveCells>,
    overview: Overview,
    fences: Fences,
    settled: Settled,
}

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
pub enum TotalError {
    /// Of what is live.
    #[error(transparent)]
    Live(#[from] StorageError),
    /// Of what is settled.
    #[error(transparent)]
    Settled(#[from] ViewError),
}

impl ClickTotals {
    /// Numbers of an installation.
    pub fn new(env: Env, cells: Arc<dyn LiveCells>, overview: Overview) -> Self {
        Self {
            fences: Fences::new(env.bell.clone()),
            settled: Settled::new(Arc::clone(&env.store)),
            env,
            cells,
            overview,
        }
    }

    /// Clicks of people on `link`: as many as are known now.
    pub async fn of(&self, link: EntityId) -> Result<i64, TotalError> {
        let Some(cube) = Cube::find(Dimension::Total, Grain::Quarter) else {
            return Ok(0);
        };
        self.overview.look_once().await?;
        let (clicks, is_whole) = self.read(link, cube).await?;
        if is_whole {
            return Ok(clicks);
        }
        // What was settled meanwhile is live no more.
        self.overview.look().await?;
        Ok(self.read(link, cube).await?.0)
    }

    /// As many as are found, and whether nothing is missing.
    async fn read(&self, link: EntityId, cube: &'static Cube) -> Result<(i64, bool), TotalError> {
        let seen = self.overview.seen();
        let reader = Reader {
            published: &seen.published,
            directory: &seen.directory,
            store: &self.env.store,
            fences: &self.fences,
            cells: &*self.cells,
            // Of whatever is not settled yet it is only known that it is looked at again.
            account: None,
            now_ms: self.env.clock.now_ms(),
        };
        let live = reader.read(link).await?;
        let is_whole = live.missing.is_empty();
        let always = (0, time::minute_of(self.env.clock.now_ms()) + 2 * time::DAY);
        let manifest = &seen.published.manifest;
        let settled = self.settled.cube(manifest, cube, link, always).await?;
        let settled = settled.iter().flat_map(|rows| rows.iter());
        let settled = settled.map(|row| row.counts.get(Measure::Clicks));
        let live = live.cells.iter().flat_map(|cell| cell.rows(cube));
        let live = live.map(|(.., counts)| counts.get(Measure::Clicks));
        Ok((settled.chain(live).sum(), is_whole))
    }
}
