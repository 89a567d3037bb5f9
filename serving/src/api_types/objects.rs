//! Links, pixels, goals and campaigns.

use catalog::{
    Campaign, Domain, Goal, Link, Pixel, Price,
    goal_options::{AttributeBy, Attribution, Repeats, Statuses},
    routing::{Rule, Utm},
};
use ipnet::IpNet;
use model::{EntityId, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// A link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Link)]
pub(crate) struct LinkView {
    /// Its id.
    #[schema(value_type = String, example = "lnk_0000000000005")]
    id: EntityId,
    /// The path it answers at.
    #[schema(value_type = String, example = "spring")]
    slug: Box<str>,
    /// Its whole address.
    #[schema(example = "https://go.example/spring")]
    url: String,
    /// Where it leads.
    #[schema(value_type = String, example = "https://shop.example/spring?size=m")]
    destination: Box<str>,
    /// The campaign its events count for, too.
    #[schema(required, value_type = Option<String>, example = "cmp_0000000000006")]
    campaign: Option<EntityId>,
    /// For grouping.
    #[schema(value_type = Vec<String>, example = json!(["mail"]))]
    tags: Box<[Box<str>]>,
    /// For people.
    #[schema(required, value_type = Option<String>, example = "Spring sale")]
    title: Option<Box<str>>,
    /// Whether query parameters of the request are handed on to the destination.
    pass_query: bool,
    /// Whether the click id is handed on to the destination.
    append_click_id: bool,
    /// Under which name it is; null: the account's.
    #[schema(required, value_type = Option<String>, example = "cid")]
    click_id_param: Option<Box<str>>,
    /// From when on it leads nobody on.
    #[schema(required, example = "2027-01-01T00:00:00Z")]
    expires_at: Option<String>,
    /// Before when it leads nobody on.
    #[schema(required, example = "2026-12-01T00:00:00Z")]
    starts_at: Option<String>,
    /// Whether it leads nobody on, and is kept.
    archived: bool,
    /// Where those are led whom it leads nowhere.
    #[schema(required, example = "https://shop.example/over")]
    fallback_url: Option<String>,
    /// The answer's status.
    #[schema(example = 302)]
    status: u16,
    /// For people.
    #[schema(required, value_type = Option<String>, example = "Agreed with the printer")]
    note: Option<Box<str>>,
    /// What the account calls it.
    #[schema(required, value_type = Option<String>, example = "crm-4711")]
    external_id: Option<Box<str>>,
    /// Parameters of the destination.
    utm: Utm,
    /// Whom it leads elsewhere.
    #[schema(value_type = Vec<Rule>)]
    rules: Box<[Rule]>,
    /// So many clicks of people it leads on.
    #[schema(required, example = 1000)]
    max_clicks: Option<u64>,
    /// What a click of a person costs, in the account's currency; null: what its campaign says.
    #[schema(required, value_type = Option<String>, example = "0.05")]
    cost_per_click: Option<Price>,
    /// The domain of the account that it answers at; null: the installation's own.
    #[schema(required, value_type = Option<String>, example = "go.shop.example")]
    domain: Option<Box<str>>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl LinkView {
    /// As clients of `app` see it.
    pub(crate) fn new(link: &Link, app: &App) -> Self {
        let options = link.options.as_deref().cloned().unwrap_or_default();
        Self {
            id: link.id,
            slug: link.slug.clone(),
            url: app.address_of(link),
            destination: link.destination.clone(),
            campaign: link.campaign,
            tags: link.tags.clone(),
            title: link.title.clone(),
            pass_query: link.pass_query,
            append_click_id: link.append_click_id,
            click_id_param: options.click_id_param,
            expires_at: link.expires_ms.map(rfc3339),
            starts_at: options.starts_ms.map(rfc3339),
            archived: options.archived,
            fallback_url: options.fallback.map(String::from),
            status: options.status.into(),
            note: options.note,
            external_id: options.external_id,
            utm: options.utm,
            rules: options.rules,
            max_clicks: options.max_clicks,
            cost_per_click: options.cost_per_click,
            domain: options.domain,
            created_at: rfc3339(link.created_ms),
        }
    }
}

/// A pixel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pixel)]
pub(crate) struct PixelView {
    /// Its id.
    #[schema(value_type = String, example = "pxl_0000000000007")]
    id: EntityId,
    /// For people; unique in the account.
    #[schema(value_type = String, example = "Footer")]
    name: Box<str>,
    /// The address of the image.
    #[schema(example = "https://go.example/p/pxl_0000000000007.gif")]
    url: String,
    /// The campaign its events count for, too.
    #[schema(required, value_type = Option<String>, example = "cmp_0000000000006")]
    campaign: Option<EntityId>,
    /// For grouping.
    #[schema(value_type = Vec<String>, example = json!(["mail"]))]
    tags: Box<[Box<str>]>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl PixelView {
    /// As clients of `app` see it.
    pub(crate) fn new(pixel: &Pixel, app: &App) -> Self {
        Self {
            id: pixel.id,
            name: pixel.name.clone(),
            url: app.public(&format!("p/{}.gif", pixel.id)),
            campaign: pixel.campaign,
            tags: pixel.tags.clone(),
            created_at: rfc3339(pixel.created_ms),
        }
    }
}

/// A goal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Goal)]
pub(crate) struct GoalView {
    /// Its id.
    #[schema(value_type = String, example = "gol_0000000000008")]
    id: EntityId,
    /// For people; unique in the account.
    #[schema(value_type = String, example = "Sale")]
    name: Box<str>,
    /// Where conversions are told.
    #[schema(example = "https://go.example/c/gol_0000000000008")]
    url: String,
    /// The campaign its events count for, too.
    #[schema(required, value_type = Option<String>, example = "cmp_0000000000006")]
    campaign: Option<EntityId>,
    /// The currency of its values, ISO 4217.
    #[schema(required, value_type = Option<String>, example = "EUR")]
    currency: Option<Box<str>>,
    /// The value of a conversion that comes without one.
    #[schema(required, value_type = Option<String>, example = "12.50")]
    default_value: Option<Price>,
    /// So many days after a click a conversion belongs to it.
    #[schema(example = 30)]
    attribution_days: u16,
    /// Whose time a conversion counts at.
    #[schema(example = "conversion")]
    attribute_by: AttributeBy,
    /// Which click of a visitor whom the sender names, if there is no click id.
    #[schema(example = "last")]
    attribution: Attribution,
    /// What another value of a transaction means that has the same status.
    #[schema(example = "ignore")]
    repeats: Repeats,
    /// Words that senders have for statuses.
    statuses: Statuses,
    /// Whether conversions must be signed. The secret itself is not shown.
    signed: bool,
    /// Networks that may tell conversions; empty: all.
    #[schema(value_type = Vec<String>, example = json!(["192.0.2.0/24"]))]
    allow_ips: Box<[IpNet]>,
    /// For grouping.
    #[schema(value_type = Vec<String>, example = json!(["mail"]))]
    tags: Box<[Box<str>]>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl GoalView {
    /// As clients of `app` see it.
    pub(crate) fn new(goal: &Goal, app: &App) -> Self {
        let options = goal.options.as_deref().cloned().unwrap_or_default();
        Self {
            default_value: options.default_value,
            attribution_days: options.attribution_days,
            attribute_by: options.attribute_by,
            attribution: options.attribution,
            repeats: options.repeats,
            statuses: options.statuses,
            signed: options.secret.is_some(),
            allow_ips: options.allow_ips,
            id: goal.id,
            name: goal.name.clone(),
            url: app.public(&format!("c/{}", goal.id)),
            campaign: goal.campaign,
            currency: goal.currency.clone(),
            tags: goal.tags.clone(),
            created_at: rfc3339(goal.created_ms),
        }
    }
}

/// A campaign.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Campaign)]
pub(crate) struct CampaignView {
    /// Its id.
    #[schema(value_type = String, example = "cmp_0000000000006")]
    id: EntityId,
    /// For people; unique in the account.
    #[schema(value_type = String, example = "Spring")]
    name: Box<str>,
    /// What a click on a link in it costs that says nothing itself, in the account's currency.
    #[schema(required, value_type = Option<String>, example = "0.05")]
    cost_per_click: Option<Price>,
    /// For grouping.
    #[schema(value_type = Vec<String>, example = json!(["mail"]))]
    tags: Box<[Box<str>]>,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

impl CampaignView {
    /// As clients see it.
    pub(crate) fn new(campaign: &Campaign) -> Self {
        Self {
            id: campaign.id,
            name: campaign.name.clone(),
            cost_per_click: campaign.cost_per_click,
            tags: campaign.tags.clone(),
            created_at: rfc3339(campaign.created_ms),
        }
    }
}

/// A domain of the account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Domain)]
pub(crate) struct DomainView {
    /// Its name, which is its id.
    #[schema(value_type = String, example = "go.shop.example")]
    id: Box<str>,
    /// Its name.
    #[schema(value_type = String, example = "go.shop.example")]
    host: Box<str>,
    /// Whose it is, or who says so.
    #[schema(value_type = String, example = "acc_0000000000001")]
    account: EntityId,
    /// Where those are led who ask for no link.
    #[schema(required, value_type = Option<String>, example = "https://shop.example/")]
    root_url: Option<Box<str>>,
    /// Where those are led whose link there is not.
    #[schema(required, value_type = Option<String>, example = "https://shop.example/404")]
    not_found_url: Option<Box<str>>,
    /// Whether it is known to be the account's: links answer only then.
    verified: bool,
    /// What to put into DNS so that it is verified; null where the operator verifies, or it is done.
    #[schema(required)]
    verification: Option<Verification>,
    /// When it was added.
    #[schema(example = "2026-01-02T03:04:05Z")]
    created_at: String,
}

/// A record of DNS that shows whose a domain is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verification {
    /// Its name.
    #[schema(example = "_millrace.go.shop.example")]
    name: String,
    /// Its type.
    #[schema(example = "TXT")]
    r#type: &'static str,
    /// Its value.
    #[schema(example = "millrace=acc_0000000000001")]
    value: String,
}

impl DomainView {
    /// As clients see it; `by_dns`: whether a record verifies it.
    pub(crate) fn new(domain: &Domain, by_dns: bool) -> Self {
        let record = || Verification {
            name: crate::dns::record_of(&domain.host),
            r#type: "TXT",
            value: crate::dns::value_of(domain.account),
        };
        Self {
            id: domain.host.clone(),
            host: domain.host.clone(),
            account: domain.account,
            root_url: domain.root_url.clone(),
            not_found_url: domain.not_found_url.clone(),
            verified: domain.verified,
            verification: (by_dns && !domain.verified).then(record),
            created_at: rfc3339(domain.created_ms),
        }
    }
}

/// What a link would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Simulated {
    /// Whether it leads on: `live`, `not_yet` or `ended`.
    #[schema(example = "live")]
    pub(crate) state: &'static str,
    /// The rule that decides; null: none fits, and the destination does.
    #[schema(required, example = "phones")]
    pub(crate) rule: Option<String>,
    /// Where it leads: one, or each variant.
    pub(crate) outcomes: Vec<Outcome>,
    /// What each rule says, in order; the first that fits decides.
    pub(crate) rules: Vec<Considered>,
}

/// Where a visit may be led.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Outcome {
    /// The variant, if there are several.
    #[schema(required, example = "store")]
    pub(crate) variant: Option<String>,
    /// Its part of the visitors, from 0 to 1.
    #[schema(example = 0.75)]
    pub(crate) share: f64,
    /// The answer's status.
    #[schema(example = 302)]
    pub(crate) status: u16,
    /// The address; null: nowhere.
    #[schema(required, example = "https://apps.example/spring")]
    pub(crate) location: Option<String>,
}

/// What a rule says to a visit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Considered {
    /// Its name, or its place.
    #[schema(example = "phones")]
    pub(crate) name: String,
    /// Whether it fits.
    pub(crate) fits: bool,
    /// The first condition that it misses.
    #[schema(required, example = "country")]
    pub(crate) missed: Option<&'static str>,
}
