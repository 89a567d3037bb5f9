//! Links.

use std::sync::Arc;

use axum::{Router, routing::post};
use catalog::{CatalogError, Change, Link, Table, rules};
use chrono::DateTime;
use model::{EntityId, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Api,
    body::Given,
    bulk,
    objects::{self, ChangeContext, Resource},
};

pub(super) fn routes() -> Router<Arc<Api>> {
    objects::routes::<Link>().route("/v1/links/bulk", post(bulk::create))
}

/// What clients set of a link.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LinkBody {
    slug: Given<Box<str>>,
    destination: Given<String>,
    campaign: Given<String>,
    tags: Given<Vec<Box<str>>>,
    title: Given<Box<str>>,
    pass_query: Given<bool>,
    append_click_id: Given<bool>,
    expires_at: Given<String>,
}

impl Resource for Link {
    const PATH: &'static str = "links";
    type Body = LinkBody;

    fn blank(id: EntityId, account: EntityId, created_ms: i64) -> Self {
        Self {
            id,
            account,
            slug: Box::default(),
            destination: Box::default(),
            campaign: None,
            tags: Box::default(),
            title: None,
            pass_query: false,
            append_click_id: false,
            expires_ms: None,
            created_ms,
            deleted: false,
        }
    }

    fn change(&mut self, body: &LinkBody, context: &ChangeContext<'_>) -> Result<(), CatalogError> {
        match &body.slug {
            Given::Value(slug) => self.slug = slug.clone(),
            Given::Absent if !self.slug.is_empty() => {}
            Given::Absent | Given::Null => self.slug = context.new_slug()?,
        }
        body.destination
            .set_with(&mut self.destination, |text| rules::clean_destination(text))?;
        if self.destination.is_empty() {
            return Err(CatalogError::invalid("destination", "is required"));
        }
        context.set_campaign(&mut self.campaign, &body.campaign, self.account)?;
        body.tags.set(&mut self.tags);
        body.title.set(&mut self.title);
        body.pass_query.set(&mut self.pass_query);
        body.append_click_id.set(&mut self.append_click_id);
        body.expires_at
            .set_with(&mut self.expires_ms, |text| parse_time(text).map(Some))
    }

    fn view(&self, api: &Api) -> Value {
        json!({
            "id": self.id,
            "slug": self.slug,
            "url": api.public(&self.slug),
            "destination": self.destination,
            "campaign": self.campaign,
            "tags": self.tags,
            "title": self.title,
            "pass_query": self.pass_query,
            "append_click_id": self.append_click_id,
            "expires_at": self.expires_ms.map(rfc3339),
            "created_at": rfc3339(self.created_ms),
        })
    }

    fn put(self) -> Change {
        Change::PutLink(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.links
    }
}

fn parse_time(text: &str) -> Result<i64, CatalogError> {
    let wrong = |_| {
        CatalogError::invalid(
            "expires_at",
            "must be RFC 3339, such as 2026-12-31T23:59:59Z",
        )
    };
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_millis())
        .map_err(wrong)
}

/// What the catalog would refuse: said of one link, before it can hold up others.
pub(super) fn check(link: &Link, context: &ChangeContext<'_>) -> Result<(), CatalogError> {
    rules::slug(&link.slug)?;
    rules::destination(&link.destination)?;
    rules::tags(&link.tags)?;
    link.title
        .as_deref()
        .map_or(Ok(()), |title| rules::name("title", title))?;
    match context.is_free(&link.slug) {
        true => Ok(()),
        false => Err(CatalogError::Taken {
            what: "slug",
            name: link.slug.to_string(),
        }),
    }
}
