//! Links.

use catalog::{
    CatalogError, Change, EXTERNAL, Link, Price, Table, domain,
    routing::{LinkOptions, RedirectStatus, Rule, Template, Utm},
    rules,
};
use chrono::DateTime;
use model::EntityId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::Given,
    handlers::{handlers, parts::*},
    objects::{ChangeContext, Place, Resource},
    search::LinksQuery,
};
use crate::api_types::LinkView;

handlers!(
    Link,
    LinkView,
    LinkBody,
    LinksQuery,
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
    /// Whether the click id is handed on to the destination.
    #[schema(value_type = Option<bool>, example = true)]
    #[serde(default)]
    append_click_id: Given<bool>,
    /// Under which name it is; null: the account's, `mr_click` unless set.
    #[schema(value_type = Option<String>, example = "cid")]
    #[serde(default)]
    click_id_param: Given<Box<str>>,
    /// From when on it leads nobody on, RFC 3339.
    #[schema(value_type = Option<String>, example = "2027-01-01T00:00:00Z")]
    #[serde(default)]
    expires_at: Given<String>,
    /// Before when it leads nobody on, RFC 3339.
    #[schema(value_type = Option<String>, example = "2026-12-01T00:00:00Z")]
    #[serde(default)]
    starts_at: Given<String>,
    /// Whether it leads nobody on, and is kept.
    #[schema(value_type = Option<bool>, example = false)]
    #[serde(default)]
    archived: Given<bool>,
    /// Where those are led who come before it begins, after it has ended or while it is archived; nobody counts them.
    /// Without it they get 404 before, 410 afterwards. Of macros it knows `{slug}`, `{link_id}` and `{campaign}`.
    #[schema(value_type = Option<String>, example = "https://shop.example/over")]
    #[serde(default)]
    fallback_url: Given<Box<str>>,
    /// The answer's status: 301, 302, 303, 307 or 308.
    #[schema(value_type = Option<u16>, example = 302)]
    #[serde(default)]
    status: Given<u16>,
    /// For people.
    #[schema(value_type = Option<String>, example = "Agreed with the printer")]
    #[serde(default)]
    note: Given<Box<str>>,
    /// What the account calls it: unique in it. `ext_` and this stand for the link wherever an id may.
    #[schema(value_type = Option<String>, example = "crm-4711")]
    #[serde(default)]
    external_id: Given<Box<str>>,
    /// Parameters of the destination, in the place of its own of these names.
    #[schema(value_type = Option<Utm>)]
    #[serde(default)]
    utm: Given<Utm>,
    /// Whom it leads elsewhere: the first that fits decides, otherwise `destination`.
    #[schema(value_type = Option<Vec<Rule>>)]
    #[serde(default)]
    rules: Given<Vec<Rule>>,
    /// So many clicks of people it leads on, by the live count, which may be exceeded by those that come before it is
    /// read again; then it has ended.
    #[schema(value_type = Option<u64>, minimum = 1, example = 1000)]
    #[serde(default)]
    max_clicks: Given<u64>,
    /// What a click of a person costs, a decimal in the account's currency; without it what its campaign says.
    #[schema(value_type = Option<super::body::Money>, example = "0.05")]
    #[serde(default)]
    cost_per_click: Given<Price>,
    /// The domain of the account that it answers at; null: the installation's own.
    #[schema(value_type = Option<String>, example = "go.shop.example")]
    #[serde(default)]
    domain: Given<String>,
}

impl Resource for Link {
    const PATH: &'static str = "links";
    const ARE_CALLED: bool = true;
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
            options: None,
            created_ms,
            deleted: false,
        }
    }

    fn change(&mut self, body: &LinkBody, context: &ChangeContext<'_>) -> Result<(), CatalogError> {
        match &body.slug {
            Given::Value(slug) => self.slug = slug.clone(),
            // Many programs send null for what they do not set; what is printed must go on to lead here.
            Given::Absent | Given::Null if !self.slug.is_empty() => {}
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
        body.expires_at.set_with(&mut self.expires_ms, |text| {
            parse_time("expires_at", text).map(Some)
        })?;
        let mut options = self
            .options
            .take()
            .map_or_else(LinkOptions::default, |o| *o);
        body.change_options(&mut options)?;
        self.options = (!options.is_default()).then(|| Box::new(options));
        Ok(())
    }

    fn called(state: &catalog::State, account: EntityId, text: &str) -> Option<EntityId> {
        let external = text.strip_prefix(EXTERNAL)?;
        state.links.called(account, external).map(|link| link.id)
    }

    fn view(&self, app: &App) -> LinkView {
        LinkView::new(self, app)
    }

    fn texts(&self) -> impl Iterator<Item = &str> {
        let options = self.options.as_deref();
        let note = options.and_then(|options| options.note.as_deref());
        let others = [self.title.as_deref(), note, self.external_id()];
        [&*self.slug, &*self.destination]
            .into_iter()
            .chain(others.into_iter().flatten())
    }

    fn place(&self) -> Place<'_> {
        Place {
            domain: self.domain(),
            is_archived: (self.options.as_deref()).is_some_and(|options| options.archived),
            created_ms: self.created_ms,
        }
    }

    fn put(self) -> Change {
        Change::PutLink(self)
    }

    fn table(state: &catalog::State) -> &Table<Self> {
        &state.links
    }
}

impl LinkBody {
    /// What the account calls it, if that is given.
    pub(super) fn external_id(&self) -> Option<&str> {
        match &self.external_id {
            Given::Value(id) => Some(id),
            Given::Absent | Given::Null => None,
        }
    }

    fn change_options(&self, options: &mut LinkOptions) -> Result<(), CatalogError> {
        self.click_id_param.set(&mut options.click_id_param);
        self.starts_at.set_with(&mut options.starts_ms, |text| {
            parse_time("starts_at", text).map(Some)
        })?;
        self.archived.set(&mut options.archived);
        self.fallback_url.set_with(&mut options.fallback, |text| {
            Ok::<_, CatalogError>(Some(Template::new(text)))
        })?;
        self.status.set_with(&mut options.status, |status| {
            RedirectStatus::try_from(*status).map_err(|why| CatalogError::invalid("status", why))
        })?;
        self.note.set(&mut options.note);
        self.external_id.set(&mut options.external_id);
        self.utm.set(&mut options.utm);
        self.rules.set(&mut options.rules);
        self.max_clicks.set(&mut options.max_clicks);
        self.cost_per_click.set(&mut options.cost_per_click);
        self.domain.set_with(&mut options.domain, |text| {
            let host = domain::host(text);
            host.map(Some)
                .ok_or_else(|| CatalogError::invalid("domain", domain::HOST))
        })?;
        Ok(())
    }
}

fn parse_time(field: &'static str, text: &str) -> Result<i64, CatalogError> {
    let wrong = |_| CatalogError::invalid(field, "must be RFC 3339, such as 2026-12-31T23:59:59Z");
    DateTime::parse_from_rfc3339(text)
        .map(|time| time.timestamp_millis())
        .map_err(wrong)
}

/// What the catalog would refuse: said of one link, new or what `old` becomes, before it can hold up others.
pub(super) fn check(
    link: &Link,
    old: Option<&Link>,
    context: &ChangeContext<'_>,
) -> Result<(), CatalogError> {
    if old.is_none_or(|old| old.slug != link.slug) {
        rules::slug(&link.slug)?;
    }
    let schemes = context.schemes(link.account);
    link.check_routing(old, schemes)?;
    context.check_quotas(link, old)?;
    rules::tags(&link.tags)?;
    link.title
        .as_deref()
        .map_or(Ok(()), |title| rules::name("title", title))?;
    if let Some(external_id) = link.external_id()
        && !context.is_external_id_free(link.account, external_id, link.id)
    {
        return Err(taken("external_id", external_id));
    }
    if old.is_none_or(|old| old.domain() != link.domain()) {
        context.state.check_domain(link)?;
    }
    let is_kept = old.is_some_and(|old| old.answers_as(link));
    match is_kept || context.is_free(link.domain(), &link.slug, link.account) {
        true => Ok(()),
        false => Err(taken("slug", &link.slug)),
    }
}

fn taken(what: &'static str, name: &str) -> CatalogError {
    CatalogError::Taken {
        what,
        name: name.to_owned(),
    }
}
