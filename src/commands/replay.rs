//! `millrace replay`: recorded events to a collector.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::client::{self, Target};

#[derive(Debug, Args)]
pub struct Replay {
    /// File with the events; `.gz` is unpacked.
    file: PathBuf,
    /// The collector.
    #[arg(long)]
    to: String,
    /// API key that may write.
    #[arg(long, env = "MILLRACE_KEY", hide_env_values = true)]
    key: String,
    /// ndjson: one event a line as POST /v1/events takes it; csv: the same fields as columns;
    /// combined: a web server's log, where the path is the link's slug.
    #[arg(long, value_enum, default_value_t = Format::Ndjson)]
    format: Format,
    /// Requests under way at once.
    #[arg(long, default_value_t = 1)]
    streams: usize,
    /// Events a second at most; 0: as fast as it goes.
    #[arg(long, default_value_t = 0)]
    rate: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Ndjson,
    Csv,
    Combined,
}

impl Replay {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        if !(1..=256).contains(&self.streams) {
            bail!("--streams must be 1 to 256");
        }
        let lines = read(&self.file, self.format)?;
        let bar = ProgressBar::no_length().with_style(ProgressStyle::with_template(
            "{spinner} {pos} events, {per_sec}",
        )?);
        let target = Target {
            url: self.to,
            key: self.key,
            streams: self.streams,
            rate: self.rate,
        };
        let totals = client::send(Arc::new(target), lines, |sent| bar.set_position(sent)).await?;
        bar.finish_and_clear();
        let [accepted, duplicates, rejected] =
            [&totals.accepted, &totals.duplicates, &totals.rejected]
                .map(|n| n.load(Ordering::Relaxed));
        match self.json {
            true => println!(
                "{}",
                json!({"accepted": accepted, "duplicates": duplicates, "rejected": rejected})
            ),
            false => println!("accepted {accepted}, duplicates {duplicates}, rejected {rejected}"),
        }
        for example in totals.examples.lock().await.iter() {
            eprintln!("rejected: {example}");
        }
        Ok(if rejected == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

type Lines = Box<dyn Iterator<Item = anyhow::Result<String>>>;

fn read(path: &Path, format: Format) -> anyhow::Result<Lines> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let reader: Box<dyn Read> = match path.extension().is_some_and(|e| e == "gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    Ok(match format {
        Format::Ndjson => {
            Box::new(texts(reader).filter(|l| l.as_ref().map_or(true, |l| !l.trim().is_empty())))
        }
        Format::Csv => from_csv(reader)?,
        Format::Combined => Box::new(texts(reader).enumerate().filter_map(
            |(i, line)| match line {
                Ok(line) if line.trim().is_empty() => None,
                Ok(line) => Some(from_combined(&line).with_context(|| format!("line {}", i + 1))),
                Err(error) => Some(Err(error)),
            },
        )),
    })
}

fn texts(reader: impl Read) -> impl Iterator<Item = anyhow::Result<String>> {
    BufReader::new(reader)
        .lines()
        .enumerate()
        .map(|(i, line)| line.with_context(|| format!("line {} is not readable text", i + 1)))
}

/// Columns are named like the fields of an event; empty cells are left out.
fn from_csv(reader: impl Read + 'static) -> anyhow::Result<Lines> {
    let mut reader = csv::Reader::from_reader(reader);
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let rows = reader.into_records().map(move |row| {
        let row = row?;
        let fields = names
            .iter()
            .zip(row.iter())
            .filter(|(_, value)| !value.is_empty());
        let event: Map<String, Value> = fields
            .map(|(name, value)| (name.clone(), cell(name, value)))
            .collect();
        Ok(Value::Object(event).to_string())
    });
    Ok(Box::new(rows))
}

fn cell(name: &str, value: &str) -> Value {
    match (name, value.parse::<i64>()) {
        ("occurred_at", Ok(ms)) => json!(ms),
        _ => json!(value),
    }
}

/// One line of the Apache combined log format.
fn from_combined(line: &str) -> anyhow::Result<String> {
    let parts = split_combined(line).context("this is not the combined log format")?;
    let path = parts
        .get("request")
        .and_then(|r| r.split(' ').nth(1))
        .context("the request has no path")?;
    let slug = path
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    let time = chrono::DateTime::parse_from_str(parts["time"], "%d/%b/%Y:%H:%M:%S %z")
        .context("the time cannot be read")?;
    let text = |name: &str| {
        parts
            .get(name)
            .filter(|t| **t != "-")
            .copied()
            .unwrap_or_default()
    };
    let event = json!({
        "type": "click",
        "link": slug,
        "occurred_at": time.timestamp_millis(),
        "ip": text("ip"),
        "referrer": text("referrer"),
        "user_agent": text("agent"),
    });
    Ok(event.to_string())
}

fn split_combined(line: &str) -> Option<HashMap<&'static str, &str>> {
    let (ip, rest) = line.split_once(' ')?;
    let (_, rest) = rest.split_once('[')?;
    let (time, rest) = rest.split_once(']')?;
    let (request, rest) = rest.trim_start().strip_prefix('"')?.split_once("\" ")?;
    let mut quoted = rest.split('"').skip(1).step_by(2);
    Some(HashMap::from([
        ("ip", ip),
        ("time", time),
        ("request", request),
        ("referrer", quoted.next().unwrap_or("-")),
        ("agent", quoted.next().unwrap_or("-")),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_web_log_becomes_a_click() {
        let line = r#"203.0.113.9 - - [17/May/2015:10:05:03 +0200] "GET /abc?x=1 HTTP/1.1" 200 203023 "http://example.com/a" "Mozilla/5.0 (X11)""#;
        let event: Value = serde_json::from_str(&from_combined(line).unwrap()).unwrap();
        assert_eq!(event["link"], "abc");
        assert_eq!(event["occurred_at"], 1_431_849_903_000i64);
        assert_eq!(event["user_agent"], "Mozilla/5.0 (X11)");
        assert!(from_combined("nonsense").is_err());
    }
}
