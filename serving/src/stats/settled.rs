//! Rows of the batch views, read once and kept: files never change.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use handover::{
    duplicates::{self, Duplicates},
    manifest::Manifest,
    reading::{Missing, Why},
    views::{
        MONTH_UNIQUES, UNIQUES, UniquesRow, VISITORS, ViewError, ViewReader, ViewRow, VisitorRow,
    },
};
use model::{Cube, Dimension, EntityId, Grain, time};
use moka::future::Cache;
use object_store::path::Path;
use storage::{error::StorageError, object_keys::ObjectKey, store::Store};

use super::{metric::Metric, query::Query};

/// Files read at once for one answer.
const FILES_AT_ONCE: usize = 8;
/// Rows kept in memory; a row is some 100 bytes.
const MAX_ROWS: u64 = 1_000_000;
/// Lists of duplicates kept: those of the manifests that are being read.
const MAX_DUPLICATES: u64 = 2;
/// Open files (their footers) kept.
const MAX_READERS: u64 = 2_000;

type Key = (Path, EntityId);

/// The views of a store, with what was read of them.
pub(crate) struct Settled {
    store: Store,
    readers: Cache<Path, Arc<ViewReader>>,
    rows: Cache<Key, Arc<Vec<ViewRow>>>,
    uniques: Cache<Key, Arc<Vec<UniquesRow>>>,
    /// By name of their file.
    duplicates: Cache<String, Arc<Duplicates>>,
}

impl Settled {
    pub(crate) fn new(store: Store) -> Self {
        let weight = |rows: usize| u32::try_from(rows + 1).unwrap_or(u32::MAX);
        Self {
            store,
            readers: Cache::new(MAX_READERS),
            duplicates: Cache::new(MAX_DUPLICATES),
            rows: Cache::builder()
                .max_capacity(MAX_ROWS)
                .weigher(move |_, v: &Arc<Vec<ViewRow>>| weight(v.len()))
                .build(),
            uniques: Cache::builder()
                .max_capacity(MAX_ROWS / 10)
                .weigher(move |_, v: &Arc<Vec<UniquesRow>>| weight(v.len()))
                .build(),
        }
    }

    /// Events that are not counted: another with the same sender's key is.
    pub(crate) async fn duplicates(
        &self,
        manifest: &Manifest,
    ) -> Result<Arc<Duplicates>, Arc<StorageError>> {
        let Some(file) = &manifest.duplicates else {
            return Ok(Arc::default());
        };
        let read = async { duplicates::read(&self.store, manifest).await.map(Arc::new) };
        self.duplicates.try_get_with(file.name.clone(), read).await
    }

    /// Rows of a cube for the days that hold the unix minutes `start..end`, some outside of it.
    pub(crate) async fn cube(
        &self,
        manifest: &Manifest,
        view: &str,
        entity: EntityId,
        range: (i64, i64),
    ) -> Result<Vec<Arc<Vec<ViewRow>>>, ViewError> {
        let reads = files(manifest, view, range)
            .into_iter()
            .map(|(path, size)| async move {
                let read = async { self.reader(&path, size).await?.cube(entity).await };
                kept(&self.rows, (path.clone(), entity), read).await
            });
        stream::iter(reads)
            .buffered(FILES_AT_ONCE)
            .try_collect()
            .await
    }

    /// Counts of distinct visitors of the days and months that touch `start..end`.
    pub(crate) async fn uniques(
        &self,
        manifest: &Manifest,
        entity: EntityId,
        range: (i64, i64),
    ) -> Result<Vec<Arc<Vec<UniquesRow>>>, ViewError> {
        let mut wanted = files(manifest, UNIQUES, range);
        wanted.extend(files(manifest, MONTH_UNIQUES, range));
        let reads = wanted.into_iter().map(|(path, size)| async move {
            let read = async { self.reader(&path, size).await?.uniques(entity).await };
            kept(&self.uniques, (path.clone(), entity), read).await
        });
        stream::iter(reads)
            .buffered(FILES_AT_ONCE)
            .try_collect()
            .await
    }

    /// Who was there in the hours `start..end`.
    pub(crate) async fn visitors(
        &self,
        manifest: &Manifest,
        entity: EntityId,
        range: (i64, i64),
    ) -> Result<Vec<VisitorRow>, ViewError> {
        let reads =
            files(manifest, VISITORS, range)
                .into_iter()
                .map(|(path, size)| async move {
                    self.reader(&path, size).await?.visitors(entity).await
                });
        let all: Vec<Vec<VisitorRow>> = stream::iter(reads)
            .buffered(FILES_AT_ONCE)
            .try_collect()
            .await?;
        Ok(all
            .into_iter()
            .flatten()
            .filter(|r| (range.0..range.1).contains(&r.hour))
            .collect())
    }

    async fn reader(&self, path: &Path, size: u64) -> Result<Arc<ViewReader>, ViewError> {
        let open = async {
            ViewReader::open(&self.store, path.clone(), size)
                .await
                .map(Arc::new)
        };
        self.readers
            .try_get_with(path.clone(), open)
            .await
            .map_err(unwrap_shared)
    }
}

/// What the views lack that a question is answered from: they count nothing of the time before
/// their cube was defined, which must not pass for nought.
pub(super) fn not_whole(manifest: &Manifest, query: &Query) -> Vec<Missing> {
    let values = query.metrics.contains(&Metric::Value);
    let values = values.then_some((Dimension::Currency, Grain::Quarter));
    let cubes = [query.cube()].into_iter().chain(values);
    let cubes = cubes.filter_map(|(dimension, grain)| Cube::find(dimension, grain));
    cubes
        .filter(|cube| !manifest.is_whole(cube))
        .map(|cube| Missing {
            log: None,
            why: Why::NotWhole(cube.name),
        })
        .collect()
}

fn files(manifest: &Manifest, view: &str, (start, end): (i64, i64)) -> Vec<(Path, u64)> {
    let Some(files) = manifest.views.get(view) else {
        return Vec::new();
    };
    let days = time::day_of(start)..=time::day_of(end - 1);
    let path = |day: i64, name: &str| {
        ObjectKey::View {
            cube: view.to_owned(),
            day,
            name: name.to_owned(),
        }
        .path()
    };
    files
        .range(days)
        .map(|(day, file)| (path(*day, &file.name), file.bytes))
        .collect()
}

/// The rows in the cache, or read once for all who ask.
async fn kept<T: Send + Sync + 'static>(
    cache: &Cache<Key, Arc<Vec<T>>>,
    key: Key,
    read: impl Future<Output = Result<Vec<T>, ViewError>>,
) -> Result<Arc<Vec<T>>, ViewError> {
    let init = async { read.await.map(Arc::new) };
    cache.try_get_with(key, init).await.map_err(unwrap_shared)
}

/// Errors of shared reads are shared too.
fn unwrap_shared(error: Arc<ViewError>) -> ViewError {
    Arc::try_unwrap(error).unwrap_or_else(ViewError::Shared)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Site, clicks};

    #[tokio::test]
    async fn a_view_that_is_not_whole_says_so() {
        let site = Site::new().await;
        let (account, key) = site.account().await;
        let mut manifest = Manifest {
            events_count: 3,
            ..Manifest::default()
        };
        manifest.whole.0.remove("country");
        let records = clicks(account, 1, 1, 3);
        site.fold(&records).await;
        site.settle(&records[2], 1, manifest).await;
        site.refresh().await;
        let meta = async |query: &str| {
            let answer = site.good(&format!("/v1/stats?range=7d{query}"), &key).await;
            answer["meta"].clone()
        };
        let other = meta("&group_by=browser").await;
        assert_eq!(other["complete"], json!(true), "{other}");
        let lacking = meta("&group_by=country").await;
        assert_eq!(lacking["complete"], json!(false));
        let why = "settled: the cube `country` is not filled for all of history; \
                   `millrace batch run --full` fills it";
        assert_eq!(lacking["missing"], json!([why]));
    }
}
