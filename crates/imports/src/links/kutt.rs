//! Kutt: `GET /api/v2/links` (<https://docs.kutt.it/>; `docs/api/api.js` in thedevs-network/kutt: `data` with `id`,
//! `address`, `link`, `target`, `description`, `password`, `banned`, `visit_count`, `created_at`), and tables of its
//! database as CSV (`links`: `address`, `target`, `description`, `expire_in`, `visit_count` …).

use replay::Refusal;

use super::{LinkRow, Tool, count, external, no_password, short, time};
use crate::record::Record;

pub(super) fn row(record: &Record) -> Result<LinkRow, Refusal> {
    no_password(record, &["password"])?;
    let (mut host, mut path) = short(&record.text(&["link", "shortUrl"]).unwrap_or_default());
    if let Some(address) = record.text(&["address"]) {
        path = address;
    }
    if host.is_empty() {
        host = record.text(&["domain"]).unwrap_or_default();
    }
    Ok(LinkRow {
        external_id: external(Tool::Kutt, &host, &path),
        slug: path,
        destination: record.text(&["target"]).unwrap_or_default(),
        note: record.text(&["description"]),
        created_ms: time(record, &["created_at", "createdAt"])?,
        // As a time only: what it is called when a link is made ("2 days") is no longer known afterwards.
        expires_ms: time(record, &["expire_in", "expires_at"])?,
        archived: record.flag(&["banned"]),
        clicks: count(record, &["visit_count", "count"])?,
        ..LinkRow::default()
    })
}
