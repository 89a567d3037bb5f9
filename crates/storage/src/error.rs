//! What went wrong with a store. Each store has errors of its own, with all detail; whoever works on
//! several of them has [`StorageError`]; and what to do follows from the [`Kind`].

use std::error::Error;

use crate::{ledger::LedgerError, store::StoreError};

/// What an error means for whoever meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something does not answer: try again.
    Unavailable,
    /// What is stored is not what it must be: a person must look.
    Damaged,
    /// Others were faster, or nobody can say who was: read again, then decide again.
    Conflict,
    /// It must not happen, or the installation is set up wrongly.
    Bug,
}

/// What went wrong with the live store: the stream, the cells, the reservations or the leases.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// It did not answer, or refused.
    #[error("Redis: {0}; live numbers wait until it answers")]
    Unavailable(Box<dyn Error + Send + Sync>),
    /// It holds something that is not ours.
    #[error(
        "Redis key `{key}` holds what Millrace did not write: {why}; flush it, live numbers are rebuilt"
    )]
    Damaged {
        /// The key.
        key: String,
        /// What is wrong.
        why: String,
    },
    /// Its address cannot be used; says nothing of what that holds.
    #[error(
        "the Redis address: {0}; write redis://user:password@host:port/db, rediss://… for TLS, or redis+cluster://user:password@host:port,host:port, with user and password percent-encoded"
    )]
    Address(String),
    /// It does not let us in.
    #[error(
        "Redis refuses our user, our password, or what they may do: {0}; correct the Redis URL, or the rights of its user"
    )]
    Refused(String),
    /// It is set up so that it may drop counts.
    #[error("Redis evicts keys (maxmemory-policy {0}); set it to noeviction")]
    Evicts(String),
}

/// What went wrong, for whoever works on the object store, the live store and the ledgers.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The object store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The live store failed.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// A ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What was read, from whichever of them, could not be used.
    #[error("{source}")]
    Content {
        /// What that means.
        kind: Kind,
        /// What was read, and what is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StorageError {
    /// What was read is damaged.
    pub fn damaged(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Content {
            kind: Kind::Damaged,
            source: source.into(),
        }
    }

    /// What the error means.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Live(error) => error.kind(),
            Self::Ledger(error) => error.kind(),
            Self::Content { kind, .. } => *kind,
        }
    }
}

/// An error and its causes as one text. Texts of ours are whole, since most are told alone, and they have their causes
/// as sources as well, since what to do may depend on these: what is said already is not said again.
pub fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    for cause in causes {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Lets `?` take the errors of all stores into an error with the variant `Storage(StorageError)`.
#[macro_export]
macro_rules! from_storage_errors {
    ($error:ty) => {
        $crate::from_storage_errors!(
            $error: $crate::error::StorageError,
            $crate::store::StoreError,
            $crate::error::LiveError,
            $crate::ledger::LedgerError
        );
    };
    ($error:ty: $($source:ty),+) => {$(
        impl From<$source> for $error {
            fn from(source: $source) -> Self {
                Self::Storage(source.into())
            }
        }
    )+};
}

impl StoreError {
    /// What the error means.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Request { .. } => Kind::Unavailable,
            Self::Damaged { .. } => Kind::Damaged,
            Self::Address { .. } | Self::Open { .. } => Kind::Bug,
        }
    }
}

impl LiveError {
    /// What the error means.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Unavailable(_) => Kind::Unavailable,
            Self::Damaged { .. } => Kind::Damaged,
            // Somebody may be changing the password just now.
            Self::Refused(_) => Kind::Unavailable,
            Self::Evicts(_) | Self::Address(_) => Kind::Bug,
        }
    }
}

impl LedgerError {
    /// What the error means.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Store { source, .. } => source.kind(),
            Self::Unknown { .. } => Kind::Conflict,
            Self::Encode { .. } | Self::Gap { .. } => Kind::Bug,
        }
    }
}

#[cfg(test)]
mod tests {
    use object_store::path::Path;

    use super::*;

    #[test]
    fn the_kind_of_an_error_is_that_of_its_cause() {
        let damaged = || StoreError::Damaged {
            path: Path::from("a"),
            why: "torn".into(),
        };
        let ledger = LedgerError::Store {
            ledger: "l".into(),
            source: Box::new(damaged()),
        };
        assert_eq!(StorageError::from(damaged()).kind(), Kind::Damaged);
        assert_eq!(StorageError::from(ledger).kind(), Kind::Damaged);
        let away = LiveError::Unavailable("connection refused".into());
        assert_eq!(StorageError::from(away).kind(), Kind::Unavailable);
        let unknown = LedgerError::Unknown {
            ledger: "l".into(),
            n: 1,
            source: Box::new(damaged()),
        };
        assert_eq!(StorageError::from(unknown).kind(), Kind::Conflict);
    }

    #[test]
    fn each_cause_is_told_once() {
        let cause = std::io::Error::other("the disk is on fire");
        let request = object_store::Error::Generic {
            store: "S3",
            source: Box::new(cause),
        };
        let ledger = LedgerError::Store {
            ledger: "catalog".into(),
            source: Box::new(StoreError::request("read", &Path::from("a"), request)),
        };
        let text = told(&StorageError::from(ledger));
        assert!(text.starts_with("ledger `catalog`: "), "{text}");
        for part in ["ledger `catalog`", "cannot read `a`", "on fire"] {
            assert_eq!(text.matches(part).count(), 1, "{text}");
        }
    }

    #[test]
    fn what_an_outer_text_leaves_out_is_told() {
        #[derive(Debug, thiserror::Error)]
        #[error("no series")]
        struct Outer(#[source] std::io::Error);
        let text = told(&Outer(std::io::Error::other("the file is empty")));
        assert_eq!(text, "no series: the file is empty");
    }
}
