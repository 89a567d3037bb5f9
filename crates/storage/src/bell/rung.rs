//! A store whose writes ring.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, path::Path,
};

use super::Bell;
use crate::{object_keys::ObjectKey, store::Store};

/// Passes everything on to another store, and rings after each write that others follow.
#[derive(Debug)]
pub(super) struct Rung {
    inner: Store,
    bell: Bell,
}

impl Rung {
    pub(super) fn new(inner: Store, bell: Bell) -> Arc<Self> {
        Arc::new(Self { inner, bell })
    }
}

/// Whether others wait for it. Raw segments are not followed: they come all the time, and who needs one looks
/// for it by its number.
fn is_followed(path: &Path) -> bool {
    use ObjectKey::{Fence, Ledger, Log, Seal};
    let key = ObjectKey::parse(path);
    matches!(
        key,
        Ok(Ledger { .. } | Log { .. } | Fence { .. } | Seal { .. })
    )
}

/// Rings when it is dropped: also after an error, or when nobody waits for the write any more, since the object
/// may be there.
struct Ringing<'a>(&'a Bell);

impl Drop for Ringing<'_> {
    fn drop(&mut self) {
        self.0.ring();
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Rung {
    async fn put_opts(&self, p: &Path, b: PutPayload, o: PutOptions) -> Result<PutResult> {
        if !is_followed(p) {
            return self.inner.put_opts(p, b, o).await;
        }
        let ringing = Ringing(&self.bell);
        let put = self.inner.put_opts(p, b, o).await;
        drop(ringing);
        self.bell.tell_if_alone().await;
        put
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
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(
        &self,
        from: &Path,
        to: &Path,
        options: object_store::RenameOptions,
    ) -> Result<()> {
        self.inner.rename_opts(from, to, options).await
    }
}
