//! A store whose writes fail now and then, some of them after they were done.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};

use crate::store::Store;

/// Passes everything on to another store, writes as their fate wants it.
#[derive(Debug)]
pub struct FaultyStore {
    inner: Store,
    puts: AtomicU32,
    lists: AtomicU32,
    fates: &'static [u8],
}

impl FaultyStore {
    /// The fate of the n-th put: `b'.'` fine, `b'x'` refused, `b'!'` done, then an error. They
    /// start over when they are used up.
    pub fn new(inner: Store, fates: &'static [u8]) -> Arc<Self> {
        let (puts, lists) = Default::default();
        Arc::new(Self {
            inner,
            puts,
            lists,
            fates,
        })
    }

    /// How often it was listed.
    pub fn lists(&self) -> u32 {
        self.lists.load(Ordering::SeqCst)
    }
}

fn time_out() -> Error {
    Error::Generic {
        store: "FaultyStore",
        source: "timed out".into(),
    }
}

impl fmt::Display for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultyStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(&self, p: &Path, b: PutPayload, o: PutOptions) -> Result<PutResult> {
        let put = self.puts.fetch_add(1, Ordering::SeqCst) as usize;
        match self.fates[put % self.fates.len()] {
            b'x' => Err(time_out()),
            b'!' => self.inner.put_opts(p, b, o).await.and(Err(time_out())),
            _ => self.inner.put_opts(p, b, o).await,
        }
    }
    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }
    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }
    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
