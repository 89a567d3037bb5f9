//! The object store: an in-memory one that is slow, fails, and fails after it has done what it was
//! asked.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use async_trait::async_trait;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory,
    path::Path,
};
use storage::store::Store;

use crate::gate::{Gate, Process};

/// How the store behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    Fine,
    /// One request in five fails, half of those after they took effect.
    Flaky,
    Down,
}

/// The store as all processes share it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bucket {
    gate: Gate,
    objects: Arc<InMemory>,
    weather: Arc<AtomicU8>,
}

impl Bucket {
    pub(crate) fn new(gate: &Gate) -> Self {
        Self {
            gate: gate.clone(),
            objects: Arc::default(),
            weather: Arc::default(),
        }
    }

    pub(crate) fn set(&self, weather: Weather) {
        self.weather.store(weather as u8, Ordering::Relaxed);
    }

    /// The store as `process` sees it.
    pub(crate) fn of(&self, process: &Process) -> Store {
        Arc::new(Seen {
            bucket: self.clone(),
            process: process.clone(),
        })
    }

    /// The store as it is, without waiting and without faults; for the oracle.
    pub(crate) fn truth(&self) -> Store {
        Arc::clone(&self.objects) as Store
    }
}

#[derive(Clone)]
struct Seen {
    bucket: Bucket,
    process: Process,
}

enum Fate {
    Fine,
    FailsBefore,
    FailsAfter,
}

impl Seen {
    async fn begin(&self) -> Result<Fate> {
        let Bucket { gate, weather, .. } = &self.bucket;
        gate.step(&self.process).await;
        let fate = match weather.load(Ordering::Relaxed) {
            0 => Fate::Fine,
            1 if gate.chance(0.8) => Fate::Fine,
            1 if gate.chance(0.5) => Fate::FailsAfter,
            _ => Fate::FailsBefore,
        };
        match fate {
            Fate::FailsBefore => Err(unreachable()),
            fate => Ok(fate),
        }
    }

    async fn end<T>(&self, fate: Fate, result: Result<T>) -> Result<T> {
        // A process may die between the effect and the answer.
        self.bucket.gate.step(&self.process).await;
        match fate {
            Fate::FailsAfter => Err(unreachable()),
            _ => result,
        }
    }

    fn listed(
        &self,
        prefix: Option<Path>,
        after: Option<Path>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let seen = self.clone();
        let list = async move {
            let fate = seen.begin().await?;
            let all: Vec<ObjectMeta> = seen
                .bucket
                .objects
                .list(prefix.as_ref())
                .try_collect()
                .await?;
            let all = all
                .into_iter()
                .filter(move |meta| after.as_ref().is_none_or(|a| meta.location > *a));
            let all: Vec<_> = all.map(Ok).collect();
            seen.end(fate, Ok(stream::iter(all))).await
        };
        stream::once(list).try_flatten().boxed()
    }
}

fn unreachable() -> Error {
    Error::Generic {
        store: "simulated",
        source: "unreachable".into(),
    }
}

#[async_trait]
impl ObjectStore for Seen {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let fate = self.begin().await?;
        let mode = format!("{:?}", options.mode);
        let put = self.bucket.objects.put_opts(path, payload, options).await;
        self.bucket
            .gate
            .note(|| format!("put {path} {mode} {}", put.is_ok()));
        self.end(fate, put).await
    }

    async fn put_multipart_opts(
        &self,
        _path: &Path,
        _options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented {
            operation: "multipart".into(),
            implementer: "simulated".into(),
        })
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let fate = self.begin().await?;
        let got = self.bucket.objects.get_opts(path, options).await;
        self.end(fate, got).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.bucket.objects.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listed(prefix.cloned(), None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.listed(prefix.cloned(), Some(offset.clone()))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let fate = self.begin().await?;
        let listed = self.bucket.objects.list_with_delimiter(prefix).await;
        self.end(fate, listed).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.bucket.objects.copy_opts(from, to, options).await
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated store")
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated store")
    }
}
