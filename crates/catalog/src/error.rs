//! Why a change of the catalog is refused or fails.

use storage::{
    error::{Kind, StorageError},
    ledger::LedgerError,
    store::StoreError,
};

/// What went wrong with the catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// A field breaks a rule.
    #[error("`{field}` {why}")]
    Invalid {
        /// Name of the field as the API has it.
        field: &'static str,
        /// The rule, to follow "`slug` ".
        why: String,
    },
    /// A name is in use.
    #[error("the {what} `{name}` is taken; choose another")]
    Taken {
        /// What kind of name.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// There is no such thing, or it belongs to somebody else, or it is deleted.
    #[error("there is no `{id}` in this account")]
    NotFound {
        /// What was looked for.
        id: String,
    },
    /// It was changed since the caller looked.
    #[error("`{id}` is not as it was any more; look at it, and decide again")]
    Changed {
        /// What was to be changed.
        id: String,
    },
    /// A request comes again that names itself, and is another one.
    #[error(
        "this Idempotency-Key came with another request before; give this one a key of its own"
    )]
    OtherRequest,
    /// A change cannot be taken back.
    #[error("this change cannot be undone: {why}")]
    NotUndone {
        /// Why not.
        why: String,
    },
    /// More changes than one entry may have.
    #[error("{count} changes at once are too many; send at most {max}")]
    TooMany {
        /// How many there were.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// The account has as much as it may have.
    #[error("this account may have {max} {what}; delete some, or ask the operator for more")]
    Quota {
        /// Of what.
        what: &'static str,
        /// How many.
        max: u64,
    },
    /// The account has given up as many slugs as it may.
    #[error(
        "this account has given up {max} slugs, which stay its own: its links keep the slugs that they have; ask the \
         operator for more links"
    )]
    Slugs {
        /// How many it may give up.
        max: u64,
    },
    /// There is no plan of this name.
    #[error("there is no plan `{name}`")]
    NoPlan {
        /// The name.
        name: String,
    },
    /// A plan cannot be deleted.
    #[error(
        "the plan `{plan}` is that of accounts ({accounts}); give them another one first, or none"
    )]
    PlanInUse {
        /// Its name.
        plan: String,
        /// How many have it.
        accounts: usize,
    },
    /// Others were faster, again and again.
    #[error("the catalog was changed by others {tries} times meanwhile; try again")]
    Contended {
        /// How often it was tried.
        tries: u32,
    },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A snapshot could not be read or written.
    #[error("catalog snapshot: {0}")]
    Snapshot(Box<StoreError>),
}

impl CatalogError {
    /// `field` breaks the rule `why`.
    pub fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        let why = why.into();
        Self::Invalid { field, why }
    }

    /// There is no plan `name`.
    pub fn no_plan(name: &str) -> Self {
        let name = name.chars().take(64).collect();
        Self::NoPlan { name }
    }

    /// There is no `id`.
    pub fn not_found(id: impl ToString) -> Self {
        let id = id.to_string();
        Self::NotFound { id }
    }
}

impl From<CatalogError> for StorageError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Ledger(error) => error.into(),
            CatalogError::Snapshot(error) => (*error).into(),
            error => Self::Content {
                kind: Kind::Bug,
                source: Box::new(error),
            },
        }
    }
}

impl From<StoreError> for CatalogError {
    fn from(error: StoreError) -> Self {
        Self::Snapshot(Box::new(error))
    }
}
