//! The S3 of moto (Python), written by other people than the one of our tests.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use storage::testing::s3_server::BUCKET;

use super::{eventually, process::free_port};

/// Python takes its time.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The program that is given to Python, with a port and, if it is not to be 127.0.0.1, an address.
pub const PROGRAM: &str = include_str!("moto.py");

/// A server with an empty bucket, ended when dropped.
pub struct Moto {
    pub address: SocketAddr,
    child: Child,
}

impl Moto {
    /// Starts it and makes the bucket.
    pub async fn start() -> Self {
        let address: SocketAddr = (Ipv4Addr::LOCALHOST, free_port()).into();
        let port = address.port().to_string();
        let mut command = Command::new(python());
        command.args(["-c", PROGRAM, &port]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.expect("python with moto");
        let moto = Self { address, child };
        let bucket = format!("http://{address}/{BUCKET}");
        eventually("moto to make a bucket", START_LIMIT, async || {
            let made = reqwest::Client::new().put(&bucket).send().await;
            made.and_then(reqwest::Response::error_for_status)
        })
        .await;
        moto
    }
}

/// The Python that has moto.
pub fn python() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = std::env::split_paths(&path);
    let found = folders.find(|folder| folder.join("moto_server").exists());
    let folder = found.expect("moto_server must be installed and in PATH: ./test.sh does both");
    folder.join("python3")
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
