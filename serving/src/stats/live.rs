//! The live part of an answer: tries for a little while to get all of it.

use std::{sync::Arc, time::Duration};

use handover::{
    manifests::Published,
    reading::{Missing, Reader, Why},
};
use model::EntityId;
use storage::error::StorageError;
use web::Problem;

use crate::app::App;

/// Tries to get a complete reading before an incomplete one is given.
const TRIES: u32 = 8;
/// Pause between tries: cells may be being folded anew.
const PAUSE: Duration = Duration::from_millis(40);

/// The live part of one entity's numbers, and the manifest it adds to.
pub(crate) struct Reading {
    /// The settled part is this one's.
    pub published: Published,
    /// Cells of epochs beyond the manifest.
    pub live: handover::reading::Reading,
}

/// Reads the live cells of `entity`; tries again for a little while if something is missing.
pub(crate) async fn read(app: &App, entity: EntityId) -> Result<Reading, Problem> {
    app.look_once().await?;
    let mut attempt = 0;
    loop {
        // The manifest before the logs: a log that it covers is then known.
        let published = app.manifests.seen();
        let live = read_once(app, &published, entity).await;
        attempt += 1;
        match live {
            Ok(live) if live.missing.is_empty() || attempt == TRIES => {
                return Ok(Reading { published, live });
            }
            Err(error) if attempt == TRIES => return Ok(without_live(published, &error)),
            _ => {}
        }
        tokio::time::sleep(PAUSE).await;
        app.refresh().await?;
    }
}

async fn read_once(
    app: &App,
    published: &Published,
    entity: EntityId,
) -> Result<handover::reading::Reading, StorageError> {
    let directory = Arc::clone(&app.directory());
    let reader = Reader {
        published,
        directory: &directory,
        store: &app.env.store,
        fences: &app.fences,
        cells: &*app.cells,
        now_ms: app.env.clock.now_ms(),
    };
    reader.read(entity).await
}

/// With the live store down the settled part is still true, and said to be a part.
fn without_live(published: Published, error: &StorageError) -> Reading {
    tracing::warn!(%error, "live cells cannot be read");
    let missing = vec![Missing {
        log: None,
        why: Why::NoAnswer,
    }];
    Reading {
        published,
        live: handover::reading::Reading {
            missing,
            ..handover::reading::Reading::default()
        },
    }
}
