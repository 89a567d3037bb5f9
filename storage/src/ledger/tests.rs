use std::sync::Arc;

use object_store::memory::InMemory;

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
