//! Erasing visitors: asked for here, carried out by batch (`docs/ERASURE.md`).

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use enrich::{
    NamedKey,
    click_id::{ClickId, ClickKey},
};
use handover::{
    erasures::{self, Asked, Told},
    installation::Control,
    salts,
};
use model::{EntityId, Event, EventId, EventKind, random::new_row_id, time};
use serde::Deserialize;
use storage::error::StorageError;
use utoipa::ToSchema;
use web::Problem;

use super::{
    auth::{Caller, Manager},
    once::{self, Doer, Once, Sent},
    page::{self, Page},
    params::{Params, Segment},
};
use crate::{
    api_types::{ErasureView, List},
    app::App,
    openapi::refusals::{self, Again, Key, Lookup, Name, Nothing, Query, Refusals, StoreDown},
    receipts,
};

/// Visitors of an account that are being erased at once.
const MOST_OPEN: usize = 1_000;
/// Longest name of a visitor, as collectors take it, bytes.
const MAX_NAME: usize = 256;

/// Who is to be erased: exactly one of the three is given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ErasureBody {
    /// The name that events were sent with. It is hashed, and not kept.
    #[schema(value_type = Option<String>, example = "ann")]
    visitor: Option<String>,
    /// An event: whoever did that.
    #[schema(value_type = Option<String>, example = json!(null))]
    event_id: Option<String>,
    /// A click id, as links append it: whoever made that click.
    #[schema(value_type = Option<String>, example = json!(null))]
    click_id: Option<String>,
}

/// Whom a body means.
enum Whom {
    Named(String),
    Event(EventId),
    Click(String),
}

/// Who is erased: a number, and an event.
#[derive(Default)]
struct Found {
    visitor: Option<u64>,
    event: Option<EventId>,
}

/// Erases a visitor
///
/// Who is named by their sender is erased as a whole; who is not, as far as their number goes: for one day, or one month. All that was
/// recorded up to now loses what could tell who it was, and goes on being counted; no number changes. It is carried out by the next rollups.
#[utoipa::path(
    post, path = "/v1/erasures", tag = "Erasures",
    request_body = ErasureBody,
    responses(
        (status = 201, description = "It is asked for.", body = ErasureView),
        Refusals<(Key, refusals::Body, refusals::Commit, Again, (refusals::Whom, Lookup))>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn create_erasure(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Sent { body, once }: Sent<ErasureBody>,
) -> Result<Response, Problem> {
    let whom = body.whom()?;
    let doer = Doer::from(&caller);
    let now_ms = app.env.clock.now_ms();
    let told = Told {
        id: id(&app, &caller, once.as_ref(), now_ms),
        account: caller.account,
        at_ms: now_ms,
        erased_ms: None,
        events: 0,
        done_ms: None,
    };
    // A request that comes again has done it.
    if !once
        .as_ref()
        .is_some_and(|once| once.is_answered(&app, &doer))
    {
        ask(&app, &told, whom).await?;
    }
    let location = format!("/v1/erasures/{}", told.id);
    let decide = |_: &catalog::State| {
        let reply = once::created(location.clone(), &ErasureView::new(&told));
        Ok((Vec::<catalog::Change>::new(), reply))
    };
    once::answer(&app, &doer, once.as_ref(), 1, decide).await
}

/// Lists erasures of visitors, in the order of their ids
#[utoipa::path(
    get, path = "/v1/erasures", tag = "Erasures",
    params(Page),
    responses(
        (status = 200, description = "A page of them.", body = List<ErasureView>),
        Refusals<(Key, Query, StoreDown)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn list_erasures(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Params(page): Params<Page>,
) -> Result<Json<List<ErasureView>>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| Some(text.to_owned()))?;
    let store = &app.env.store;
    let rows = erasures::of_account(store, caller.account, after.as_deref(), limit + 1).await?;
    let list = page::answer(rows, limit, |told| told.id.clone(), ErasureView::new);
    Ok(Json(list))
}

/// Shows how far the erasure of a visitor is
#[utoipa::path(
    get, path = "/v1/erasures/{id}", tag = "Erasures",
    params(("id" = String, Path, description = "Its id.", example = "ers_0000000000004")),
    responses(
        (status = 200, description = "As it is.", body = ErasureView),
        Refusals<(Key, Name, Nothing, StoreDown)>,
    ),
    security(("key" = ["admin"])),
)]
pub(crate) async fn read_erasure(
    State(app): State<Arc<App>>,
    Manager(caller): Manager,
    Segment(id): Segment,
) -> Result<Json<ErasureView>, Problem> {
    let nothing = || Problem::not_found("there is no such erasure");
    if !id.starts_with("ers_") || !storage::object_keys::is_name(&id) {
        return Err(nothing());
    }
    let told = erasures::told(&app.env.store, caller.account, id).await?;
    let told = told.ok_or_else(nothing)?;
    Ok(Json(ErasureView::new(&told)))
}

impl ErasureBody {
    fn whom(self) -> Result<Whom, Problem> {
        let invalid = |why: &str| Problem::bad_request("invalid", why.to_owned());
        match (self.visitor, self.event_id, self.click_id) {
            (Some(name), None, None) if name.is_empty() || name.len() > MAX_NAME => {
                Err(invalid("`visitor` must be 1 to 256 bytes"))
            }
            (Some(name), None, None) => Ok(Whom::Named(name)),
            (None, Some(event), None) => {
                let wrong =
                    |e: model::IdError| Problem::bad_request("invalid_event_id", e.to_string());
                Ok(Whom::Event(event.parse().map_err(wrong)?))
            }
            (None, None, Some(click)) => Ok(Whom::Click(click)),
            _ => Err(invalid("give one of `visitor`, `event_id`, `click_id`")),
        }
    }
}

/// The name of an erasure: the same for a request that is sent again.
fn id(app: &App, caller: &Caller, once: Option<&Once>, now_ms: i64) -> String {
    let day = time::day_of(time::minute_of(now_ms));
    match once {
        Some(once) => format!("ers_{}", once.digits(caller.account, day)),
        None => new_row_id("ers_", &*app.env.random),
    }
}

async fn ask(app: &App, told: &Told, whom: Whom) -> Result<(), Problem> {
    let store = &app.env.store;
    let found = match whom {
        Whom::Named(name) => Found {
            visitor: Some(named_key(app).await?.visitor(told.account.raw, &name)),
            event: None,
        },
        Whom::Event(event) => who_did(app, told.account, event).await?,
        Whom::Click(text) => {
            let key = ClickKey::of(&named_key(app).await?);
            let wrong = |_| {
                let detail = "`click_id` is no click id of this installation";
                Problem::bad_request("invalid_click_id", detail)
            };
            let click = ClickId::read(&text, &key).map_err(wrong)?;
            who_did(app, told.account, click.event).await?
        }
    };
    if erasures::open(store, told.account).await? >= MOST_OPEN {
        let detail = "1000 visitors of this account are being erased; wait until some are";
        return Err(Problem::too_many(detail, 600));
    }
    let control = Control::new(Arc::clone(store));
    let asked = Asked {
        id: told.id.clone(),
        account: told.account,
        at_ms: told.at_ms,
        visitor: found.visitor,
        event: found.event,
        is_account: false,
        after: control.newest().await?,
        carried: None,
    };
    Ok(erasures::ask(store, &asked).await?)
}

/// What names are hashed with.
async fn named_key(app: &App) -> Result<NamedKey, Problem> {
    let Some(secret) = &app.secret else {
        let detail = "this process does not know the installation's secret, with which names are hashed: give it \
                      MILLRACE_SECRET, or name an event";
        return Err(Problem::conflict("no_secret", detail));
    };
    salts::named_key(&app.env, secret)
        .await
        .map_err(|error| match error {
            salts::SaltError::Store(error) => error.into(),
            salts::SaltError::Ledger(error) => StorageError::from(error).into(),
            error => {
                tracing::error!(%error, "names cannot be hashed");
                Problem::conflict("no_secret", error.to_string())
            }
        })
}

/// Who did an event: of a conversion, whose click led to it.
async fn who_did(app: &App, account: EntityId, id: EventId) -> Result<Found, Problem> {
    app.look_once().await?;
    let event = own(app, account, id)
        .await?
        .ok_or_else(receipts::no_such_event)?;
    let mut visitor = [event.visitor, event.seeks_visitor]
        .into_iter()
        .find(|n| *n != 0);
    if visitor.is_none()
        && event.kind() == EventKind::Conversion
        && let Ok(click) = event.click_event.parse::<EventId>()
    {
        let click = own(app, account, click).await?;
        visitor = click.map(|click| click.visitor).filter(|n| *n != 0);
    }
    Ok(Found {
        visitor,
        event: Some(id),
    })
}

async fn own(app: &App, account: EntityId, id: EventId) -> Result<Option<Event>, Problem> {
    let found = receipts::find(app, id).await?;
    let event = found.map(|found| found.record.event);
    Ok(event.filter(|event| event.account_id() == account))
}
