//! Rows of one kind, found by id, by name and by account. Compact: a million links fit in some
//! hundred megabytes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, hash_map::RandomState},
    hash::BuildHasher,
    sync::Arc,
};

use hashbrown::HashTable;
use model::id::EntityId;

use super::types::Row;

/// What the id of a row begins with that its account gave it.
pub const EXTERNAL: &str = "ext_";

/// Rows of one kind.
#[derive(Debug)]
pub struct Table<T> {
    rows: BTreeMap<u64, Arc<T>>,
    live_of: BTreeSet<(u64, u64)>,
    /// By account, how many are live, and how many there ever were.
    counts: HashMap<u64, (u64, u64)>,
    live_names: HashTable<Arc<T>>,
    live_external_ids: HashTable<Arc<T>>,
    hasher: RandomState,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            live_of: BTreeSet::new(),
            counts: HashMap::new(),
            live_names: HashTable::new(),
            live_external_ids: HashTable::new(),
            hasher: RandomState::new(),
        }
    }
}

impl<T: Row> Table<T> {
    /// The row with this id, deleted or not.
    pub fn get(&self, id: EntityId) -> Option<&Arc<T>> {
        self.rows.get(&id.raw).filter(|_| id.kind == T::KIND)
    }

    /// The live row with this name; `scope` as [`Row::name_scope`] has it.
    pub fn named(&self, scope: u64, name: &str) -> Option<&Arc<T>> {
        self.live_names.find(self.hash(scope, name), |row| {
            row.name_scope() == scope && row.name() == name
        })
    }

    /// The live row that its account calls so.
    pub fn called(&self, account: EntityId, external_id: &str) -> Option<&Arc<T>> {
        let hash = self.hash(account.raw, external_id);
        self.live_external_ids.find(hash, |row| {
            row.account() == account && row.external_id() == Some(external_id)
        })
    }

    /// What `text` names in `account`: a row by its id, deleted or not, or a live one by `ext_` and what the account
    /// calls it, or by its name.
    pub fn find(&self, account: EntityId, text: &str) -> Option<&Arc<T>> {
        let own = |row: &&Arc<T>| row.account() == account;
        let by_id = text.parse().ok().and_then(|id| self.get(id)).filter(own);
        let by_name = || self.named(T::scope_of(account), text).filter(own);
        let external = text.strip_prefix(EXTERNAL);
        let by_external = || external.and_then(|id| self.called(account, id));
        by_id.or_else(by_external).or_else(by_name)
    }

    /// Live rows of `account` with ids above `after`, in the order of ids, at most `limit`.
    pub fn of(&self, account: EntityId, after: Option<EntityId>, limit: usize) -> Vec<Arc<T>> {
        let Some(first) = after.map_or(Some(0), |id| id.raw.checked_add(1)) else {
            return Vec::new();
        };
        let ids = self
            .live_of
            .range((account.raw, first)..=(account.raw, u64::MAX));
        let rows = ids.filter_map(|(_, id)| self.rows.get(id)).cloned();
        rows.take(limit).collect()
    }

    /// All rows, deleted ones too, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }

    /// How many live rows an account has, and how many it ever had.
    pub fn counts(&self, account: EntityId) -> (u64, u64) {
        self.counts.get(&account.raw).copied().unwrap_or_default()
    }

    /// Number of rows, deleted ones too.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds the row, or replaces the one with its id.
    pub(super) fn put(&mut self, row: T) {
        let row = Arc::new(row);
        let old = self.rows.insert(row.id().raw, row.clone());
        match &old {
            Some(old) => self.forget(old),
            None => self.counts.entry(row.account().raw).or_default().1 += 1,
        }
        if !row.deleted() {
            self.counts.entry(row.account().raw).or_default().0 += 1;
            self.live_of.insert((row.account().raw, row.id().raw));
            let hasher = self.hasher.clone();
            let hash = move |row: &Arc<T>| hasher.hash_one((row.name_scope(), row.name()));
            self.live_names
                .insert_unique(hash(&row), Arc::clone(&row), hash);
            self.remember_external_id(row);
        }
    }

    fn remember_external_id(&mut self, row: Arc<T>) {
        let hasher = self.hasher.clone();
        let hash = move |row: &Arc<T>| {
            let external_id = row.external_id().unwrap_or_default();
            hasher.hash_one((row.account().raw, external_id))
        };
        if row.external_id().is_some() {
            let hashed = hash(&row);
            self.live_external_ids.insert_unique(hashed, row, hash);
        }
    }

    /// Keeps the row only for history.
    pub(super) fn delete(&mut self, id: EntityId) {
        if let Some(row) = self.get(id) {
            let mut row = T::clone(row);
            row.delete();
            self.put(row);
        }
    }

    fn forget(&mut self, old: &Arc<T>) {
        if !old.deleted() {
            let counts = self.counts.entry(old.account().raw).or_default();
            counts.0 = counts.0.saturating_sub(1);
        }
        self.live_of.remove(&(old.account().raw, old.id().raw));
        let hash = self.hash(old.name_scope(), old.name());
        let same = |row: &Arc<T>| row.id() == old.id();
        if let Ok(entry) = self.live_names.find_entry(hash, same) {
            entry.remove();
        }
        let external = old.external_id();
        let hash = external.map(|external| self.hash(old.account().raw, external));
        if let Some(Ok(entry)) = hash.map(|hash| self.live_external_ids.find_entry(hash, same)) {
            entry.remove();
        }
    }

    fn hash(&self, scope: u64, name: &str) -> u64 {
        self.hasher.hash_one((scope, name))
    }
}
