//! `millrace doctor`: whether what this installation stands on does what it must.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::json;
use storage::{blocking, redis_address::RedisSettings, redis_client::RedisClient};

use crate::{config::Settings, proving, wiring::Base};

/// How long each may take.
const LIMIT: Duration = Duration::from_secs(60);
/// Syncs that are timed, of so many bytes each.
const SYNCS: usize = 50;
const WRITE: usize = 4096;

#[derive(Debug, Args)]
pub struct Doctor {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
struct Finding {
    what: &'static str,
    result: Result<String, String>,
}

impl Doctor {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let base = Base::open(&settings)?;
        let data_dir = settings.data_dir.clone();
        let findings = [
            Finding {
                what: "object store",
                result: within(store(&settings.store_url, &base)).await,
            },
            Finding {
                what: "Redis",
                result: within(redis(settings.redis.as_ref())).await,
            },
            Finding {
                what: "disk of the log",
                result: within(async { disk(&data_dir).await }).await,
            },
        ];
        match self.json {
            true => println!("{}", as_json(&findings)),
            false => findings.iter().for_each(print),
        }
        let is_well = findings.iter().all(|finding| finding.result.is_ok());
        Ok(match is_well {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}

async fn within(look: impl Future<Output = Result<String, String>>) -> Result<String, String> {
    let limit = tokio::time::timeout(LIMIT, look).await;
    limit.unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())))
}

async fn store(url: &str, base: &Base) -> Result<String, String> {
    let proved = proving::prove(url, &base.env).await;
    let (ways, proof) = proved.map_err(|error| storage::error::told(&error))?;
    if let Some(wrong) = proving::clock(proof) {
        return Err(wrong);
    }
    Ok(format!(
        "of several that create one object one succeeds, by {ways} address{}; what is written is read and listed at \
         once; its clock and ours are {:.1} s apart",
        if ways == 1 { "" } else { "es" },
        proof.ahead_ms.unsigned_abs() as f64 / 1_000.0
    ))
}

async fn redis(settings: Option<&RedisSettings>) -> Result<String, String> {
    let Some(settings) = settings else {
        return Ok("none is set: `millrace up` needs none".into());
    };
    let looked = async {
        let client = RedisClient::new(settings)?;
        client.require_noeviction().await?;
        let servers = client.masters().await?.len();
        Ok((servers, client.memory_taken().await?))
    };
    let looked: Result<_, storage::error::LiveError> = looked.await;
    let (servers, taken) = looked.map_err(|error| storage::error::told(&error))?;
    Ok(format!(
        "{servers} server{} that evict nothing; {taken} % of the memory is taken",
        if servers == 1 { "" } else { "s" }
    ))
}

async fn disk(data_dir: &Path) -> Result<String, String> {
    let folder = data_dir.to_owned();
    let timed = blocking::run(move || time_syncs(&folder)).await;
    let times = timed.map_err(|error| format!("{}: {error}", data_dir.display()))?;
    let millis = |time: Duration| time.as_secs_f64() * 1_000.0;
    Ok(format!(
        "a write of 4 KiB is durable after {:.2} ms (the slowest of {SYNCS} after {:.2} ms)",
        millis(times[SYNCS / 2]),
        millis(times[SYNCS - 1])
    ))
}

/// As the log writes: over what was written before. Shortest first.
fn time_syncs(folder: &Path) -> io::Result<Vec<Duration>> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let mut options = OpenOptions::new();
    let opened = options.create_new(true).write(true).mode(0o600).open(&path);
    let timed = opened.and_then(|mut file| {
        file.write_all(&vec![0; SYNCS * WRITE])?;
        file.sync_all()?;
        let mut times = Vec::with_capacity(SYNCS);
        for n in 0..SYNCS {
            let begun = Instant::now();
            file.write_all_at(&[1; WRITE], (n * WRITE) as u64)?;
            file.sync_data()?;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        Ok(times)
    });
    // It may not have been made.
    let _ = std::fs::remove_file(&path);
    timed
}

fn print(finding: &Finding) {
    match &finding.result {
        Ok(told) => println!("ok    {}: {told}", finding.what),
        Err(why) => println!("WRONG {}: {why}", finding.what),
    }
}

fn as_json(findings: &[Finding]) -> serde_json::Value {
    let all = findings.iter().map(|finding| {
        let (is_well, told) = match &finding.result {
            Ok(told) => (true, told),
            Err(why) => (false, why),
        };
        json!({"what": finding.what, "ok": is_well, "detail": told})
    });
    all.collect()
}
