use std::{
    fmt,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use futures::stream::BoxStream;
use model::{ManualClock, SystemClock, random::SeededRandom};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, memory::InMemory,
};

use super::*;

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Who creates looks first, and writes a moment later.
    ManyWinners,
    /// `If-None-Match` is a header like any other.
    IgnoresHeader,
    /// Of creations at the same time all are told to come back: 409.
    Conflicts,
    /// An object is read once more as it was.
    StaleReads,
    /// A new object is not there at once.
    LateReads,
    /// A deleted one is still there.
    LateDeletes,
    /// A list lacks the newest object.
    LateLists,
    /// A list is in the order of writing, backwards.
    Disorder,
    /// The winner's content is replaced by a loser's.
    WrongContent,
}

#[derive(Debug)]
struct Faulty {
    inner: InMemory,
    fault: Fault,
    /// How many create just now.
    creating: Mutex<usize>,
    /// What was there before, which is read once more.
    stale: Mutex<Option<(Path, Option<Bytes>)>>,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.fault)
    }
}

fn exists_already(path: &Path) -> object_store::Error {
    object_store::Error::AlreadyExists {
        path: path.to_string(),
        source: "it is there".into(),
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(
        &self,
        path: &Path,
        bytes: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        let before = match self.inner.get(path).await {
            Ok(found) => Some(found.bytes().await?),
            Err(_) => None,
        };
        let creates = options.mode == PutMode::Create;
        match self.fault {
            Fault::StaleReads if before.is_some() => {
                *self.stale.lock().unwrap() = Some((path.clone(), before));
            }
            Fault::LateReads if before.is_none() => {
                *self.stale.lock().unwrap() = Some((path.clone(), None))
            }
            Fault::IgnoresHeader => options.mode = PutMode::Overwrite,
            Fault::ManyWinners | Fault::WrongContent if creates => {
                if before.is_some() {
                    return Err(exists_already(path));
                }
                let first = std::mem::replace(&mut *self.creating.lock().unwrap(), 1) == 0;
                tokio::task::yield_now().await;
                *self.creating.lock().unwrap() = 0;
                options.mode = PutMode::Overwrite;
                if self.fault == Fault::WrongContent && !first {
                    self.inner.put_opts(path, bytes, options).await?;
                    return Err(exists_already(path));
                }
            }
            Fault::Conflicts if creates => {
                *self.creating.lock().unwrap() += 1;
                tokio::task::yield_now().await;
                let others = *self.creating.lock().unwrap() > 1;
                tokio::task::yield_now().await;
                *self.creating.lock().unwrap() -= 1;
                if others {
                    return Err(exists_already(path));
                }
            }
            _ => {}
        }
        self.inner.put_opts(path, bytes, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let stale = self.stale.lock().unwrap().take_if(|(of, _)| of == path);
        match stale {
            None => self.inner.get_opts(path, options).await,
            Some((_, Some(before))) => {
                let other = InMemory::new();
                other.put(path, before.into()).await?;
                other.get_opts(path, options).await
            }
            Some((_, None)) => {
                let path = Path::from("nothing");
                InMemory::new().get_opts(&path, options).await
            }
        }
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.fault {
            Fault::LateDeletes => paths,
            _ => self.inner.delete_stream(paths),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.inner.list(prefix).collect::<Vec<_>>();
        let mut listed = futures::executor::block_on(listed);
        match self.fault {
            Fault::LateLists => drop(listed.pop()),
            Fault::Disorder => listed.reverse(),
            _ => {}
        }
        futures::stream::iter(listed).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn store(fault: Fault) -> Store {
    Arc::new(Faulty {
        inner: InMemory::new(),
        fault,
        creating: Mutex::new(0),
        stale: Mutex::default(),
    })
}

fn ways_of(stores: &[Store]) -> Ways {
    Ways {
        stores: stores.to_vec(),
        is_ordered: true,
    }
}

async fn probed(stores: &[Store]) -> std::result::Result<Proof, String> {
    let proof = probe(&ways_of(stores), &SystemClock, &SeededRandom::new(1)).await;
    proof.map_err(|error| match error {
        ProbeError::Unfit(why) => why,
        ProbeError::Store(error) => format!("it failed: {error}"),
    })
}

#[tokio::test]
async fn each_fault_is_found_and_said() {
    for (fault, says) in [
        (
            Fault::ManyWinners,
            "8 of 8 that created one object at the same time",
        ),
        (Fault::IgnoresHeader, "If-None-Match"),
        (Fault::StaleReads, "as it was before it was written"),
        (Fault::LateReads, "right after it was written"),
        (Fault::LateDeletes, "right after it was deleted"),
        (Fault::LateLists, "a list lacks"),
        (Fault::Disorder, "not in order"),
        (Fault::WrongContent, "finds another's content"),
    ] {
        let why = probed(&[store(fault)]).await.unwrap_err();
        assert!(why.contains(says), "{fault:?}: {why}");
    }
}

#[tokio::test]
async fn who_is_told_to_come_back_has_done_nothing_wrong() {
    probed(&[store(Fault::None)]).await.unwrap();
    probed(&[store(Fault::Conflicts)]).await.unwrap();
}

#[tokio::test]
async fn all_ways_to_a_store_are_raced() {
    // Two servers that know nothing of each other.
    let why = probed(&[store(Fault::None), store(Fault::None)])
        .await
        .unwrap_err();
    assert!(why.contains("2 of 8 that created"), "{why}");
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_and_nothing_is_left_behind() {
    let store = store(Fault::None);
    let now = Clock::now_ms(&SystemClock);
    let clock = ManualClock::new(now + 3_600_000);
    let ways = ways_of(&[Arc::clone(&store)]);
    let proof = probe(&ways, &clock, &SeededRandom::new(1)).await.unwrap();
    assert!((proof.ahead_ms - 3_600_000).abs() < 60_000, "{proof:?}");
    assert_eq!(store.list(None).count().await, 0);
}

#[tokio::test]
async fn a_folder_passes_and_is_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    let ways = ways(&url).await.unwrap();
    let proof = probe(&ways, &SystemClock, &SeededRandom::new(1))
        .await
        .unwrap();
    assert!(proof.ahead_ms.abs() < 60_000, "{proof:?}");
    assert_eq!(ways.stores[0].list(None).count().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_passes() {
    let server = crate::testing::s3_server::S3Server::start();
    probed(&[server.store(), server.store()]).await.unwrap();
    // Real S3 answers 409 where creations meet.
    server.refuse_every(3);
    probed(&[server.store()]).await.unwrap();
}
