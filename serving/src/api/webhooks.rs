//! Webhooks and outgoing postbacks: who is told of what. What sends them is elsewhere; see `docs/WEBHOOKS.md`.

use std::sync::Arc;

use ::webhooks::{EventType, address::Policy, signing};
use axum::{Json, extract::State, response::Response};
use catalog::{
    CatalogError, Change, Reply, Webhook, WebhookFilters, WebhookKind, WebhookMethod,
    webhook::{Begins, Disabled, MOST_GRACE_MS, ReplacedSecret},
};
use http::StatusCode;
use model::{EntityId, random::new_row_id};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::{Reader, Writer},
    body::{Body, Given},
    entries::{self, Entry, own},
    failure::problem,
    once::{self, Doer, Place, Sent},
    page::Page,
    params::{Params, Segment},
    preconditions::IfMatch,
};
use crate::{
    api_types::{DeliveryView, List, NewWebhook, TestedView, WebhookView},
    app::App,
    openapi::refusals::{
        self, Commit, Key, Name, Nothing, Query, Refusals, SecretAgain, Stale, StoreDown, Tests,
    },
};

/// For how long a secret that is replaced goes on to sign, hours, unless said otherwise.
const USUAL_GRACE: u32 = 24;
const HOUR_MS: i64 = 3_600_000;
/// What was disabled for longer than this begins anew when it is enabled, milliseconds.
const RESUMED_MS: i64 = 72 * HOUR_MS;
/// Why somebody's own webhook tells nothing.
const BY_REQUEST: &str = "it was disabled by request";

/// Where the secret is in an answer.
const SECRET: Place = Place {
    field: "secret",
    prefix: signing::PREFIX,
    told: to_secret,
};

/// A secret as Standard Webhooks has them, made of one as we make them.
fn to_secret(made: String) -> String {
    signing::secret_of(blake3::hash(made.as_bytes()).as_bytes())
}

/// What clients set of a webhook.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookBody {
    /// For people. Needed.
    #[schema(value_type = Option<String>, example = "Shop")]
    #[serde(default)]
    name: Given<Box<str>>,
    /// `webhook`: messages in JSON; `postback`: a conversion each, as values in the address. It does not change any more.
    #[schema(value_type = Option<WebhookKind>, example = "webhook")]
    #[serde(default)]
    kind: Given<WebhookKind>,
    /// `POST`, or for a postback `GET`, too.
    #[schema(value_type = Option<WebhookMethod>, example = "POST")]
    #[serde(default)]
    method: Given<WebhookMethod>,
    /// Where it is sent: an https address of the public internet. Of a postback with macros behind the host, such as
    /// `https://network.example.com/postback?click={click_id}&payout={value}`. Needed.
    #[schema(value_type = Option<String>, example = "https://shop.example.com/hooks")]
    #[serde(default)]
    url: Given<Box<str>>,
    /// What is told; null: both types of conversions.
    #[schema(value_type = Option<Vec<EventType>>, example = json!(["conversion.created"]))]
    #[serde(default)]
    types: Given<Vec<EventType>>,
    /// Of which events; null: all.
    #[schema(value_type = Option<FiltersBody>, example = json!({"links": ["lnk_0000000000005"]}))]
    #[serde(default)]
    filters: Given<FiltersBody>,
    /// Whether something is sent. Enabled again within three days it is told what happened meanwhile.
    #[schema(value_type = Option<bool>, example = true)]
    #[serde(default)]
    enabled: Given<bool>,
}

/// Which events are told: those for which all of this holds.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FiltersBody {
    /// Ids of links: clicks on them, and conversions that those led to.
    #[schema(value_type = Vec<String>, example = json!(["lnk_0000000000005"]))]
    links: Vec<EntityId>,
    /// Ids of goals, of conversions.
    #[schema(value_type = Vec<String>, example = json!(["gol_0000000000008"]))]
    goals: Vec<EntityId>,
    /// Ids of campaigns.
    #[schema(value_type = Vec<String>, example = json!(["cmp_0000000000006"]))]
    campaigns: Vec<EntityId>,
    /// Whether clicks of bots are told, too.
    #[schema(example = false)]
    bots: bool,
}

impl From<FiltersBody> for WebhookFilters {
    fn from(body: FiltersBody) -> Self {
        let sorted = |mut ids: Vec<EntityId>| {
            ids.sort_unstable();
            ids.dedup();
            ids.into()
        };
        Self {
            links: sorted(body.links),
            goals: sorted(body.goals),
            campaigns: sorted(body.campaigns),
            bots: body.bots,
        }
    }
}

/// How a webhook gets another secret.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = RotateWebhookBody)]
pub(crate) struct RotateBody {
    /// For so many hours messages are signed with the secret that it had, too: from 0 to 168.
    #[schema(value_type = Option<u32>, minimum = 0, maximum = 168, default = 24, example = 24)]
    grace_hours: Option<u32>,
}

impl WebhookBody {
    /// Sets the fields that are given. `now`: from where on events are told that begins anew.
    fn change(&self, row: &mut Webhook, now: Begins) {
        self.name.set(&mut row.name);
        self.url.set(&mut row.url);
        self.method.set(&mut row.method);
        self.filters.set(&mut row.filters);
        match &self.types {
            Given::Absent => {}
            Given::Null => row.types = usual_types(),
            Given::Value(types) => {
                let mut types = types.clone();
                types.sort_unstable();
                types.dedup();
                row.types = types.into();
            }
        }
        match (&self.enabled, &row.disabled) {
            (Given::Value(false), None) => {
                row.disabled = Some(Disabled {
                    since_ms: now.at_ms,
                    reason: BY_REQUEST.into(),
                });
            }
            (Given::Null | Given::Value(true), Some(disabled)) => {
                if now.at_ms - disabled.since_ms > RESUMED_MS {
                    row.begins = now;
                }
                row.disabled = None;
            }
            _ => {}
        }
    }
}

fn usual_types() -> Box<[EventType]> {
    [EventType::ConversionCreated, EventType::ConversionChanged].into()
}

/// From where on events are told from now on.
fn now(app: &App) -> Begins {
    Begins {
        manifest: app.overview.seen().published.n,
        at_ms: app.env.clock.now_ms(),
    }
}

/// Whether an address that is new may be.
fn check_url(policy: Policy, new: &Webhook, old: Option<&Webhook>) -> Result<(), CatalogError> {
    match old.is_some_and(|old| old.url == new.url) {
        true => Ok(()),
        false => new.check_url(policy),
    }
}

impl Entry for Webhook {
    type View = WebhookView;
    const PATH: &'static str = "webhooks";

    fn find<'a>(state: &'a catalog::State, account: EntityId, id: &str) -> Option<&'a Arc<Self>> {
        state.webhook(account, id)
    }

    fn all(state: &catalog::State, account: EntityId) -> impl Iterator<Item = &Arc<Self>> {
        state.webhooks_of(account)
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn view(&self, _: &catalog::State) -> WebhookView {
        WebhookView::new(self)
    }

    fn put(self) -> Change {
        Change::PutWebhook(Box::new(self))
    }

    fn delete(account: EntityId, id: Box<str>) -> Change {
        Change::DeleteWebhook { account, id }
    }
}

/// Makes a webhook, or an outgoing postback
///
/// It is told what is recorded from now on, each message at least once and with the same `webhook-id` each time, signed as
/// Standard Webhooks says.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "Webhooks",
    request_body = WebhookBody,
    responses(
        (status = 201, description = "The webhook, and its secret.", body = NewWebhook),
        Refusals<(Key, refusals::Body, Commit, SecretAgain, StoreDown)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn create_webhook(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Sent { body, once }: Sent<WebhookBody>,
) -> Result<Response, Problem> {
    app.look_once().await?;
    let made = once::secret(&app, once.as_ref(), signing::PREFIX);
    let begins = now(&app);
    let mut webhook = Webhook {
        id: new_row_id("whk_", &*app.env.random).into(),
        account: caller.account,
        name: Box::default(),
        kind: match body.kind {
            Given::Value(kind) => kind,
            Given::Absent | Given::Null => WebhookKind::Webhook,
        },
        method: WebhookMethod::Post,
        url: Box::default(),
        types: usual_types(),
        filters: WebhookFilters::default(),
        secret: Box::<str>::from(to_secret(made.secret.clone())).into(),
        replaced: None,
        disabled: None,
        begins,
        created_ms: begins.at_ms,
    };
    body.change(&mut webhook, begins);
    check_url(app.webhooks.policy(), &webhook, None).map_err(problem)?;
    let location = format!("/v1/webhooks/{}", webhook.id);
    let reply = once::created(location, &WebhookView::new(&webhook));
    let put = vec![Change::PutWebhook(Box::new(webhook))];
    let decide = |_: &catalog::State| Ok((put.clone(), reply.clone()));
    let (doer, told) = (Doer::from(&caller), Some((&made, SECRET)));
    once::answer_with_secret(&app, &doer, once.as_ref(), 1, told, decide).await
}

/// Lists the webhooks of the account, in the order of their ids
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "Webhooks",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<WebhookView>),
        Refusals<(Key, Query)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_webhooks(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Params(page): Params<Page>,
) -> Result<Json<List<WebhookView>>, Problem> {
    entries::list(&app, caller.account, &page, |_: &Webhook| true)
}

/// Shows a webhook, without its secret
#[utoipa::path(
    get, path = "/v1/webhooks/{id}", tag = "Webhooks",
    params(("id" = String, Path, description = "Its id.", example = "whk_0000000000004")),
    responses(
        (status = 200, description = "As it is.", body = WebhookView),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn read_webhook(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<WebhookView>, Problem> {
    entries::read::<Webhook>(&app, caller.account, &id)
}

/// Changes the fields of a webhook that are given; null brings back the default
#[utoipa::path(
    patch, path = "/v1/webhooks/{id}", tag = "Webhooks",
    params(("id" = String, Path, description = "Its id.", example = "whk_0000000000004")),
    request_body = WebhookBody,
    responses(
        (status = 200, description = "As it is now.", body = WebhookView),
        Refusals<(Key, Name, refusals::Body, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn change_webhook(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
    Body(body): Body<WebhookBody>,
) -> Result<Json<WebhookView>, Problem> {
    let (begins, policy) = (now(&app), app.webhooks.policy());
    let change = |_: &_, old: &Webhook| {
        let mut new = old.clone();
        if matches!(body.kind, Given::Value(kind) if kind != old.kind) {
            return Err(CatalogError::invalid("kind", "stays: make another webhook"));
        }
        body.change(&mut new, begins);
        check_url(policy, &new, Some(old))?;
        Ok(new)
    };
    entries::change(&app, &caller, &id, &if_match, change).await
}

/// Deletes a webhook: nothing more is sent to it
#[utoipa::path(
    delete, path = "/v1/webhooks/{id}", tag = "Webhooks",
    params(("id" = String, Path, description = "Its id.", example = "whk_0000000000004")),
    responses(
        (status = 204, description = "It is deleted."),
        Refusals<(Key, Name, Commit, Stale)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn delete_webhook(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    entries::delete::<Webhook>(&app, &caller, &id, &if_match).await
}

/// Gives a webhook another secret
///
/// For a while messages have two signatures, one with each, so that receivers can be changed without haste.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/rotate", tag = "Webhooks",
    params(("id" = String, Path, description = "Its id.", example = "whk_0000000000004")),
    request_body = RotateBody,
    responses(
        (status = 200, description = "The webhook, and its new secret.", body = NewWebhook),
        Refusals<(Key, Name, refusals::Body, Commit, SecretAgain)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn rotate_webhook(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    Sent { body, once }: Sent<RotateBody>,
) -> Result<Response, Problem> {
    let grace_ms = i64::from(body.grace_hours.unwrap_or(USUAL_GRACE)) * HOUR_MS;
    if grace_ms > MOST_GRACE_MS {
        let why = "must be from 0 to 168";
        return Err(problem(CatalogError::invalid("grace_hours", why)));
    }
    let made = once::secret(&app, once.as_ref(), signing::PREFIX);
    let secret: Box<str> = to_secret(made.secret.clone()).into();
    let until_ms = app.env.clock.now_ms() + grace_ms;
    let decide = |state: &catalog::State| {
        let mut webhook = Webhook::clone(&*own::<Webhook>(state, caller.account, &id)?);
        let old = std::mem::replace(&mut webhook.secret, secret.clone().into());
        webhook.replaced = Some(ReplacedSecret {
            secret: old,
            until_ms,
        });
        let reply = Reply {
            status: StatusCode::OK.as_u16(),
            location: None,
            body: json!(WebhookView::new(&webhook)),
            salt: None,
        };
        Ok((vec![Change::PutWebhook(Box::new(webhook))], reply))
    };
    let (doer, told) = (Doer::from(&caller), Some((&made, SECRET)));
    once::answer_with_secret(&app, &doer, once.as_ref(), 0, told, decide).await
}

/// Sends a test message now, and says what came back
///
/// Its type is `webhook.test`; a postback gets examples for its macros. It is not in the list of deliveries, and a webhook that
/// is disabled is tested, too.
#[utoipa::path(
    post, path = "/v1/webhooks/{id}/test", tag = "Webhooks",
    params(("id" = String, Path, description = "Its id.", example = "whk_0000000000004")),
    responses(
        (status = 200, description = "What came back, whether or not it was a success.", body = TestedView),
        Refusals<(Key, Name, Nothing, Tests)>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn test_webhook(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
) -> Result<Json<TestedView>, Problem> {
    let found = app
        .catalog
        .read(|state| own::<Webhook>(state, caller.account, &id));
    let tested = app.webhooks.test(&*found.map_err(problem)?).await;
    let busy = "too many test messages are being sent; try again in a moment";
    let tested = tested.ok_or_else(|| Problem::unavailable("busy", busy, 15))?;
    Ok(Json(tested.into()))
}

/// Lists the last hundred deliveries of a webhook, the newest first
#[utoipa::path(
    get, path = "/v1/webhooks/{id}/deliveries", tag = "Webhooks",
    params(("id" = String, Path, description = "Its id.", example = "whk_0000000000004")),
    responses(
        (status = 200, description = "All of them: `next_cursor` is null.", body = List<DeliveryView>),
        Refusals<(Key, Name, Nothing, StoreDown)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_deliveries(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<Json<List<DeliveryView>>, Problem> {
    let found = app
        .catalog
        .read(|state| own::<Webhook>(state, caller.account, &id));
    let deliveries = app.webhooks.deliveries(&*found.map_err(problem)?).await?;
    Ok(Json(List {
        items: deliveries.into_iter().map(DeliveryView::from).collect(),
        next_cursor: None,
    }))
}
