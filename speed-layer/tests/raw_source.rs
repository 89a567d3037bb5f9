//! What waiting for raw costs.

use handover::raw_source::RawSource;
use model::Event;
use model::{LogId, SegmentNo, Seq};
use storage::{
    counted::Counted,
    store::{self, Store},
};
use testing::log::Log;

async fn grow(log: &mut Log, store: &Store, segments: u64) {
    for _ in 0..segments {
        log.accept(Event::default());
        log.ship(store).await;
    }
}

#[tokio::test]
async fn waiting_costs_one_look_however_much_is_stored() {
    for segments in [3, 300] {
        let counted = Counted::new(store::open("memory://").unwrap());
        let store: Store = counted.clone();
        let mut log = Log::new(LogId(1));
        grow(&mut log, &store, segments).await;
        let mut source = RawSource::new(store.clone(), log.id, SegmentNo::ZERO);
        // The stream has brought all of it.
        assert_eq!(source.after(Seq(segments)).await.unwrap(), None);
        let before = counted.requests();
        assert_eq!(source.after(Seq(segments)).await.unwrap(), None);
        let asked = counted.requests() - before;
        assert_eq!((asked.heads, asked.all()), (1, 1), "{asked:?}");
        grow(&mut log, &store, 3).await;
        let found = source.after(Seq(segments + 1)).await.unwrap().unwrap();
        assert_eq!(found[0].seq, Seq(segments + 2));
        let found = source.after(Seq(segments + 2)).await.unwrap().unwrap();
        assert_eq!(found[0].seq, Seq(segments + 3));
        assert_eq!(source.after(Seq(segments + 3)).await.unwrap(), None);
    }
}
