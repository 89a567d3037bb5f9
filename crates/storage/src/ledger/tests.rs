use std::sync::Arc;

use futures::executor::block_on;
use object_store::{ObjectStoreExt, memory::InMemory};
use proptest::{collection::vec, prelude::*};

use super::*;

fn stamp(nonce: u128) -> Stamp {
    Stamp { nonce, at_ms: 7 }
}

#[tokio::test]
async fn entries_are_read_in_order_from_anywhere() {
    let store: Store = Arc::new(InMemory::new());
    let writer = Ledger::new(store.clone(), "test");
    let reader = Ledger::new(store, "test");
    assert!(reader.latest::<u64>().await.unwrap().is_none());
    for n in 1..=40 {
        writer.append(n, &(n * 10), stamp(n.into())).await.unwrap();
    }
    let bodies = |entries: Vec<Entry<u64>>| entries.iter().map(|e| e.body).collect::<Vec<_>>();
    assert_eq!(
        bodies(reader.entries_after(37, 9).await.unwrap()),
        [380, 390, 400]
    );
    assert_eq!(bodies(reader.entries_after(0, 2).await.unwrap()), [10, 20]);
    assert_eq!(reader.latest::<u64>().await.unwrap().unwrap().n, 40);
    let gap = writer.append(43, &0, stamp(1)).await;
    assert!(matches!(gap, Err(LedgerError::Gap { .. })), "{gap:?}");
}

#[tokio::test]
async fn following_an_empty_ledger_lists_it_once() {
    let counted = crate::counted::Counted::new(Arc::new(InMemory::new()));
    let store: Store = counted.clone();
    let reader = Ledger::new(store.clone(), "test");
    for _ in 0..9 {
        assert_eq!(reader.newest().await.unwrap(), 0);
    }
    let asked = counted.requests();
    assert_eq!((asked.lists, asked.all()), (1, 10), "{asked:?}");
    let writer = Ledger::new(store, "test");
    writer.append(1, &0, stamp(1)).await.unwrap();
    assert_eq!(reader.newest().await.unwrap(), 1);
}

fn with_first_entry() -> Ledger {
    let ledger = Ledger::new(Arc::new(InMemory::new()), "test");
    block_on(ledger.append(1, &0, stamp(1))).unwrap();
    ledger
}

proptest! {
    #[test]
    fn strangers_in_its_folder_are_no_entries(
        entries in 0u64..4, strangers in vec("[0-9]{1,21}[.]json|[ -~]{1,12}", 0..4),
    ) {
        let ledger = with_first_entry();
        let later = Ledger::new(ledger.store.clone(), "test");
        for stranger in strangers.iter().chain([&format!("{}.json", u64::MAX)]) {
            let path = folders::ledger("test").join(stranger.as_str());
            block_on(ledger.store.put(&path, "{}".into())).unwrap();
        }
        for n in 2..2 + entries {
            let stamp = Stamp { nonce: n.into(), at_ms: 2 };
            prop_assert_eq!(block_on(ledger.append(n, &n, stamp)).unwrap(), Appended::Yes);
        }
        prop_assert_eq!(block_on(later.newest()).unwrap(), 1 + entries);
    }
}
