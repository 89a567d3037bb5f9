//! Links.

use catalog::{CatalogError, Change, Link, Table, destination, rules};
use chrono::DateTime;
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::Given,
    handlers::{handlers, parts::*},
    objects::{ChangeContext, Resource},
};
use crate::api_types::LinkView;

handlers!(
    Link,
    LinkView,
    LinkBody,
    "Links",
    "link",
    "lnk_0000000000005"
);

/// What clients set of a link.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    /// The path it answers at; without one it gets one.
    #[schema(value_type = Option<String>, example = "spring-mail")]
    #[serde(default)]
    slug: Given<Box<str>>,
    /// Where it leads: http, https, or a scheme that the account allows. Needed. It stays as it is given.
    #[schema(value_type = Option<String>, example = "https://shop.example/spring?size=m")]
    #[serde(default)]
    destination: Given<Box<str>>,
    /// The id or the name of a campaign that its events count for, too.
    #[schema(value_type = Option<String>, example = "Spring")]
    #[serde(default)]
    campaign: Given<String>,
    /// For grouping.
    #[schema(value_type = Option<Vec<String>>, example = json!(["mail"]))]
    #[serde(default)]
    tags: Given<Vec<Box<str>>>,
    /// For people.
    #[schema(value_type = Option<String>, example = "Spring sale")]
    #[serde(default)]
    title: Given<Box<str>>,
    /// Whether query parameters of the request are handed on to the destination.
    #[schema(value_type = Option<bool>, example = true)]
    #[serde(default)]
    pass_query: Given<bool>,
    /// Whether the event id is handed on to the destination as `mr_click`.
    #[schema(value_type = Option<bool>, example = true)]
    #[serde(default)]
    append_click_id: Given<bool>,
    /// From when on it is unknown to visitors, RFC 3339.
    #[schema(value_type = Option<String>, example = "2027-01-01T00:00:00Z")]
    #[serde(default)]
    expires_at: Given<String>,
}

impl Resource for Link {
    const PATH: &'static str = "links";
    type Body = LinkBody;
    type View = LinkView;

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
            Given::Absent | Given::Null => self.slug = context.new_slug(self.account)?,
        }
        body.destination.set(&mut self.destination);
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

    fn view(&self, app: &App) -> LinkView {
        LinkView::new(self, app)
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
    destination::check(&link.destination, context.schemes(link.account))?;
    rules::tags(&link.tags)?;
    link.title
        .as_deref()
        .map_or(Ok(()), |title| rules::name("title", title))?;
    match context.is_free(&link.slug, link.account) {
        true => Ok(()),
        false => Err(CatalogError::Taken {
            what: "slug",
            name: link.slug.to_string(),
        }),
    }
}
