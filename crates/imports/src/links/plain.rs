//! Any table: a column for each field of a link, named like it or mapped to it.

use replay::Refusal;

use super::{LinkRow, Tool, count, external, time, utm};
use crate::record::Record;

pub(super) fn row(record: &Record) -> Result<LinkRow, Refusal> {
    let slug = record.text(&["slug"]).unwrap_or_default();
    let id = record.text(&["external_id", "id"]);
    // What the file calls it stays as it is: who names it so will ask for it so.
    let external_id = id.unwrap_or_else(|| external(Tool::Csv, "", &slug));
    Ok(LinkRow {
        external_id,
        slug,
        destination: record
            .text(&["destination", "url", "long_url"])
            .unwrap_or_default(),
        title: record.text(&["title"]),
        note: record.text(&["note"]),
        tags: record.list(&["tags"]),
        created_ms: time(record, &["created_at", "created"])?,
        starts_ms: time(record, &["starts_at"])?,
        expires_ms: time(record, &["expires_at"])?,
        max_clicks: count(record, &["max_clicks"])?,
        fallback: record.text(&["fallback_url"]),
        archived: record.flag(&["archived"]),
        pass_query: record.flag(&["pass_query"]),
        campaign: record.text(&["campaign"]),
        utm: utm(record),
        rules: Vec::new(),
        clicks: count(record, &["clicks"])?,
    })
}
