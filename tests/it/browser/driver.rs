//! A real browser, driven as by a person.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder};
use serde_json::json;

use crate::support::{eventually, process::free_port};

/// How long the browser may take to start.
const LIMIT: Duration = Duration::from_secs(60);

/// A driver process with a browser.
pub struct Driver {
    child: Child,
    address: String,
}

impl Driver {
    pub fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .spawn()
            .expect("chromedriver must be installed: apt-get install chromium-driver");
        Self {
            child,
            address: format!("127.0.0.1:{port}"),
        }
    }

    pub async fn browser(&self, profile: &std::path::Path) -> Client {
        let profile = format!("--user-data-dir={}", profile.display());
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--window-size=1280,1400",
            &profile,
        ];
        let options = json!({"goog:chromeOptions": {"args": flags}});
        let url = format!("http://{}", self.address);
        eventually("the browser", LIMIT, async || {
            let mut builder =
                ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
            builder.capabilities(options.as_object().unwrap().clone());
            builder.connect(&url).await
        })
        .await
    }
}

impl Driver {
    /// Asks it to end, with its browsers: killed it would leave them behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let address = &self.address;
        write!(
            stream,
            "GET /shutdown HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_end(&mut Vec::new())?;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.shut_down();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
