//! Dub: `GET /links` (<https://dub.co/docs/api-reference/endpoint/retrieve-a-list-of-links>, schema `LinkSchema` of
//! `apps/web/lib/zod/schemas/links.ts` in dubinc/dub: `domain`, `key`, `url`, `shortLink`, `title`, `comments`, `tags`,
//! `archived`, `expiresAt`, `expiredUrl`, `password`, `ios`, `android`, `geo`, `utm_…`, `clicks`, `createdAt`), and the CSV
//! of `GET /links/export` or the web page.

use replay::Refusal;
use serde_json::{Value, json};

use super::{LinkRow, Tool, count, external, no_password, short, time, utm};
use crate::record::Record;

pub(super) fn row(record: &Record) -> Result<LinkRow, Refusal> {
    no_password(record, &["password"])?;
    let (mut host, mut path) = short(
        &record
            .text(&["shortLink", "short_link", "short_url", "link"])
            .unwrap_or_default(),
    );
    if let Some(key) = record.text(&["key", "slug"]) {
        (host, path) = (record.text(&["domain"]).unwrap_or(host), key);
    }
    if path == "_root" {
        let detail = "it is the root of its domain, which has no path of its own";
        return Err(Refusal::new("root", detail));
    }
    Ok(LinkRow {
        external_id: external(Tool::Dub, &host, &path),
        slug: path,
        destination: record
            .text(&["url", "destination_url", "destination", "long_url"])
            .unwrap_or_default(),
        title: record.text(&["title"]),
        note: record.text(&["comments", "description"]),
        tags: record.list(&["tags", "tag_names"]),
        created_ms: time(record, &["createdAt", "created"])?,
        expires_ms: time(record, &["expiresAt", "expires", "expiration_date"])?,
        fallback: record.text(&["expiredUrl", "expired_url"]),
        archived: record.flag(&["archived"]),
        utm: utm(record),
        rules: rules(record),
        clicks: count(record, &["clicks", "total_clicks"])?,
        ..LinkRow::default()
    })
}

/// Targets by system come before those by country, as Dub has them.
fn rules(record: &Record) -> Vec<Value> {
    let by_os = [("ios", "iOS"), ("android", "Android")]
        .into_iter()
        .filter_map(|(field, os)| {
            let to = record.text(&[field])?;
            Some(json!({"name": field, "when": {"os": [os]}, "to": to}))
        });
    let by_country = record.map("geo").into_iter().map(|(country, to)| {
        json!({"name": format!("geo {country}"), "when": {"country": [country]}, "to": to})
    });
    by_os.chain(by_country).collect()
}
