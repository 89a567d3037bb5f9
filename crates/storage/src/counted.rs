//! How often the object store is asked, and for what: what an installation costs when it does nothing.

use std::{
    fmt,
    ops::Sub,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};

use crate::store::Store;

/// Requests to an object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Requests {
    /// Objects or parts of them that were read.
    pub gets: u64,
    /// Objects that were looked for.
    pub heads: u64,
    /// Folders that were listed.
    pub lists: u64,
    /// What those lists held. S3 gives a thousand of them per request.
    pub listed: u64,
    /// Objects that were written.
    pub puts: u64,
}

impl Requests {
    /// How many requests that is on S3, about.
    pub fn all(&self) -> u64 {
        self.gets + self.heads + self.lists + self.listed / 1_000 + self.puts
    }
}

impl Sub for Requests {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            gets: self.gets - earlier.gets,
            heads: self.heads - earlier.heads,
            lists: self.lists - earlier.lists,
            listed: self.listed - earlier.listed,
            puts: self.puts - earlier.puts,
        }
    }
}

#[derive(Debug, Default)]
struct Count(AtomicU64);

impl Count {
    fn one(&self, what: &'static str) {
        self.0.fetch_add(1, Ordering::Relaxed);
        metrics::counter!("millrace_store_requests_total", "kind" => what).increment(1);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Passes everything on to another store, and counts it: also as the metric
/// `millrace_store_requests_total`, by kind.
#[derive(Debug)]
pub struct Counted {
    inner: Store,
    gets: Count,
    heads: Count,
    lists: Count,
    listed: Arc<AtomicU64>,
    puts: Count,
}

impl Counted {
    /// Counts what `inner` is asked.
    pub fn new(inner: Store) -> Arc<Self> {
        Arc::new(Self {
            inner,
            gets: Count::default(),
            heads: Count::default(),
            lists: Count::default(),
            listed: Arc::default(),
            puts: Count::default(),
        })
    }

    /// What it was asked until now.
    pub fn requests(&self) -> Requests {
        Requests {
            gets: self.gets.get(),
            heads: self.heads.get(),
            lists: self.lists.get(),
            listed: self.listed.load(Ordering::Relaxed),
            puts: self.puts.get(),
        }
    }

    fn counting(
        &self,
        objects: BoxStream<'static, Result<ObjectMeta>>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.one("list");
        let listed = Arc::clone(&self.listed);
        let count = move |_: &Result<ObjectMeta>| {
            listed.fetch_add(1, Ordering::Relaxed);
        };
        objects.inspect(count).boxed()
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Counted {
    async fn put_opts(&self, p: &Path, b: PutPayload, o: PutOptions) -> Result<PutResult> {
        self.puts.one("put");
        self.inner.put_opts(p, b, o).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.puts.one("put");
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        match options.head {
            true => self.heads.one("head"),
            false => self.gets.one("get"),
        }
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.counting(self.inner.list(prefix))
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.counting(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.lists.one("list");
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.puts.one("put");
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(
        &self,
        from: &Path,
        to: &Path,
        options: object_store::RenameOptions,
    ) -> Result<()> {
        self.puts.one("put");
        self.inner.rename_opts(from, to, options).await
    }
}
