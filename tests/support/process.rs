//! Processes of the real binary on free ports, ended when dropped.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use super::{eventually, place::Place};

/// How long a process may take to be ready. Debug builds are slow to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a process may take to drain.
const END_LIMIT: Duration = Duration::from_secs(120);
/// A schedule that does not come up while a test runs.
const NEVER: &str = "0 0 29 2 *";
/// What visitors of tests are hashed with.
pub const SECRET: &str = "the-secret-of-an-installation-of-tests";
/// What a clock shows, in a server's folder.
const CLOCK: &str = "clock.txt";
/// Lines of a log shown when a test fails.
const SHOWN: usize = 40;

/// A process that serves, which can be killed and started again with the same folder and ports.
pub struct Server {
    arguments: Vec<String>,
    env: Vec<(String, String)>,
    /// Its data folder.
    pub folder: PathBuf,
    /// `http://…` of its collector, if it has one.
    pub collector: String,
    /// `http://…` of its API, if it has one.
    pub api: String,
    /// `http://…` of its health and metrics.
    pub operator: String,
    child: Option<Child>,
    /// How many files it may have open, if not as many as this process.
    open_files: Option<u32>,
}

impl Server {
    /// `millrace up`, not yet started.
    pub fn up(folder: &Path, flags: &[&str]) -> Self {
        Self::new(&["up"], folder, flags)
    }

    /// `millrace run --roles …`, not yet started.
    pub fn run(roles: &str, folder: &Path, flags: &[&str]) -> Self {
        Self::new(&["run", "--roles", roles], folder, flags)
    }

    fn new(command: &[&str], folder: &Path, flags: &[&str]) -> Self {
        fs::create_dir_all(folder).unwrap();
        let free = |_| format!("127.0.0.1:{}", free_port());
        let [collector, api, operator] = [(); 3].map(free);
        let mut arguments: Vec<String> = command
            .iter()
            .chain(flags)
            .map(ToString::to_string)
            .collect();
        let own = [
            ("--data-dir", folder.to_str().unwrap()),
            ("--collect-addr", &collector),
            ("--api-addr", &api),
            ("--operator-addr", &operator),
        ];
        let schedules = [
            "--rollup-schedule",
            "--forecast-schedule",
            "--report-schedule",
            "--audit-schedule",
        ]
        .map(|flag| (flag, NEVER));
        arguments.extend(
            own.iter()
                .chain(&schedules)
                .flat_map(|(flag, value)| [flag.to_string(), value.to_string()]),
        );
        let [collector, api, operator] =
            [collector, api, operator].map(|address| format!("http://{address}"));
        Self {
            arguments,
            // Collectors that share a store share it.
            env: vec![("MILLRACE_SECRET".into(), SECRET.into())],
            folder: folder.to_owned(),
            collector,
            api,
            operator,
            child: None,
            open_files: None,
        }
    }

    /// With its objects at this place.
    pub fn at(mut self, place: &Place) -> Self {
        self.arguments
            .extend(["--store-url".into(), place.url.clone()]);
        self.env.extend(place.env.iter().cloned());
        self
    }

    /// With so few open files.
    pub fn with_open_files(mut self, count: u32) -> Self {
        self.open_files = Some(count);
        self
    }

    /// With a clock that [`Server::set_clock`] sets, running or not. What measures time only
    /// (`CLOCK_MONOTONIC`) stays true.
    pub fn with_clock(mut self) -> Self {
        self.set_clock(0);
        let file = self.folder.join(CLOCK).display().to_string();
        let vars = [
            ("LD_PRELOAD", libfaketime()),
            ("FAKETIME_TIMESTAMP_FILE", file),
            ("FAKETIME_CACHE_DURATION", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ];
        self.env
            .extend(vars.map(|(name, value)| (name.to_owned(), value)));
        self
    }

    /// From within a second on its clock is so many minutes off.
    pub fn set_clock(&self, minutes: i64) {
        fs::write(self.folder.join(CLOCK), format!("{minutes:+}m")).unwrap();
    }

    /// Starts it with these variables besides, and waits until it has died of an abort. Meanwhile
    /// `work` is done again and again.
    pub async fn start_to_die(&mut self, env: &[(&str, &str)], work: impl AsyncFn()) {
        self.spawn(env);
        self.aborted(work).await;
    }

    /// Waits until it has died of an abort; it is still ours to kill if it does not.
    async fn aborted(&mut self, work: impl AsyncFn()) {
        let child = self.child.as_mut().expect("it does not run");
        let status = eventually("the process to die", END_LIMIT, async || {
            work().await;
            child.try_wait().unwrap().ok_or("it lives")
        })
        .await;
        self.child = None;
        let signal = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(signal, Some(6), "it ended with {status}");
    }

    /// Starts it with these variables besides, asks it to end when it is ready, and waits until it
    /// has died of an abort on the way.
    pub async fn drain_to_die(&mut self, env: &[(&str, &str)]) {
        let said = self.spawn(env);
        self.ready(&said).await;
        let child = self.child.as_ref().unwrap();
        let pid = child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.unwrap().success());
        self.aborted(async || {}).await;
    }

    /// Starts it; gives the file in which it says that it is ready.
    fn spawn(&mut self, env: &[(&str, &str)]) -> PathBuf {
        assert!(self.child.is_none(), "it runs already");
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .unwrap();
        let said = self.folder.join("stdout.txt");
        let mut command = match self.open_files {
            None => millrace(),
            Some(count) => {
                let mut command = free_of_settings(Command::new("prlimit"));
                let limit = format!("--nofile={count}");
                command.args([&limit, env!("CARGO_BIN_EXE_millrace")]);
                command
            }
        };
        command
            .args(&self.arguments)
            .envs(self.env.iter().cloned())
            .envs(env.iter().copied())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stderr(log);
        let child = command
            .stdout(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        self.child = Some(child);
        said
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&mut self) {
        let said = self.spawn(&[]);
        self.ready(&said).await;
    }

    async fn ready(&mut self, said: &Path) {
        eventually("the process to be ready", START_LIMIT, async || {
            if let Some(status) = self
                .child
                .as_mut()
                .and_then(|child| child.try_wait().unwrap())
            {
                panic!("the process ended with {status} instead of getting ready");
            }
            let text = fs::read_to_string(said).unwrap();
            text.lines()
                .any(|line| line == "ready")
                .then_some(())
                .ok_or(text)
        })
        .await;
    }

    /// Ends it as `kill -9` does, wherever it is.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Asks it to end (SIGTERM), and waits until it has drained.
    pub async fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("it does not run");
        let told = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(told.success());
        let status = eventually("the process to drain", END_LIMIT, async || {
            child.try_wait().unwrap().ok_or("it runs")
        })
        .await;
        assert!(status.success(), "it drained with {status}");
        status
    }

    /// Everything it has logged, over all its starts.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().expect("it does not run").id()
    }

    /// A line of its `/proc/…/status` in KiB, such as `VmHWM`.
    pub fn status_kib(&self, name: &str) -> u64 {
        let id = self.child.as_ref().expect("it does not run").id();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.unwrap().parse().unwrap()
    }

    /// How long all of its threads have worked, together.
    pub fn cpu(&self) -> Duration {
        let id = self.child.as_ref().expect("it does not run").id();
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        // The name may hold anything, blanks too; ticks are hundredths of a second everywhere.
        let rest = stat.rsplit(')').next().unwrap();
        let ticks = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The token that it made at its first start.
    pub fn admin_token(&self) -> String {
        fs::read_to_string(self.folder.join("admin-token")).unwrap()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("stderr.txt")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let log = self.log();
        if std::thread::panicking() {
            let lines: Vec<&str> = log.lines().collect();
            let shown = lines[lines.len().saturating_sub(SHOWN)..].join("\n");
            eprintln!(
                "--- the log of {:?} ends with:\n{shown}\n---",
                self.arguments
            );
        } else {
            assert!(
                !log.contains("panicked at"),
                "something panicked in the process:\n{log}"
            );
            let secrets = self.env.iter().filter(|(name, _)| name.contains("SECRET"));
            for (name, value) in secrets {
                assert!(!log.contains(value), "{name} is in the log:\n{log}");
            }
        }
    }
}

fn libfaketime() -> String {
    let folders = fs::read_dir("/usr/lib").unwrap();
    let mut files = folders.map(|f| f.unwrap().path().join("faketime/libfaketimeMT.so.1"));
    let found = files.find(|file| file.exists());
    let found = found.expect("libfaketime must be installed: apt-get install faketime");
    found.display().to_string()
}

/// The binary, free of what the environment sets.
pub fn millrace() -> Command {
    free_of_settings(Command::new(env!("CARGO_BIN_EXE_millrace")))
}

fn free_of_settings(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MILLRACE_") {
            command.env_remove(name);
        }
    }
    command
}

/// A command on the objects at `place`.
pub fn millrace_at(place: &Place, arguments: &[&str]) -> Command {
    let mut command = millrace();
    command
        .args(arguments)
        .args(["--store-url", &place.url])
        .envs(place.env.iter().cloned());
    command
}

/// Runs one command to its end, off the async threads.
pub async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = millrace();
    command.args(arguments);
    output(command, folder).await
}

async fn output(mut command: Command, folder: &Path) -> Output {
    command.current_dir(folder).stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

/// Runs one command that must succeed, and gives what it prints.
pub async fn run_ok(folder: &Path, arguments: &[&str]) -> String {
    printed(arguments, run(folder, arguments).await)
}

/// Like [`run_ok`], on the objects at `place`.
pub async fn run_ok_at(place: &Place, folder: &Path, arguments: &[&str]) -> String {
    printed(
        arguments,
        output(millrace_at(place, arguments), folder).await,
    )
}

fn printed(arguments: &[&str], output: Output) -> String {
    let [printed, log] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(
        output.status.success(),
        "{arguments:?} ended with {}\n{printed}\n{log}",
        output.status
    );
    printed
}

/// A port that is free, and below those that the kernel gives to clients: nobody takes it while
/// its process is dead.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut ports = std::iter::repeat_with(|| {
        let n = NEXT.fetch_add(1, Ordering::Relaxed) + std::process::id() * 61;
        20_000 + (n % 12_000) as u16
    });
    ports
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .unwrap()
}
