//! Links, pixels, goals and campaigns.

use catalog::{
    Campaign, Goal, Link, Pixel,
    routing::{Rule, Utm},
};
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
            url: app.public(&link.slug),
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
        Self {
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
            tags: campaign.tags.clone(),
            created_at: rfc3339(campaign.created_ms),
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
