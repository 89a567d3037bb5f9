//! An object of the store as a Parquet file.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use futures::{FutureExt, TryFutureExt, future::BoxFuture};
use object_store::{ObjectStoreExt, path::Path};
use parquet::{
    arrow::{arrow_reader::ArrowReaderOptions, async_reader::AsyncFileReader},
    errors::ParquetError,
    file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader},
};

use crate::store::Store;

/// The end of a file that is read at first, bytes: most footers are shorter.
const PREFETCH: usize = 32 << 10;

/// One object as a Parquet file.
#[derive(Clone)]
pub struct ObjectReader {
    store: Store,
    /// The object.
    pub path: Path,
    size: u64,
}

impl ObjectReader {
    /// The object at `path`, which has `size` bytes.
    pub fn new(store: Store, path: Path, size: u64) -> Self {
        Self { store, path, size }
    }
}

impl AsyncFileReader for ObjectReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        let read = async move { self.store.get_range(&self.path, range).await };
        read.map_err(|e| ParquetError::External(Box::new(e)))
            .boxed()
    }

    fn get_byte_ranges(
        &mut self,
        ranges: Vec<Range<u64>>,
    ) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        let read = async move { self.store.get_ranges(&self.path, &ranges).await };
        read.map_err(|e| ParquetError::External(Box::new(e)))
            .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        let size = self.size;
        let skip = PageIndexPolicy::Skip;
        let columns = options.map_or(skip, ArrowReaderOptions::column_index_policy);
        let offsets = options.map_or(skip, ArrowReaderOptions::offset_index_policy);
        async move {
            ParquetMetaDataReader::new()
                .with_column_index_policy(columns)
                .with_offset_index_policy(offsets)
                .with_prefetch_hint(Some(PREFETCH))
                .load_and_finish(self, size)
                .await
                .map(Arc::new)
        }
        .boxed()
    }
}
