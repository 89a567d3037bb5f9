//! `millrace files`: which objects hold a table now. A pattern over a folder would name files twice while old
//! ones are kept beside those that replace them.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::{Args, ValueEnum};
use handover::{manifest::Manifest, manifests::Manifests};
use model::time::{day_text, parse_day};
use object_store::path::Path;
use serde_json::json;
use storage::object_keys::ObjectKey;

use crate::{config::Settings, wiring::Base};

#[derive(Debug, Args)]
pub struct Files {
    /// The table.
    #[arg(value_enum)]
    table: Table,
    /// Only files with events that happened on this UTC day or later.
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Print JSON, with rows, bytes and days.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Table {
    /// Every settled event.
    Events,
}

/// A file of events.
struct Listed {
    address: String,
    rows: u64,
    bytes: u64,
    /// First and last UTC day on which its events happened, since 1970-01-01.
    days: (i64, i64),
}

impl Files {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let since = self.since.as_deref().map(|text| {
            parse_day(text).with_context(|| format!("--since {text} is no date such as 2026-01-31"))
        });
        let since = since.transpose()?.unwrap_or(i64::MIN);
        let base = Base::open(&settings)?;
        let published = Manifests::new(Arc::clone(&base.env.store)).latest().await?;
        let Table::Events = self.table;
        let mut files = events(&published.manifest, &settings.store_url);
        files.retain(|file| file.days.1 >= since);
        match self.json {
            true => {
                let files: Vec<_> = files.iter().map(as_json).collect();
                println!("{}", json!({"manifest": published.n, "files": files}));
            }
            false => files.iter().for_each(|file| println!("{}", file.address)),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn as_json(file: &Listed) -> serde_json::Value {
    json!({
        "file": file.address, "rows": file.rows, "bytes": file.bytes,
        "first_day": day_text(file.days.0), "last_day": day_text(file.days.1),
    })
}

fn events(manifest: &Manifest, store_url: &str) -> Vec<Listed> {
    let day = |ms: i64| ms.div_euclid(86_400_000);
    let new = manifest.event_files.iter().map(|file| Listed {
        address: address(
            store_url,
            &ObjectKey::Events {
                received: file.received,
                name: file.file.name.clone(),
            }
            .path(),
        ),
        rows: file.file.rows,
        bytes: file.file.bytes,
        days: (day(file.first_ms), day(file.last_ms)),
    });
    let old = manifest.day_events.iter().flat_map(|(day, files)| {
        files.iter().map(|file| Listed {
            address: address(
                store_url,
                &ObjectKey::DayEvents {
                    day: *day,
                    name: file.name.clone(),
                }
                .path(),
            ),
            rows: file.rows,
            bytes: file.bytes,
            days: (*day, *day),
        })
    });
    new.chain(old).collect()
}

/// Where a reader finds an object: a path of this machine, or an address in a bucket.
fn address(store_url: &str, path: &Path) -> String {
    let folder = url::Url::parse(store_url)
        .ok()
        .filter(|url| url.scheme() == "file");
    match folder.and_then(|url| url.to_file_path().ok()) {
        Some(folder) => folder.join(path.as_ref()).display().to_string(),
        None => format!("{}/{path}", store_url.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use handover::manifest::{EventsFile, File};

    use super::*;

    #[test]
    fn each_file_of_the_manifest_is_named_where_it_lies() {
        let file = |name: &str| File {
            name: name.into(),
            rows: 3,
            bytes: 70,
        };
        let mut manifest = Manifest::default();
        manifest.event_files.push(EventsFile {
            file: file("new"),
            received: 20_000,
            first_ms: 19_999 * 86_400_000 + 5,
            last_ms: 20_000 * 86_400_000,
            has_expired: false,
            is_rest: false,
        });
        manifest.day_events.insert(19_000, vec![file("old")]);
        let local = events(&manifest, "file:///data/site%231/store");
        let names: Vec<&str> = local.iter().map(|file| &*file.address).collect();
        let old = "/data/site#1/store/events/date=2022-01-08/old.parquet";
        let new = "/data/site#1/store/events/received=2024-10-04/new.parquet";
        assert_eq!(names, [new, old]);
        assert_eq!(local[0].days, (19_999, 20_000));
        let bucket = events(&manifest, "s3://bucket/prefix/");
        let expected = "s3://bucket/prefix/events/received=2024-10-04/new.parquet";
        assert_eq!(bucket[0].address, expected);
    }
}
