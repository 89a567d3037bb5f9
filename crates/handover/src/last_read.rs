//! A list that manifests name, read once for all who ask about the same manifest, or the next ones with the same list.

use std::sync::{Arc, Mutex, PoisonError};

use crate::manifest::File;

/// The list that was read last.
pub struct LastRead<T>(Mutex<Option<(File, Arc<T>)>>);

impl<T> Default for LastRead<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> LastRead<T> {
    /// What is in a file; it is read if that is not the last.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub async fn of<E>(
        &self,
        file: &File,
        read: impl Future<Output = Result<T, E>>,
    ) -> Result<Arc<T>, E> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, read)) = kept().as_ref().filter(|(of, _)| of == file) {
            return Ok(Arc::clone(read));
        }
        let read = Arc::new(read.await?);
        *kept() = Some((file.clone(), Arc::clone(&read)));
        Ok(read)
    }
}
