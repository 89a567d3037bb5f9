//! What the settled table holds of one account.

use std::collections::BTreeMap;

use arrow::{array::AsArray, datatypes::TimestampMillisecondType};
use handover::manifest::{File, PlacedEvents};
use model::{EntityId, time};
use object_store::path::Path;
use storage::{error::StorageError, store::Store};

use crate::batch::{self, Placed, Unreadable};

/// Events of one account in one file, by the UTC day on which they happened (since 1970-01-01).
pub type Days = BTreeMap<i64, u64>;

/// How many events of `account` a file holds. Reads two columns.
pub async fn events_in(
    store: &Store,
    events: &PlacedEvents,
    account: EntityId,
) -> Result<Days, StorageError> {
    let PlacedEvents { path, file, .. } = events;
    counted(store, path, file, account)
        .await
        .map_err(|error| match error {
            Unreadable::Store(error) => error.into(),
            Unreadable::Bad(why) => StorageError::damaged(format!(
                "a file of events cannot be read: {why}; `millrace audit --full` tells more"
            )),
        })
}

async fn counted(
    store: &Store,
    path: &Path,
    file: &File,
    account: EntityId,
) -> Result<Days, Unreadable> {
    let placed = Placed {
        path: path.clone(),
        file: file.clone(),
        seen: None,
    };
    let wanted = account.to_string();
    let mut stream = batch::open(store, &placed, &["account", "time"]).await?;
    let mut days = Days::new();
    while let Some(batch) = batch::next(&mut stream, path).await? {
        let accounts = batch::texts(&batch, "account", path)?;
        let times = batch.column_by_name("time");
        let times = times.and_then(|times| times.as_primitive_opt::<TimestampMillisecondType>());
        let times = times.ok_or_else(|| batch::lacks(path, "time"))?;
        let events = accounts.iter().zip(times.values());
        for (_, ms) in events.filter(|(of, _)| *of == Some(&wanted)) {
            *days.entry(time::day_of(time::minute_of(*ms))).or_default() += 1;
        }
        tokio::task::yield_now().await;
    }
    Ok(days)
}
