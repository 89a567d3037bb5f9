//! A copy of the catalog beside a collector's log: with the object store out of reach the collector
//! starts with it, and its redirects stay up.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
};

use storage::{blocking, env::Env, private_files};

use super::{
    Catalog,
    snapshot::{self, decode, encode},
    state::State,
};

impl Catalog {
    /// The catalog as [`Catalog::save_copy`] left it at `path`; it catches up when it is followed.
    pub async fn open_copy(env: Env, path: &Path) -> io::Result<Self> {
        let path = path.to_owned();
        let state = blocking::run(move || {
            let bytes = fs::read(path)?;
            let n = number(&bytes)?;
            decode(n, &bytes).map_err(io::Error::other)
        });
        Ok(Self::with(state.await?, env))
    }

    /// Writes a copy to `path`, whole or not at all, readable by its owner alone. Gives the number
    /// of the entry it goes up to.
    pub async fn save_copy(&self, path: &Path) -> io::Result<u64> {
        // Nobody may wait to write, and others behind them, while this long read goes on.
        let writer = self.0.writer.lock().await;
        let catalog = self.clone();
        let read = move || Ok(catalog.read(|state| (state.n, State::rows(state))));
        let (n, rows) = blocking::run(read).await?;
        drop(writer);
        let path = path.to_owned();
        blocking::run(move || {
            let bytes = encode(n, &rows).map_err(io::Error::other)?;
            private_files::replace(&path, &bytes)
        })
        .await?;
        Ok(n)
    }
}

/// Number of the entry that a copy goes up to.
fn number(bytes: &[u8]) -> io::Result<u64> {
    let mut head = String::new();
    BufReader::new(zstd::Decoder::new(bytes)?).read_line(&mut head)?;
    let head: snapshot::Head = serde_json::from_str(&head)?;
    Ok(head.n)
}
