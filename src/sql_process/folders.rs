//! A folder of its own on the disk for each process: what it puts there goes with it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use asking::AskError;
use tempfile::TempDir;

use super::not_started;

const PREFIX: &str = "millrace-sql-";
/// Much longer than any question takes.
const LEFT: Duration = Duration::from_secs(600);

/// Makes one in `place`, which is made, too, if it is not there.
pub async fn make(place: PathBuf) -> Result<TempDir, AskError> {
    let made = tokio::task::spawn_blocking(move || {
        fs::create_dir_all(&place)?;
        tempfile::Builder::new().prefix(PREFIX).tempdir_in(place)
    });
    let made = made
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)));
    made.map_err(|error| not_started(&error))
}

/// Removes those that are left at a time (unix milliseconds) of processes that were killed together with whoever started them.
pub fn sweep(place: &Path, now_ms: i64) {
    let now = UNIX_EPOCH + Duration::from_millis(now_ms.try_into().unwrap_or(0));
    for found in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = found.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_left(&found, now).unwrap_or(false) {
            // Another process may do the same just now.
            let _ = fs::remove_dir_all(found.path());
        }
    }
}

fn is_left(found: &fs::DirEntry, now: SystemTime) -> io::Result<bool> {
    let changed = found.metadata()?.modified()?;
    let age = now.duration_since(changed);
    Ok(age.is_ok_and(|age| age > LEFT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_left_is_removed_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let new = make(place.path().join("spills")).await.unwrap();
        let place = place.path().join("spills");
        let old = |name: &str| {
            let folder = place.join(name);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("rows"), "1").unwrap();
            let long_ago = UNIX_EPOCH + Duration::from_secs(1);
            let opened = fs::File::open(&folder).unwrap();
            opened.set_modified(long_ago).unwrap();
            folder
        };
        let (left, others) = (old("millrace-sql-1"), old("of-others"));
        sweep(&place, 1_700_000_000_000);
        assert!(new.path().exists() && others.exists() && !left.exists());
        sweep(&place.join("nowhere"), 1_700_000_000_000);
    }
}
