use std::{collections::BTreeSet, fmt, sync::Arc, sync::atomic::AtomicU32};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result as StoreResult,
    memory::InMemory,
};

use super::*;

fn stamp(nonce: u128) -> Stamp {
    Stamp { nonce, at_ms: 7 }
}

async fn append_until_done(store: Store, writer: u128, count: usize) -> Vec<u64> {
    let ledger = Ledger::new(store, "test");
    let mut won = Vec::new();
    let mut attempt = 0;
    while won.len() < count {
        attempt += 1;
        let n = ledger.newest().await.unwrap() + 1;
        let nonce = stamp(writer << 64 | attempt);
        if ledger.append(n, &writer, nonce).await.unwrap() == Appended::Yes {
            won.push(n);
        }
    }
    won
}

async fn concurrent_appends_are_distinct_and_without_gaps(store: Store) {
    let writers: Vec<_> = (1..=12u128)
        .map(|w| tokio::spawn(append_until_done(store.clone(), w, 8)))
        .collect();
    let mut all = BTreeSet::new();
    for (writer, task) in (1u128..).zip(writers) {
        for n in task.await.unwrap() {
            assert!(all.insert(n), "entry {n} was given to two writers");
            let ledger = Ledger::new(store.clone(), "test");
            let entry = ledger.entry::<u128>(n).await.unwrap().unwrap();
            assert_eq!(entry.body, writer);
        }
    }
    assert_eq!(all, (1..=96).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_in_memory() {
    concurrent_appends_are_distinct_and_without_gaps(Arc::new(InMemory::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_on_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let local = crate::durable_local::DurableLocal::open(folder.path()).unwrap();
    concurrent_appends_are_distinct_and_without_gaps(Arc::new(local)).await;
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

/// A store whose writes fail now and then, some of them after they were done.
#[derive(Debug)]
struct Faulty {
    inner: InMemory,
    puts: AtomicU32,
    lists: AtomicU32,
    /// Fate of the n-th put: `b'.'` fine, `b'x'` refused, `b'!'` done, then an error.
    fates: &'static [u8],
}

impl Faulty {
    fn new(fates: &'static [u8]) -> Arc<Self> {
        Arc::new(Self {
            inner: InMemory::new(),
            puts: AtomicU32::new(0),
            lists: AtomicU32::new(0),
            fates,
        })
    }
}

fn time_out() -> Error {
    Error::Generic {
        store: "Faulty",
        source: "timed out".into(),
    }
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faulty")
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, p: &Path, b: PutPayload, o: PutOptions) -> StoreResult<PutResult> {
        let put = self.puts.fetch_add(1, Ordering::SeqCst) as usize;
        match self.fates[put % self.fates.len()] {
            b'x' => Err(time_out()),
            b'!' => self.inner.put_opts(p, b, o).await.and(Err(time_out())),
            _ => self.inner.put_opts(p, b, o).await,
        }
    }
    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> StoreResult<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }
    async fn get_opts(&self, path: &Path, options: GetOptions) -> StoreResult<GetResult> {
        self.inner.get_opts(path, options).await
    }
    fn delete_stream(
        &self,
        paths: BoxStream<'static, StoreResult<Path>>,
    ) -> BoxStream<'static, StoreResult<Path>> {
        self.inner.delete_stream(paths)
    }
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, StoreResult<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        self.inner.list(prefix)
    }
    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> StoreResult<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }
    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> StoreResult<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[tokio::test]
async fn an_append_whose_answer_was_lost_is_there_exactly_once() {
    let store = Faulty::new(b"!.x.");
    let ledger = Ledger::new(store.clone(), "test");
    for n in 1..=6u64 {
        let appended = ledger.append(n, &n, stamp(n.into())).await.unwrap();
        assert_eq!(appended, Appended::Yes);
        assert_eq!(ledger.newest().await.unwrap(), n);
    }
    assert!(
        store.lists.load(Ordering::SeqCst) <= 1,
        "the history is listed once"
    );
}

#[tokio::test]
async fn a_lost_answer_to_an_entry_of_another_is_a_conflict() {
    let store = Faulty::new(b".x!");
    let ledger = Ledger::new(store, "test");
    ledger.append(1, &"theirs", stamp(1)).await.unwrap();
    let ours = ledger.append(1, &"ours", stamp(2)).await.unwrap();
    assert_eq!(ours, Appended::Conflict);
    let entry = ledger.latest::<String>().await.unwrap().unwrap();
    assert_eq!((entry.n, entry.body.as_str()), (1, "theirs"));
}

#[tokio::test]
async fn giving_up_says_that_the_outcome_is_unknown() {
    let ledger = Ledger::new(Faulty::new(b"x"), "test");
    let error = ledger.append(1, &1, stamp(1)).await.unwrap_err();
    assert!(
        matches!(error, LedgerError::Unknown { n: 1, .. }),
        "{error}"
    );
}
