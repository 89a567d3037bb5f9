//! YOURLS: `yourls-api.php?action=stats&format=json` (<https://yourls.org/docs/guide/advanced/api>: `links.link_1` … with
//! `shorturl`, `url`, `title`, `timestamp`, `ip`, `clicks`), and its table `yourls_url` as CSV (`keyword`, `url`, `title`,
//! `timestamp`, `ip`, `clicks`). Times are those of its server, taken for UTC.

use replay::Refusal;

use super::{LinkRow, Tool, count, external, short, time};
use crate::record::Record;

pub(super) fn row(record: &Record) -> Result<LinkRow, Refusal> {
    let (_, path) = short(&record.text(&["shorturl"]).unwrap_or_default());
    // One installation has one domain, which its table does not name.
    let keyword = record.text(&["keyword"]).unwrap_or(path);
    Ok(LinkRow {
        external_id: external(Tool::Yourls, "", &keyword),
        slug: keyword,
        destination: record.text(&["url", "longurl"]).unwrap_or_default(),
        title: record.text(&["title"]),
        created_ms: time(record, &["timestamp", "date"])?,
        clicks: count(record, &["clicks"])?,
        ..LinkRow::default()
    })
}
