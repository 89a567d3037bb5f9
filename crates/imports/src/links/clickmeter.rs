//! ClickMeter: data points of `https://apiv2.clickmeter.com/datapoints/{id}`, put together, and the list of its reports
//! (<http://support.clickmeter.com/hc/en-us/categories/201474986>: `id`, `name`, `title`, `trackingCode`, `trackingLink`,
//! `creationDate` as `20130102030405`, `tags` with `name`, `notes`, `status`, `typeTL.url`, `typeTL.expirationDate`,
//! `typeTL.expirationClicks`, `typeTL.urlAfterDateExpiration`), and its CSV, whose columns are found by their names.

use replay::Refusal;

use super::{LinkRow, Tool, count, external, no_password, short, time};
use crate::record::Record;

pub(super) fn row(record: &Record) -> Result<LinkRow, Refusal> {
    no_password(record, &["typeTL.password", "password"])?;
    let (_, path) = short(
        &record
            .text(&["trackingLink", "tracking_link", "link"])
            .unwrap_or_default(),
    );
    let name = record.text(&["name", "datapoint_name"]);
    let slug = Some(path).filter(|path| !path.is_empty());
    let slug = slug.or_else(|| name.clone()).unwrap_or_default();
    let status = record
        .text(&["status"])
        .unwrap_or_default()
        .to_ascii_lowercase();
    let id = record
        .text(&["id", "datapoint_id", "trackingCode"])
        .unwrap_or_else(|| slug.clone());
    Ok(LinkRow {
        external_id: external(Tool::Clickmeter, "", &id),
        slug,
        destination: record
            .text(&["typeTL.url", "destination_url", "destination", "url"])
            .unwrap_or_default(),
        title: record.text(&["title", "friendly_name"]).or(name),
        note: record.text(&["notes"]),
        tags: record.list(&["tags"]),
        created_ms: time(record, &["creationDate", "creation_date", "created"])?,
        expires_ms: time(record, &["typeTL.expirationDate", "expiration_date"])?,
        max_clicks: count(
            record,
            &["typeTL.expirationClicks", "expiration_clicks", "max_clicks"],
        )?
        .filter(|most| *most > 0),
        fallback: record.text(&[
            "typeTL.urlAfterDateExpiration",
            "typeTL.urlAfterMaxClicksExpiration",
        ]),
        archived: matches!(status.as_str(), "deleted" | "paused" | "spam"),
        campaign: None,
        clicks: count(
            record,
            &["totalClicks", "total_clicks", "clicks", "totalViews"],
        )?,
        ..LinkRow::default()
    })
}
