//! Whole replays of files, to a stand-in for the collector.

mod collector;
mod failures;
mod files;
mod recorded;
mod resumed;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use replay::{Options, Patience, Report, Tell, Told};
use tokio_util::sync::CancellationToken;

/// Does not wait long.
const PATIENCE: Patience = Patience {
    tries: 6,
    first: Duration::from_millis(1),
    longest: Duration::from_millis(20),
    answer: Duration::from_secs(20),
    grace: Duration::from_secs(5),
};

fn options(file: &Path, to: &str) -> Options {
    Options {
        file: file.to_owned(),
        to: to.to_owned(),
        key: "mr_key".into(),
        format: None,
        streams: 1,
        rate: 0,
        key_prefix: None,
        resume: false,
        rejects: None,
        progress: None,
        leave_out: Vec::new(),
        patience: PATIENCE,
    }
}

async fn replay(options: &Options) -> anyhow::Result<Report> {
    let silent: Tell = Arc::new(|_| {});
    replay::run(options.clone(), silent, &CancellationToken::new()).await
}

/// What it told, too.
async fn replay_told(options: &Options) -> (anyhow::Result<Report>, Vec<String>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&told);
    let tell: Tell = Arc::new(move |what| {
        if let Told::Notice(text) = what {
            into.lock().unwrap().push(text);
        }
    });
    let report = replay::run(options.clone(), tell, &CancellationToken::new()).await;
    let told = told.lock().unwrap().clone();
    (report, told)
}

/// A file with these contents in a folder of its own.
struct Given {
    folder: tempfile::TempDir,
    file: PathBuf,
}

fn given(name: &str, contents: impl AsRef<[u8]>) -> Given {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    fs::write(&file, contents).unwrap();
    Given { folder, file }
}

impl Given {
    fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&fs::read(self.folder.path().join(name)).unwrap()).into_owned()
    }
}

/// Lines with the links `l1`, `l2`, …
fn ndjson(lines: std::ops::RangeInclusive<u64>) -> String {
    lines.map(|n| format!("{{\"link\":\"l{n}\"}}\n")).collect()
}
