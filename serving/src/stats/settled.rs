//! What is settled, read once and kept: files never change.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use handover::{
    duplicates::{self, Duplicates},
    manifest::{File, Manifest},
    reading::{Missing, Why},
    runs::{Key, Quarters, RunFile, RunReader, SumRow, Visit, period_of_minute},
    views::{VISITORS, ViewError, ViewReader, VisitorRow},
};
use model::{Cube, EntityId, Grain, time};
use moka::future::Cache;
use object_store::path::Path;
use storage::{error::StorageError, object_keys::ObjectKey, store::Store};

use super::{query::Query, uniques::Visitors};

/// Files read at once for one answer.
const FILES_AT_ONCE: usize = 8;
/// Memory for rows of sums, for visits, and for open files (their footers), bytes.
const SUMS_MEMORY: u64 = 96 << 20;
const VISITS_MEMORY: u64 = 64 << 20;
const FOOTERS_MEMORY: u64 = 64 << 20;
/// Visits of an entity in a file that are kept.
const KEPT_VISITS: usize = 100_000;
/// Lists of duplicates kept: those of the manifests that are being read.
const MAX_DUPLICATES: u64 = 2;
/// Open files of the version before kept.
const MAX_DAY_FILES: u64 = 1_000;

type Kept<T> = Cache<(Path, Key), Arc<Vec<T>>>;

/// What is settled in a store, with what was read of it.
pub(crate) struct Settled {
    store: Store,
    day_files: Cache<Path, Arc<ViewReader>>,
    runs: Cache<Path, Arc<RunReader>>,
    sums: Kept<SumRow>,
    visits: Kept<Visit>,
    /// By name of their file.
    duplicates: Cache<String, Arc<Duplicates>>,
}

/// What a kept thing weighs: bytes, and something for the entry itself.
fn weight(bytes: usize) -> u32 {
    u32::try_from(bytes + 100).unwrap_or(u32::MAX)
}

impl Settled {
    pub(crate) fn new(store: Store) -> Self {
        let of_sum = |row: &SumRow| size_of::<SumRow>() + row.value.len();
        Self {
            store,
            day_files: Cache::new(MAX_DAY_FILES),
            duplicates: Cache::new(MAX_DUPLICATES),
            runs: Cache::builder()
                .max_capacity(FOOTERS_MEMORY)
                .weigher(|_, reader: &Arc<RunReader>| weight(reader.memory()))
                .build(),
            sums: Cache::builder()
                .max_capacity(SUMS_MEMORY)
                .weigher(move |_, v: &Arc<Vec<SumRow>>| weight(v.iter().map(of_sum).sum()))
                .build(),
            visits: Cache::builder()
                .max_capacity(VISITS_MEMORY)
                .weigher(|_, v: &Arc<Vec<Visit>>| weight(v.len() * size_of::<Visit>()))
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

    /// Rows of a cube, all of the unix minutes `start..end` and some outside of it. Those of one
    /// bucket and value are to be added up.
    pub(crate) async fn cube(
        &self,
        manifest: &Manifest,
        cube: &Cube,
        entity: EntityId,
        range: (i64, i64),
    ) -> Result<Vec<Arc<Vec<SumRow>>>, ViewError> {
        let old = day_files(manifest, cube.name, range);
        let runs = of_runs(
            &manifest.sums,
            range,
            Key::new(entity, Some(cube), 0),
            sums_path,
        );
        let sources = old.into_iter().chain(runs);
        let reads: Vec<_> = sources.map(|source| self.sums_of(source, entity)).collect();
        let rows = stream::iter(reads).buffered(FILES_AT_ONCE);
        rows.try_collect().await
    }

    async fn sums_of(
        &self,
        source: Source,
        entity: EntityId,
    ) -> Result<Arc<Vec<SumRow>>, ViewError> {
        let Source { path, bytes, key } = source;
        let Some(key) = key else {
            let reader = self.day_file(&path, bytes).await?;
            return reader.cube(entity).await.map(Arc::new);
        };
        let read = async {
            let reader = self.run(&path, bytes).await?;
            reader.sums(key).await
        };
        kept(&self.sums, (path.clone(), key), read).await
    }

    /// Adds who was there, on all days that `start..end` touches and on others. One after the other:
    /// giants have more visits than are to be held at once.
    pub(crate) async fn visits(
        &self,
        manifest: &Manifest,
        entity: EntityId,
        range: (i64, i64),
        visitors: &mut Visitors,
    ) -> Result<(), ViewError> {
        let old = day_files(manifest, VISITORS, range);
        let runs = of_runs(
            &manifest.visits,
            range,
            Key::new(entity, None, 0),
            visits_path,
        );
        for Source { path, bytes, key } in old.into_iter().chain(runs) {
            let Some(key) = key else {
                let rows = self.day_file(&path, bytes).await?.visitors(entity).await?;
                rows.iter().for_each(|row| visitors.add(of_hour(row)));
                continue;
            };
            let reader = self.run(&path, bytes).await?;
            if reader.rows_under(key) > KEPT_VISITS {
                reader.visits(key, |visit| visitors.add(visit)).await?;
                continue;
            }
            let read = async {
                let mut visits = Vec::new();
                reader.visits(key, |visit| visits.push(visit)).await?;
                Ok(visits)
            };
            let visits = kept(&self.visits, (path.clone(), key), read).await?;
            visits.iter().for_each(|visit| visitors.add(*visit));
        }
        Ok(())
    }

    async fn day_file(&self, path: &Path, size: u64) -> Result<Arc<ViewReader>, ViewError> {
        let open = async {
            let reader = ViewReader::open(&self.store, path.clone(), size).await;
            reader.map(Arc::new)
        };
        let reader = self.day_files.try_get_with(path.clone(), open).await;
        reader.map_err(unwrap_shared)
    }

    async fn run(&self, path: &Path, bytes: u64) -> Result<Arc<RunReader>, ViewError> {
        let open = async {
            let reader = RunReader::open(&self.store, path.clone(), bytes).await;
            reader.map(Arc::new)
        };
        let reader = self.runs.try_get_with(path.clone(), open).await;
        reader.map_err(unwrap_shared)
    }
}

/// A file in which rows may be.
struct Source {
    path: Path,
    bytes: u64,
    /// Under which key of a run's file; `None`: it is a day file of the version before.
    key: Option<Key>,
}

/// The files that may hold rows of some unix minutes, once for each period, under keys as this one.
fn of_runs(
    files: &[RunFile],
    (start, end): (i64, i64),
    key: Key,
    path: fn(&RunFile) -> Path,
) -> Vec<Source> {
    let (from, to) = (period_of_minute(start), period_of_minute(end - 1));
    let mut sources = Vec::new();
    for file in files {
        for period in from.max(file.first.period)..=to.min(file.last.period) {
            let key = Key { period, ..key };
            if file.overlaps(key, key) {
                sources.push(Source {
                    path: path(file),
                    bytes: file.file.bytes,
                    key: Some(key),
                });
            }
        }
    }
    sources
}

fn sums_path(file: &RunFile) -> Path {
    let name = file.file.name.clone();
    ObjectKey::Sums { name }.path()
}

fn visits_path(file: &RunFile) -> Path {
    let name = file.file.name.clone();
    ObjectKey::Visits { name }.path()
}

/// What the version before knew: only the hour.
fn of_hour(row: &VisitorRow) -> Visit {
    let day = time::day_of(row.hour);
    let quarters = Quarters::of_range(day, row.hour, row.hour + time::HOUR);
    let (people, bots) = match row.bot {
        true => (Quarters::default(), quarters),
        false => (quarters, Quarters::default()),
    };
    Visit {
        day,
        visitor: row.visitor,
        people,
        bots,
    }
}

/// What the views lack that a question is answered from: they count nothing of the time before
/// their cube was defined, which must not pass for nought.
pub(super) fn not_whole(manifest: &Manifest, query: &Query) -> Vec<Missing> {
    let money = query.money().into_iter();
    let money = money.map(|dimension| (dimension, Grain::Quarter));
    let cubes = [query.cube()].into_iter().chain(money);
    let cubes = cubes.filter_map(|(dimension, grain)| Cube::find(dimension, grain));
    cubes
        .filter(|cube| !manifest.is_whole(cube))
        .map(|cube| Missing {
            log: None,
            why: Why::NotWhole(cube.name),
        })
        .collect()
}

fn day_files(manifest: &Manifest, view: &str, (start, end): (i64, i64)) -> Vec<Source> {
    let days = time::day_of(start)..=time::day_of(end - 1);
    let files = manifest.day_views.get(view).into_iter();
    let files = files.flat_map(|files| files.range(days.clone()));
    let source = |(day, file): (&i64, &File)| {
        let key = ObjectKey::View {
            cube: view.to_owned(),
            day: *day,
            name: file.name.clone(),
        };
        Source {
            path: key.path(),
            bytes: file.bytes,
            key: None,
        }
    };
    files.map(source).collect()
}

/// The rows in the cache, or read once for all who ask.
async fn kept<T: Send + Sync + 'static>(
    cache: &Kept<T>,
    key: (Path, Key),
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
        let why = "settled: the cube `country` does not have all of history yet; \
                   each run of the rollup counts some more";
        assert_eq!(lacking["missing"], json!([why]));
    }
}
