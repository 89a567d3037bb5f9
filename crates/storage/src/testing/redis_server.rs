//! Real Redis servers on free local ports, ended when dropped.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Names another program that is to be started instead, such as `valkey-server`.
const PROGRAM: &str = "MILLRACE_REDIS_SERVER";
/// How long a server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(20);

/// One `redis-server` process.
pub struct RedisServer {
    port: u16,
    folder: tempfile::TempDir,
    cluster: bool,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts an empty server that keeps nothing on disk.
    pub fn start() -> Self {
        Self::start_on(free_port(), false)
    }

    pub(super) fn start_on(port: u16, cluster: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self {
            port,
            folder,
            cluster,
            child: None,
        };
        server.run();
        server
    }

    /// `redis://…` of this server.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Ends the process at once, as `kill -9` does.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Writes down all keys, for [`RedisServer::run_saved`].
    pub fn save(&self) {
        assert!(self.command(&["SAVE"]).contains("OK"));
    }

    /// Stops the process in the middle of whatever it does, or lets it go on.
    pub fn pause(&self, pause: bool) {
        let signal = if pause { "-STOP" } else { "-CONT" };
        let child = self.child.as_ref().expect("it does not run");
        let mut command = Command::new("kill");
        command.args([signal, &child.id().to_string()]);
        assert!(command.status().unwrap().success());
    }

    /// Starts a killed server again, empty, on the same port.
    pub fn run(&mut self) {
        // There may be none.
        let _ = std::fs::remove_file(self.dir().join("dump.rdb"));
        self.run_saved();
    }

    /// Starts a killed server again as it was when it was saved last.
    pub fn run_saved(&mut self) {
        let program = std::env::var(PROGRAM).unwrap_or_else(|_| "redis-server".into());
        let mut command = Command::new(program);
        command.args([
            "--port",
            &self.port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ]);
        command.arg("--dir").arg(self.dir()).args([
            "--maxmemory-policy",
            "noeviction",
            "--daemonize",
            "no",
        ]);
        if self.cluster {
            command.args(["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"]);
        }
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command
            .spawn()
            .expect("redis-server must be installed: apt-get install redis-server");
        self.child = Some(child);
        let port = self.port;
        wait_for("redis-server to answer", || {
            cli(port, &["PING"]).contains("PONG")
        });
    }

    /// Runs one command with `redis-cli` and returns what it prints.
    pub fn command(&self, args: &[&str]) -> String {
        cli(self.port, args)
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn cli(port: u16, args: &[&str]) -> String {
    let output = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .args(args)
        .output();
    let output = output.expect("redis-cli must be installed: apt-get install redis-server");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

pub(super) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < START_LIMIT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
