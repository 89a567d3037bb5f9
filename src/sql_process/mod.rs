//! Questions in SQL are answered in processes of their own: what a stranger's SQL takes of memory and time is known when it has taken it, and then the
//! process ends, and not the one that redirects. It has no more than its question, the address of the store and the events that nobody else has.

mod answer;
mod folders;
mod frames;
mod guard;
mod places;
mod worker;

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use asking::{AskError, Form, Written};
use batch_layer::{Limits, SqlQuestion};
use futures::TryStreamExt;
use tempfile::TempDir;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, ChildStdin, Command},
    time::timeout,
};
use url::Url;

use self::{
    answer::Answer,
    frames::Job,
    places::{Place, Places},
};
use crate::config::Settings;

pub use self::worker::run as answer_one;

/// The command of such a process.
pub const COMMAND: &str = "answer-sql";
/// Processes at once, where there is memory for them, and where there is less.
const AT_ONCE: usize = 4;
const AT_ONCE_IN_LITTLE: usize = 2;
const LITTLE: u64 = 1 << 30;
/// What the engine of one has at least, bytes.
const LEAST_MEMORY: u64 = 64 << 20;
/// What the engine of one may put on the disk, bytes.
const SPILL: u64 = 1 << 30;
/// How long a process may be silent: it ends by itself before that.
const SILENCE: Duration = Duration::from_secs(40);
/// Variables of the environment that it needs: of the store, of the way there, and of the system.
const NEEDED: [&str; 12] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "TZ",
    "RUST_BACKTRACE",
    "MILLRACE_LOG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
];
const OF_BUCKETS: &str = "AWS_";

/// Starts such processes.
pub struct SqlProcesses {
    store_url: String,
    is_bucket: bool,
    memory: u64,
    spill_dir: PathBuf,
    places: Places,
}

impl SqlProcesses {
    /// For the store of these settings, from a time on (unix milliseconds); `None` if it is in the memory of this process, where no other finds it.
    pub fn new(settings: &Settings, now_ms: i64) -> Option<Self> {
        let Limits {
            memory, spill_dir, ..
        } = &settings.batch;
        let at_once = match *memory < LITTLE {
            true => AT_ONCE_IN_LITTLE,
            false => AT_ONCE,
        };
        let share = settings.batch.query() as u64 / at_once as u64;
        let spill_dir = spill_dir.clone().unwrap_or_else(env::temp_dir);
        let store = Url::parse(&settings.store_url).ok()?;
        if store.scheme() == "memory" {
            return None;
        }
        folders::sweep(&spill_dir, now_ms);
        Some(Self {
            is_bucket: store.scheme() == "s3",
            store_url: settings.store_url.clone(),
            memory: share.max(LEAST_MEMORY),
            spill_dir,
            places: Places::new(at_once),
        })
    }

    /// A place among the questions that are answered. Who waits for one holds nothing yet.
    pub async fn place(&self, account: u64) -> Result<Place, AskError> {
        self.places.take(account).await
    }

    /// Answers a question, about events that nothing settles yet (an Arrow stream), too. Whoever drops the answer ends the process.
    pub async fn answer(
        &self,
        place: Place,
        (question, live): (SqlQuestion, Written),
        form: Form,
    ) -> Result<Written, AskError> {
        let folder = folders::make(self.spill_dir.clone()).await?;
        let mut child = self.start()?;
        let stdin = child.stdin.take();
        let job = self.job(question, form, folder.path());
        let answer = Answer::new(child, self.memory, (place, folder))?;
        if let Some(stdin) = stdin {
            let handed = timeout(SILENCE, hand_over(stdin, &job, live)).await;
            handed.map_err(|_| guard::too_long())??;
        }
        answer.written().await
    }

    fn job(&self, question: SqlQuestion, form: Form, folder: &Path) -> Job {
        Job {
            parent: std::process::id(),
            store_url: self.store_url.clone(),
            memory: self.memory,
            spill: SPILL,
            spill_dir: folder.to_owned(),
            form,
            question,
        }
    }

    fn start(&self) -> Result<Child, AskError> {
        let needs = |(name, _): &(OsString, OsString)| {
            let name = name.to_string_lossy().to_uppercase();
            NEEDED.contains(&&*name) || (self.is_bucket && name.starts_with(OF_BUCKETS))
        };
        let mut command = Command::new(program());
        command.arg(COMMAND);
        command.env_clear().envs(env::vars_os().filter(needs));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // Of a Ctrl-C it hears by this process.
        command.process_group(0).kill_on_drop(true);
        command.spawn().map_err(|error| not_started(&error))
    }
}

/// What a process is, beside its answer: its place among the others, and its folder on the disk.
type Room = (Place, TempDir);

fn not_started(error: &io::Error) -> AskError {
    AskError::Failed(format!("no process for SQL can be started: {error}"))
}

/// This very program, even if the file has been replaced by a newer one.
fn program() -> PathBuf {
    let linux = PathBuf::from("/proc/self/exe");
    match linux.exists() {
        true => linux,
        false => env::current_exe().unwrap_or(linux),
    }
}

/// Hands a process its work. That it does not listen is no error here: it says why in its answer, or by its end.
async fn hand_over(mut to: ChildStdin, job: &Job, mut live: Written) -> Result<(), AskError> {
    if to.write_all(&job.line()?).await.is_err() {
        return Ok(());
    }
    while let Some(piece) = live.try_next().await? {
        if to.write_all(&piece).await.is_err() {
            return Ok(());
        }
    }
    let _ = to.shutdown().await;
    Ok(())
}
