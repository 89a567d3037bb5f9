//! Redirects beside nginx, in turns, both asked by wrk on the same cores.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use super::{
    report::{Report, Row},
    site::{RULED, Site},
};

/// Connections, how many times nginx's rate is the goal, and CPU of all roles for each, microseconds.
const CONNECTIONS: [(u32, f64, Option<f64>); 4] = [
    (1, 0.0, Some(60.0)),
    (16, 0.6, None),
    (64, 1.0, None),
    (256, 1.0, Some(15.0)),
];
/// How long it may take until all of a turn are counted.
const COUNTED: Duration = Duration::from_secs(30);
/// So often each is measured.
const TURNS: u32 = 2;
/// Headers that browsers send.
const HEADERS: &str = r#"
wrk.headers["User-Agent"] = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
wrk.headers["Referer"] = "https://news.example/story"
wrk.headers["Accept-Language"] = "en-GB,en;q=0.9"
"#;

/// One turn of wrk.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Turn {
    per_second: f64,
    p50_us: f64,
    /// CPU of the server for each request, microseconds.
    cpu_us: f64,
    requests: f64,
}

/// `sync_us` is what a sync into a pre-written file takes.
pub(super) async fn measure(
    report: &mut Report,
    site: &Site,
    time: Duration,
    sync_us: f64,
) -> anyhow::Result<()> {
    if !is_installed("wrk") || !is_installed("nginx") {
        report.skip(
            "redirects beside nginx",
            "nginx or wrk is not installed (apt install nginx-light wrk)",
        );
        return Ok(());
    }
    let nginx = Nginx::start()?;
    let script = nginx.folder.path().join("headers.lua");
    fs::write(&script, HEADERS)?;
    let wrk = Wrk {
        site,
        script,
        time,
        theirs: format!("http://127.0.0.1:{}/hot", nginx.port),
        nginx,
    };
    for (connections, goal, cpu_goal) in CONNECTIONS {
        let (us, them) = wrk.compare(connections).await?;
        let what = format!("redirects, each synced, {connections} connections");
        let rate = Row::new(what, us.per_second, "/s").beside("nginx", them.per_second);
        report.add(match goal > 0.0 {
            true => rate.at_least(goal),
            false => rate,
        });
        if connections == 1 {
            let p50 = Row::new("redirect, 1 connection: p50", us.p50_us, "µs");
            let floor = sync_us + them.p50_us;
            report.add(p50.beside("one sync + nginx's p50", floor).at_most(1.5));
        }
        let what = format!("CPU of a redirect, all roles, {connections} connections");
        let cpu = Row::new(what, us.cpu_us, "µs");
        report.add(match cpu_goal {
            Some(goal) => cpu.at_most(goal),
            None => cpu.beside("nginx", them.cpu_us),
        });
    }
    let (plain, ruled) = wrk.rules().await?;
    let what = "redirects by 10 rules, a split and macros, 64 connections";
    let row = Row::new(what, ruled.per_second, "/s");
    report.add(row.beside("a plain link", plain.per_second));
    Ok(())
}

/// What is asked by wrk.
struct Wrk<'a> {
    site: &'a Site,
    script: PathBuf,
    time: Duration,
    nginx: Nginx,
    theirs: String,
}

impl Wrk<'_> {
    /// Ours and nginx's, in turns.
    async fn compare(&self, connections: u32) -> anyhow::Result<(Turn, Turn)> {
        let (mut us, mut them) = (Turn::default(), Turn::default());
        for _ in 0..TURNS {
            us += self.ours("hot", connections).await?;
            let workers = self.nginx.workers()?;
            them += turn(&self.theirs, connections, self.time, &self.script, workers).await?;
        }
        Ok((us, them))
    }

    /// A plain link and one with rules, in turns.
    async fn rules(&self) -> anyhow::Result<(Turn, Turn)> {
        let (mut plain, mut ruled) = (Turn::default(), Turn::default());
        for _ in 0..TURNS {
            plain += self.ours("hot", 64).await?;
            ruled += self.ours(RULED, 64).await?;
        }
        Ok((plain, ruled))
    }

    async fn ours(&self, slug: &str, connections: u32) -> anyhow::Result<Turn> {
        let filter = format!("&link={slug}");
        let before = self.site.clicks(&filter).await?;
        let url = format!("{}/{slug}", self.site.collect);
        let us = vec![std::process::id()];
        let turn = turn(&url, connections, self.time, &self.script, us).await?;
        all_counted(self.site, &filter, before, turn.requests).await?;
        Ok(turn)
    }
}

/// A redirect that could not be recorded is answered all the same, and sooner: none may be among them.
async fn all_counted(site: &Site, filter: &str, before: u64, requests: f64) -> anyhow::Result<()> {
    let begin = std::time::Instant::now();
    loop {
        let counted = site.clicks(filter).await? - before;
        if counted as f64 >= requests {
            return Ok(());
        }
        ensure!(
            begin.elapsed() < COUNTED,
            "{counted} of {requests} redirects are counted: some were not recorded, and the figures are of no use"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl std::ops::AddAssign for Turn {
    /// Means of all turns.
    fn add_assign(&mut self, turn: Self) {
        let part = f64::from(TURNS);
        self.per_second += turn.per_second / part;
        self.p50_us += turn.p50_us / part;
        self.cpu_us += turn.cpu_us / part;
    }
}

async fn turn(
    url: &str,
    connections: u32,
    time: Duration,
    script: &Path,
    servers: Vec<u32>,
) -> anyhow::Result<Turn> {
    let before = cpu_seconds(&servers)?;
    let output = tokio::process::Command::new("wrk")
        .args([
            "-t1",
            "--latency",
            &format!("-c{connections}"),
            &format!("-d{}s", time.as_secs().max(1)),
        ])
        .arg("-s")
        .arg(script)
        .arg(url)
        .output()
        .await
        .context("wrk")?;
    let used = cpu_seconds(&servers)? - before;
    let text = String::from_utf8_lossy(&output.stdout);
    let (per_second, p50_us, requests) =
        read(&text).with_context(|| format!("wrk said: {text}"))?;
    ensure!(
        !text.contains("Non-2xx"),
        "not all were answered with a redirect: {text}"
    );
    Ok(Turn {
        per_second,
        p50_us,
        cpu_us: used * 1e6 / requests,
        requests,
    })
}

/// Requests a second, the median in microseconds, and how many requests, of what wrk prints.
fn read(text: &str) -> Option<(f64, f64, f64)> {
    let mut per_second = None;
    let (mut p50, mut requests) = (None, None);
    for line in text.lines().map(str::trim) {
        if let Some(rate) = line.strip_prefix("Requests/sec:") {
            per_second = rate.trim().parse().ok();
        } else if let Some(time) = line.strip_prefix("50%") {
            p50 = microseconds(time.trim());
        } else if let Some((count, _)) = line.split_once(" requests in ") {
            requests = count.parse().ok();
        }
    }
    Some((per_second?, p50?, requests?))
}

/// `87.00us`, `1.20ms`, `2.00s`.
fn microseconds(text: &str) -> Option<f64> {
    let units = [("us", 1.0), ("ms", 1e3), ("s", 1e6)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

fn is_installed(program: &str) -> bool {
    let version = Command::new(program)
        .arg("-v")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok()
}

/// What processes have used, of what the kernel says.
fn cpu_seconds(processes: &[u32]) -> anyhow::Result<f64> {
    // What Linux calls USER_HZ, the same everywhere.
    const TICKS: f64 = 100.0;
    let mut ticks = 0.0;
    for process in processes {
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        let fields = stat.rsplit_once(')').context("no name in /proc")?.1;
        let used = fields.split_whitespace().skip(11).take(2);
        ticks += used.filter_map(|n| n.parse::<f64>().ok()).sum::<f64>();
    }
    Ok(ticks / TICKS)
}

/// It answers with a redirect and writes a buffered log that is never synced.
struct Nginx {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Nginx {
    fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let at = folder.path().display();
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = format!(
            "worker_processes 2; daemon off; pid {at}/nginx.pid; error_log {at}/error.log;
events {{ worker_connections 4096; }}
http {{
  log_format c '$remote_addr [$time_iso8601] \"$request\" $status \"$http_referer\" \"$http_user_agent\"';
  client_body_temp_path {at}/1; proxy_temp_path {at}/2; fastcgi_temp_path {at}/3; uwsgi_temp_path {at}/4; scgi_temp_path {at}/5;
  server {{
    listen 127.0.0.1:{port}; keepalive_requests 1000000; access_log {at}/access.log c buffer=64k flush=1s;
    location / {{ return 302 https://example.com/landing; }}
  }}
}}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, settings)?;
        let process = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()?;
        let nginx = Self {
            process,
            port,
            folder,
        };
        for _ in 0..500 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(nginx);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let why = fs::read_to_string(nginx.folder.path().join("error.log")).unwrap_or_default();
        anyhow::bail!("nginx does not answer: {why}")
    }

    fn workers(&self) -> anyhow::Result<Vec<u32>> {
        let parent = self.process.id();
        let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
        Ok(children
            .split_whitespace()
            .filter_map(|id| id.parse().ok())
            .collect())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its master ends the workers when it is told to, which SIGKILL does not.
        let _ = Command::new("kill")
            .arg(self.process.id().to_string())
            .status();
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_prints_is_understood() {
        let text = "Running 5s test @ http://127.0.0.1/hot\n  1 threads and 64 connections\n  Latency Distribution\n     50%    1.13ms\n     99%    3.39ms\n  266310 requests in 5.02s, 74.40MB read\nRequests/sec:  53048.12\nTransfer/sec:     14.82MB\n";
        assert_eq!(read(text), Some((53_048.12, 1_130.0, 266_310.0)));
        assert_eq!(read("unable to connect"), None);
        assert_eq!(
            ["87.00us", "2.00s", "x"].map(microseconds),
            [Some(87.0), Some(2e6), None]
        );
    }
}
