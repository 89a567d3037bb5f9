//! Snapshots: the catalog's rows at one entry, so that a start need not read all of history.
//!
//! They only save work: a missing or damaged one is passed over. Format: zstd of JSON lines, a
//! head, the format if it is not the first, and then one change per row.

use std::io::{BufRead, BufReader, Write};

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};
use serde::{Deserialize, Serialize};
use storage::{
    object_keys::{ObjectKey, folders},
    store::{self, Store, StoreError},
};

use super::{
    error::CatalogError,
    state::{Put, State},
    types::Change,
};

const LEDGER: &str = super::LEDGER;
/// How many snapshots stay.
const KEPT: usize = 3;

#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) n: u64,
    rows: usize,
}

/// The state of the newest snapshot that can be read; empty if there is none.
pub(super) async fn load(store: &Store) -> Result<State, CatalogError> {
    for n in numbers(store).await?.into_iter().rev() {
        let path = path(n);
        let Some(bytes) = store::read(store, &path).await? else {
            continue; // Tidied away meanwhile.
        };
        match blocking(move || decode(n, &bytes)).await {
            Ok(state) => return Ok(state),
            Err(why) => tracing::warn!(%path, why, "catalog snapshot passed over"),
        }
    }
    Ok(State::default())
}

/// Stores the rows as of entry `n` and tidies older snapshots away.
pub(super) async fn save(store: &Store, n: u64, rows: Vec<Put>) -> Result<(), CatalogError> {
    let path = path(n);
    let encoded = blocking(move || encode(n, &rows)).await;
    let bytes = encoded.map_err(|why| StoreError::Damaged {
        path: path.clone(),
        why,
    })?;
    store::create(store, &path, bytes).await?;
    let numbers = numbers(store).await?;
    for old in numbers.iter().rev().skip(KEPT) {
        let path = self::path(*old);
        match store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(source) => return Err(StoreError::request("delete", &path, source).into()),
        }
    }
    Ok(())
}

pub(super) async fn numbers(store: &Store) -> Result<Vec<u64>, CatalogError> {
    let folder = folders::snapshots(LEDGER);
    let listed: Result<Vec<_>, _> = store.list(Some(&folder)).try_collect().await;
    let listed = listed.map_err(|source| StoreError::request("list", &folder, source))?;
    let number = |meta: object_store::ObjectMeta| match ObjectKey::parse(&meta.location) {
        Ok(ObjectKey::Snapshot { n, .. }) => Some(n),
        _ => None,
    };
    let mut numbers: Vec<u64> = listed.into_iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

pub(super) fn path(n: u64) -> Path {
    let ledger = LEDGER.to_string();
    ObjectKey::Snapshot { ledger, n }.path()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(e.to_string()))
}

pub(super) fn encode(n: u64, rows: &[Put]) -> Result<Bytes, String> {
    let lines = || -> std::io::Result<Vec<u8>> {
        let mut out = zstd::Encoder::new(Vec::new(), 3)?;
        out.include_checksum(true)?;
        let head = Head {
            n,
            rows: rows.len(),
        };
        serde_json::to_writer(&mut out, &head)?;
        for row in rows {
            out.write_all(b"\n")?;
            serde_json::to_writer(&mut out, &row.to_change())?;
        }
        out.finish()
    };
    lines().map(Bytes::from).map_err(|e| e.to_string())
}

pub(super) fn decode(n: u64, bytes: &[u8]) -> Result<State, String> {
    let plain = zstd::Decoder::new(bytes).map_err(|e| e.to_string())?;
    let mut lines = BufReader::new(plain).lines();
    let mut next = || lines.next().transpose().map_err(|e| e.to_string());
    let head = next()?.ok_or("it is empty")?;
    let head: Head = serde_json::from_str(&head).map_err(|e| e.to_string())?;
    let mut state = State::default();
    let mut rows = 0;
    while let Some(line) = next()? {
        let change: Change = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        state.apply(change);
        rows += 1;
    }
    if head.n != n || head.rows != rows {
        return Err(format!(
            "its head says {} rows of entry {}",
            head.rows, head.n
        ));
    }
    state.n = n;
    Ok(state)
}
