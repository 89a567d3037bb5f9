//! What can go wrong with a ledger.

use crate::store::StoreError;

/// What went wrong with a ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store failed.
    #[error("ledger `{ledger}`: {source}")]
    Store {
        /// Name of the ledger.
        ledger: String,
        /// What happened.
        source: Box<StoreError>,
    },
    /// A body cannot be written as JSON.
    #[error("ledger `{ledger}`: cannot write entry {n} as JSON: {source}; this is a bug")]
    Encode {
        /// Name of the ledger.
        ledger: String,
        /// Number of the entry.
        n: u64,
        /// What happened.
        source: serde_json::Error,
    },
    /// The caller wants to write beyond the next free number.
    #[error("ledger `{ledger}`: entry {n} cannot be appended, the one before it does not exist")]
    Gap {
        /// Name of the ledger.
        ledger: String,
        /// Number of the entry.
        n: u64,
    },
    /// Nobody can say whether the entry was or will be stored.
    #[error(
        "ledger `{ledger}`: it is unknown whether entry {n} was stored: {source}; \
         read the ledger before deciding again"
    )]
    Unknown {
        /// Name of the ledger.
        ledger: String,
        /// Number of the entry.
        n: u64,
        /// The last error.
        source: Box<StoreError>,
    },
}
