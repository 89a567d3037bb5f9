//! A scheduler and executors: processes of our binary, ended when dropped.

use std::{
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use storage::{store::Store, testing::s3_server::S3Server};

/// For whatever is waited for.
const LIMIT: Duration = Duration::from_secs(240);

/// See the module.
pub struct Cluster {
    /// Of the server that all use.
    pub store: Store,
    pub executors: Vec<Process>,
    scheduler_url: String,
    server: S3Server,
    _scheduler: Process,
}

impl Cluster {
    /// Starts the server, the scheduler and so many executors, each on a core of its own where there are
    /// enough.
    pub async fn start(executors: usize) -> Self {
        let server = S3Server::start();
        let listen = free_address();
        let patience = ["--patience", "6", "--listen", &listen.to_string()].map(String::from);
        let scheduler = Process::start(&server, None, "scheduler", &patience);
        wait_until(|| TcpStream::connect(listen).is_ok());
        let scheduler_url = format!("http://{listen}");
        let at = [
            "--store-url",
            &S3Server::url(),
            "--scheduler",
            &scheduler_url,
        ]
        .map(String::from);
        let executor = |core| Process::start(&server, Some(core), "executor", &at);
        Self {
            store: server.store(),
            executors: (0..executors).map(executor).collect(),
            scheduler_url,
            _scheduler: scheduler,
            server,
        }
    }

    /// Begins a rollup.
    pub fn rollup(&self) -> Process {
        let at = [
            "--store-url",
            &S3Server::url(),
            "--scheduler",
            &self.scheduler_url,
        ];
        let at = at.map(String::from);
        Process::start(&self.server, None, "rollup", &at)
    }
}

/// One process, what it logs, and the end of it.
pub struct Process {
    child: Child,
    log: Receiver<String>,
}

impl Process {
    fn start(server: &S3Server, core: Option<usize>, command: &str, args: &[String]) -> Self {
        let binary = env!("CARGO_BIN_EXE_millrace-ballista");
        let mut process = match core {
            Some(core) => {
                let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &(core % cores).to_string(), binary]);
                pinned
            }
            None => Command::new(binary),
        };
        let process = process
            .arg(command)
            .args(args)
            .envs(S3Server::env(server.address()))
            .env("AWS_TIMEOUT", "30s")
            .env("AWS_ALLOW_HTTP", "true")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = process.spawn().expect("taskset, and our binary");
        let stderr = child.stderr.take().expect("its log");
        let (send, log) = channel();
        let command = command.to_owned();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                println!("{command}: {line}");
                // A test that has ended does not read on.
                let _ = send.send(line);
            }
        });
        Self { child, log }
    }

    /// The next line of its log that has these words.
    pub fn wait_for(&self, words: &str) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left);
            let line = line.unwrap_or_else(|_| panic!("it never logged `{words}`"));
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }

    /// The most memory that it has had so far, MB.
    pub fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("it runs on Linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.split_whitespace().next());
        peak.and_then(|kb| kb.parse::<u64>().ok()).expect("KB") / 1024
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// Waits until it has ended well; what it printed.
    pub fn finish(mut self) -> String {
        wait_until(|| !self.is_running());
        let mut printed = String::new();
        let mut stdout = self.child.stdout.take().expect("what it prints");
        stdout.read_to_string(&mut printed).expect("text");
        let status = self.child.wait().expect("it has ended");
        assert!(status.success(), "{status}: {printed}");
        printed
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_until(mut is: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !is() {
        assert!(Instant::now() < end, "it took longer than {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}
