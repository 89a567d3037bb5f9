//! What the settled table holds of one account.

use handover::manifest::{File, Manifest};
use model::EntityId;
use object_store::path::Path;
use storage::{error::StorageError, object_keys::ObjectKey, store::Store};

use crate::batch::{self, Placed, Unreadable};

/// The files of events of one day.
pub fn files(manifest: &Manifest, day: i64) -> impl Iterator<Item = (Path, &File)> {
    let files = manifest.events.get(&day).into_iter().flatten();
    files.map(move |file| {
        let name = file.name.clone();
        (ObjectKey::Events { day, name }.path(), file)
    })
}

/// How many events of `account` a file holds. Reads one column.
pub async fn events_in(
    store: &Store,
    path: &Path,
    file: &File,
    account: EntityId,
) -> Result<u64, StorageError> {
    let placed = Placed {
        day: 0,
        path: path.clone(),
        file: file.clone(),
    };
    let wanted = account.to_string();
    let count = async {
        let mut stream = batch::open(store, &placed, &["account"]).await?;
        let mut count = 0;
        while let Some(batch) = batch::next(&mut stream, path).await? {
            let accounts = batch::texts(&batch, "account", path)?;
            count += accounts.iter().filter(|a| *a == Some(&wanted)).count() as u64;
            tokio::task::yield_now().await;
        }
        Ok(count)
    };
    count.await.map_err(|error| match error {
        Unreadable::Store(error) => error.into(),
        Unreadable::Bad(why) => StorageError::damaged(format!(
            "a file of events cannot be read: {why}; `millrace audit --full` tells more"
        )),
    })
}
