//! A runtime that opens no files and no buckets: whoever reaches us could send plans that read them, and
//! our own operator does not read through it.

use std::{path::Path, sync::Arc};

use datafusion::{
    error::{DataFusionError, Result},
    execution::{
        object_store::ObjectStoreRegistry,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
};
use object_store::ObjectStore;
use url::Url;

/// See the module. What is spilled would be in the folder.
pub(crate) fn runtime(folder: Option<&Path>) -> Result<Arc<RuntimeEnv>> {
    let runtime = RuntimeEnvBuilder::new().with_object_store_registry(Arc::new(NoStores));
    let runtime = match folder {
        Some(folder) => runtime.with_temp_file_path(folder),
        None => runtime,
    };
    Ok(Arc::new(runtime.build()?))
}

#[derive(Debug)]
struct NoStores;

impl ObjectStoreRegistry for NoStores {
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
        let why = format!("plans cannot read {url} here: only Millrace's tasks are done");
        Err(DataFusionError::Execution(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_opened() {
        let runtime = runtime(None).expect("a runtime");
        for url in ["file:///etc/passwd", "s3://bucket/a"] {
            let url = Url::parse(url).expect("an address");
            assert!(
                runtime.object_store_registry.get_store(&url).is_err(),
                "{url}"
            );
        }
    }
}
