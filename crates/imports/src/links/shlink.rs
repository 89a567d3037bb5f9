//! Shlink: `GET /rest/v3/short-urls` (<https://api-spec.shlink.io/>; `docs/swagger/definitions/ShortUrl.json` in
//! shlinkio/shlink: `shortUrls.data` with `shortCode`, `shortUrl`, `longUrl`, `dateCreated`, `title`, `tags`, `domain`,
//! `meta.validSince`, `meta.validUntil`, `meta.maxVisits`, `visitsSummary.total`, `forwardQuery`), and the CSV of its web
//! client (`createdAt`, `domain`, `shortCode`, `shortUrl`, `longUrl`, `title`, `tags` with `|` between them, `visits`).

use replay::Refusal;

use super::{LinkRow, Tool, count, external, short, time};
use crate::record::Record;

pub(super) fn row(record: &Record) -> Result<LinkRow, Refusal> {
    let (mut host, mut path) = short(&record.text(&["shortUrl"]).unwrap_or_default());
    if let Some(code) = record.text(&["shortCode"]) {
        path = code;
    }
    if host.is_empty() {
        host = record.text(&["domain"]).unwrap_or_default();
    }
    Ok(LinkRow {
        external_id: external(Tool::Shlink, &host, &path),
        slug: path,
        destination: record.text(&["longUrl", "originalUrl"]).unwrap_or_default(),
        title: record.text(&["title"]),
        tags: record.list(&["tags"]),
        created_ms: time(record, &["dateCreated", "createdAt"])?,
        starts_ms: time(record, &["meta.validSince", "validSince"])?,
        expires_ms: time(record, &["meta.validUntil", "validUntil"])?,
        max_clicks: count(record, &["meta.maxVisits", "maxVisits"])?,
        pass_query: record.flag(&["forwardQuery"]),
        clicks: count(record, &["visitsSummary.total", "visitsCount", "visits"])?,
        ..LinkRow::default()
    })
}
