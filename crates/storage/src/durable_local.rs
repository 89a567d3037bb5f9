//! A folder as an object store that keeps its word after a power cut.
//!
//! The backend of `object_store` never fsyncs. Here an object's bytes are on disk *before* its
//! name appears, and the name is on disk before the write is said to have succeeded.

mod disk;

use std::{fmt, fs::File, path::Path as FilePath, sync::Arc};

use async_trait::async_trait;
use disk::{Disk, Sync};
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    RenameOptions, Result, UploadPart, local::LocalFileSystem, path::Path,
};

/// A folder on a local disk whose writes survive a power cut once they have succeeded.
#[derive(Clone)]
pub struct DurableLocal {
    inner: LocalFileSystem,
    disk: Arc<Disk>,
}

impl DurableLocal {
    /// Opens the folder `root`, made if missing. Blocks: call it at start only.
    pub fn open(root: &FilePath) -> Result<Self> {
        Self::with_sync(root, Box::new(|path| File::open(path)?.sync_all()))
    }

    fn with_sync(root: &FilePath, sync: Box<Sync>) -> Result<Self> {
        let disk = Disk::open(root, sync)?;
        Ok(Self {
            inner: LocalFileSystem::new_with_prefix(disk.root())?,
            disk: Arc::new(disk),
        })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Disk) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let disk = self.disk.clone();
        tokio::task::spawn_blocking(move || work(&disk))
            .await
            .map_err(|source| Error::JoinError { source })?
    }

    /// Makes durable what `outcome` says is at `path`, then passes the outcome on.
    async fn settle(&self, path: &Path, outcome: Result<()>) -> Result<()> {
        if matches!(outcome, Ok(()) | Err(Error::AlreadyExists { .. })) {
            let file = self.inner.path_to_filesystem(path)?;
            self.blocking(move |disk| disk.settle(&file)).await?;
        }
        outcome
    }

    async fn make_folder_of(&self, path: &Path) -> Result<()> {
        let file = self.inner.path_to_filesystem(path)?;
        self.blocking(move |disk| disk.make_folder(&file)).await
    }
}

#[async_trait]
impl ObjectStore for DurableLocal {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            // Not offered by the backend either; let it say so.
            PutMode::Update(_) => return self.inner.put_opts(path, payload, options).await,
        };
        let file = self.inner.path_to_filesystem(path)?;
        self.blocking(move |disk| disk.put(&file, &payload, create))
            .await?;
        let e_tag = self.inner.head(path).await.ok().and_then(|meta| meta.e_tag);
        Ok(PutResult {
            e_tag,
            version: None,
        })
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.make_folder_of(path).await?;
        Ok(Box::new(Upload {
            inner: self.inner.put_multipart_opts(path, options).await?,
            store: self.clone(),
            path: path.clone(),
        }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        let deleted = self.inner.delete_stream(paths);
        let durable = deleted.then(move |path| {
            let store = store.clone();
            async move {
                let path = path?;
                let file = store.inner.path_to_filesystem(&path)?;
                store
                    .blocking(move |disk| disk.sync_folder_of(&file))
                    .await?;
                Ok(path)
            }
        });
        durable.boxed()
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
        self.make_folder_of(to).await?;
        let copied = self.inner.copy_opts(from, to, options).await;
        self.settle(to, copied).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.make_folder_of(to).await?;
        let renamed = self.inner.rename_opts(from, to, options).await;
        self.settle(to, renamed).await?;
        let from = self.inner.path_to_filesystem(from)?;
        self.blocking(move |disk| disk.sync_folder_of(&from)).await
    }
}

/// An upload in parts; the object is durable when `complete` returns.
#[derive(Debug)]
struct Upload {
    inner: Box<dyn MultipartUpload>,
    store: DurableLocal,
    path: Path,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.inner.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.inner.complete().await?;
        self.store.settle(&self.path, Ok(())).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

impl fmt::Debug for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DurableLocal({})", self.disk.root().display())
    }
}

impl fmt::Display for DurableLocal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
