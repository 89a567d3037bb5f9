//! Entries that somebody damaged: property tests of what reads manifests and changes of the catalog.

use futures::executor::block_on;
use model::{Covered, EntityId, EntityKind, Horizon, LogId};
use object_store::ObjectStoreExt;
use proptest::{collection::{btree_map, vec}, prelude::*};
use catalog::{Change, Goal};

use super::*;
use crate::manifest::{File, Manifest};

fn any_manifest() -> impl Strategy<Value = Manifest> {
    let covered = any::<[u64; 3]>().prop_map(|[epoch, seq, segment]| Covered {
        epoch,
        seq,
        segment,
    });
    let file = (any::<String>(), any::<u64>(), any::<u64>()).prop_map(|(name, rows, bytes)| File {
        name,
        rows,
        bytes,
    });
    let horizon = btree_map(any::<u128>().prop_map(LogId), covered, 0..4).prop_map(Horizon);
    let events = btree_map(any::<i64>(), vec(file.clone(), 0..3), 0..3);
    let views = btree_map(any::<String>(), btree_map(any::<i64>(), file, 0..3), 0..3);
    (horizon, any::<u64>(), any::<i64>(), events, views).prop_map(
        |(horizon, events_count, settled_ms, events, views)| Manifest {
            horizon,
            events_count,
            settled_ms,
            events,
            views,
            ..Manifest::default()
        },
    )
}

fn goal(raw: u64, name: String, created_ms: i64, deleted: bool) -> Change {
    Change::PutGoal(Goal {
        id: EntityId::new(EntityKind::Goal, raw),
        account: EntityId::new(EntityKind::Account, raw / 2),
        name: name.clone().into(),
        campaign: deleted.then(|| EntityId::new(EntityKind::Campaign, raw)),
        currency: None,
        tags: [name.into()].into(),
        created_ms,
        deleted,
    })
}

fn any_changes() -> impl Strategy<Value = Vec<Change>> {
    let put = (any::<u64>(), any::<String>(), any::<i64>(), any::<bool>());
    let change = prop_oneof![
        put.prop_map(|(raw, name, at, deleted)| goal(raw, name, at, deleted)),
        any::<String>().prop_map(|id| Change::RevokeKey(id.into())),
        any::<u64>().prop_map(|raw| Change::Delete(EntityId::new(EntityKind::Link, raw))),
    ];
    vec(change, 0..4)
}

/// A store with one entry of a ledger, written by hand.
fn with_entry(text: Vec<u8>) -> Store {
    let store = storage::store::open("memory://").unwrap();
    block_on(store.put(&path(), text.into())).unwrap();
    store
}

fn path() -> Path {
    let (ledger, n) = (LEDGER.to_string(), 1);
    ObjectKey::Ledger { ledger, n }.path()
}

fn stored<T: Serialize>(nonce: u128, at_ms: i64, body: &T) -> Vec<u8> {
    let nonce = format!("{nonce:032x}");
    serde_json::to_vec(&json!({ "nonce": nonce, "at_ms": at_ms, "body": body })).unwrap()
}

/// What is read can be written and read again; what cannot be read is named.
fn is_read_or_named<T>(text: &[u8]) -> Result<Option<Entry<T>>, TestCaseError>
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let ledger = Ledger::new(with_entry(text.to_vec()), LEDGER);
    match block_on(ledger.latest::<T>()) {
        Ok(entry) => {
            let entry = entry.unwrap();
            let again = with_entry(stored(1, entry.at_ms, &entry.body));
            let again = Ledger::new(again, LEDGER);
            let again = block_on(again.latest::<T>()).unwrap();
            prop_assert_eq!(again.as_ref(), Some(&entry));
            Ok(Some(entry))
        }
        Err(error) => {
            let text = error.to_string();
            let named = text.contains(path().as_ref()) && text.contains("`test`");
            prop_assert!(named, "{}", text);
            let LedgerError::Store { source, .. } = error else {
                return Err(TestCaseError::fail(text));
            };
            let is_damaged = matches!(*source, StoreError::Damaged { .. });
            prop_assert!(is_damaged, "{}", text);
            Ok(None)
        }
    }
}

/// Some bytes of a text are others, and it goes on with noise.
fn damage(text: &mut Vec<u8>, at: prop::sample::Index, by: u8, noise: &[u8]) {
    let at = at.index(text.len());
    text[at] ^= by;
    text.splice(at..at, noise.iter().copied());
}

proptest! {
    #[test]
    fn what_is_appended_is_read(manifest in any_manifest(), changes in any_changes(), at_ms in any::<i64>(), nonce in any::<u128>()) {
        let manifest_read = is_read_or_named::<Manifest>(&stored(nonce, at_ms, &manifest))?;
        prop_assert_eq!(manifest_read, Some(Entry { n: 1, at_ms, body: manifest }));
        let changes_read = is_read_or_named::<Vec<Change>>(&stored(nonce, at_ms, &changes))?;
        prop_assert_eq!(changes_read, Some(Entry { n: 1, at_ms, body: changes }));
    }

    #[test]
    fn a_damaged_entry_is_read_whole_or_named(
        manifest in any_manifest(), changes in any_changes(),
        at in any::<prop::sample::Index>(), by in any::<u8>(), noise in vec(any::<u8>(), 0..4),
    ) {
        let mut text = stored(1, 2, &manifest);
        damage(&mut text, at, by, &noise);
        is_read_or_named::<Manifest>(&text)?;
        let mut text = stored(1, 2, &changes);
        damage(&mut text, at, by, &noise);
        is_read_or_named::<Vec<Change>>(&text)?;
        text.truncate(at.index(text.len()));
        prop_assert_eq!(is_read_or_named::<Vec<Change>>(&text)?, None);
    }
}
