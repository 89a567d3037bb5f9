use std::{fs, io, sync::Mutex};

use bytes::Bytes;
use object_store::WriteMultipart;

use super::*;

type Log = Arc<Mutex<Vec<String>>>;

/// A store that notes every fsync by its path below the root, with whether `watched` had its name.
fn recording(root: &FilePath, watched: &str) -> (DurableLocal, Log) {
    let root = fs::canonicalize(root).unwrap();
    let (log, base, watched) = (Log::default(), root.clone(), root.join(watched));
    let note = log.clone();
    let sync = move |path: &FilePath| {
        let path = path
            .strip_prefix(&base)
            .unwrap_or(path)
            .display()
            .to_string();
        note.lock()
            .unwrap()
            .push(format!("{path} {}", watched.exists()));
        Ok(())
    };
    (DurableLocal::with_sync(&root, Box::new(sync)).unwrap(), log)
}

fn taken(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

fn payload(text: &'static str) -> PutPayload {
    PutPayload::from(Bytes::from_static(text.as_bytes()))
}

#[tokio::test]
async fn bytes_are_durable_before_the_name_and_the_name_before_success() {
    let folder = tempfile::tempdir().unwrap();
    let (store, log) = recording(folder.path(), "a/b/c");
    let path = Path::from("a/b/c");
    store.put(&path, payload("x")).await.unwrap();
    let expected = ["a false", " false", "a/b/c#1 false", "a/b true"];
    assert_eq!(taken(&log), expected);
    store.put(&path, payload("y")).await.unwrap();
    assert_eq!(taken(&log), ["a/b/c#1 true", "a/b true"]);
    let read = store.get(&path).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "y");
}

#[tokio::test]
async fn an_object_of_another_process_is_made_durable_before_it_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::from("a/b");
    let (other, _) = recording(folder.path(), "a/b");
    other.put(&path, payload("x")).await.unwrap();
    let (store, log) = recording(folder.path(), "a/b");
    let again = store
        .put_opts(&path, payload("y"), PutMode::Create.into())
        .await;
    assert!(
        matches!(again, Err(Error::AlreadyExists { .. })),
        "{again:?}"
    );
    assert_eq!(taken(&log), [" true", "a/b#1 true", "a/b true", "a true"]);
    let names: Vec<_> = fs::read_dir(folder.path().join("a")).unwrap().collect();
    assert_eq!(names.len(), 1, "the staging file is gone");
}

#[tokio::test]
async fn copies_renames_parts_and_deletes_are_durable_too() {
    let folder = tempfile::tempdir().unwrap();
    let (store, log) = recording(folder.path(), "none");
    let [one, two, three, four] = ["1/x", "2/x", "3/x", "4/x"].map(Path::from);
    let upload = store.put_multipart(&one).await.unwrap();
    let mut upload = WriteMultipart::new(upload);
    upload.write(b"parts");
    upload.finish().await.unwrap();
    assert_eq!(taken(&log), [" false", "1/x false", "1 false"]);
    store.copy(&one, &two).await.unwrap();
    assert_eq!(taken(&log), [" false", "2/x false", "2 false"]);
    store.rename(&two, &three).await.unwrap();
    assert_eq!(taken(&log), [" false", "3/x false", "3 false", "2 false"]);
    store.copy_if_not_exists(&one, &four).await.unwrap();
    taken(&log);
    store.copy_if_not_exists(&one, &four).await.unwrap_err();
    assert_eq!(taken(&log), ["4/x false", "4 false"]);
    store.delete(&three).await.unwrap();
    assert_eq!(taken(&log), ["3 false"]);
    let read = store.get(&four).await.unwrap().bytes().await.unwrap();
    assert_eq!(read, "parts");
}

#[tokio::test]
async fn a_failed_fsync_is_never_success() {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::from("a/b");
    let failing = |bad: &'static str| {
        let sync = move |path: &FilePath| match path.ends_with(bad) {
            true => Err(io::Error::other("no")),
            false => Ok(()),
        };
        DurableLocal::with_sync(folder.path(), Box::new(sync)).unwrap()
    };
    let file = folder.path().join("a/b");
    let of_bytes = failing("b#1").put(&path, payload("x")).await.unwrap_err();
    assert!(of_bytes.to_string().contains("a/b"), "{of_bytes}");
    assert!(!file.exists(), "bytes that may be lost never get the name");
    failing("a").put(&path, payload("x")).await.unwrap_err();
}

#[tokio::test]
async fn a_removed_folder_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = DurableLocal::open(&folder.path().join("new/root")).unwrap();
    let path = Path::from("a/b");
    store.put(&path, payload("x")).await.unwrap();
    fs::remove_dir_all(folder.path().join("new/root/a")).unwrap();
    store.put(&path, payload("x")).await.unwrap();
}
