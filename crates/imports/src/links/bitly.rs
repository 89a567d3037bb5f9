//! Bitly: pages of `GET /v4/groups/{group_guid}/bitlinks` (<https://dev.bitly.com/api-reference/#getBitlinksByGroup>:
//! `links` with `id`, `link`, `custom_bitlinks`, `long_url`, `title`, `tags`, `created_at`, `archived`), and the CSV of
//! `POST /v4/groups/{group_guid}/exports` or the web page, whose columns are found by their names.

use replay::Refusal;

use super::{LinkRow, Tool, count, external, short, time};
use crate::record::Record;

/// One link for each path: what Bitly chose, and what was chosen in its place. Only the first has the clicks, which are
/// counted for all together.
pub(super) fn rows(record: &Record) -> Result<Vec<LinkRow>, Refusal> {
    let id = record.text(&[
        "id",
        "link",
        "bitlink",
        "short_link",
        "short_url",
        "shortlink",
    ]);
    let mut addresses = record.list(&["custom_bitlinks", "custom_bitlink", "custom_back_half"]);
    addresses.extend(id);
    let row = LinkRow {
        destination: record
            .text(&["long_url", "destination", "destination_url", "original_url"])
            .unwrap_or_default(),
        title: record.text(&["title", "name"]),
        tags: record.list(&["tags", "tag"]),
        created_ms: time(
            record,
            &[
                "created_at",
                "created",
                "date_created",
                "creation_date",
                "created_date",
            ],
        )?,
        archived: record.flag(&["archived", "hidden"]),
        clicks: count(
            record,
            &[
                "clicks",
                "total_clicks",
                "engagements",
                "total_engagements",
                "link_clicks",
            ],
        )?,
        ..LinkRow::default()
    };
    let mut rows: Vec<LinkRow> = Vec::new();
    for address in addresses {
        let (host, path) = short(&address);
        let external_id = external(Tool::Bitly, &host, &path);
        if !rows.iter().any(|known| known.external_id == external_id) {
            let clicks = row.clicks.filter(|_| rows.is_empty());
            rows.push(LinkRow {
                external_id,
                slug: path,
                clicks,
                ..row.clone()
            });
        }
    }
    match rows.is_empty() {
        true => Ok(vec![row]),
        false => Ok(rows),
    }
}
