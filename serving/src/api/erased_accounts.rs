//! Erasing accounts, as whoever runs the installation: what the catalog has of them here, what is settled by batch
//! (`docs/ERASURE.md`).

use std::sync::Arc;

use axum::{Json, extract::State};
use catalog::{
    Account, AccountSettings, By, Campaign, CatalogError, Change, Goal, Link, Pixel, Suspension,
};
use futures::{StreamExt, TryStreamExt};
use handover::{
    erasures::{self, Asked, Told},
    installation::Control,
};
use model::EntityId;
use object_store::path::Path;
use storage::{object_keys::folders, store::StoreError};
use web::Problem;

use super::{auth::Operator, failure::problem, objects::Resource, params::Segment};
use crate::{
    api_types::ErasureView,
    app::App,
    openapi::refusals::{Commit, Id, Key, Nothing, Refusals, StoreDown},
};

/// Objects that one change of the catalog takes away.
const TOGETHER: usize = 500;
/// What stands in the place of names and destinations.
const NAME: &str = "erased";
const DESTINATION: &str = "https://erased.invalid/";

/// Erases an account, for ever
///
/// It is suspended at once: its keys and shares open nothing, its links answer 410, its events are refused. Links, goals, pixels, campaigns, domains,
/// webhooks and all else that it made are taken away. Its events and numbers go with one of the next rollups; that there were so many events stays, as
/// nobody's. Asked for again it tells how far that is.
#[utoipa::path(
    delete, path = "/v1/accounts/{id}", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    responses(
        (status = 200, description = "How far it is.", body = ErasureView),
        Refusals<(Key, Id, Commit)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn erase_account(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
) -> Result<Json<ErasureView>, Problem> {
    let account = parsed(&id)?;
    forget(&app, account).await?;
    objects(&app, account).await?;
    for folder in [
        folders::rejected(account),
        folders::totals(account),
        folders::reports(&account.to_string()),
        folders::webhooks(account),
    ] {
        delete_all(&app, folder).await?;
    }
    let told = erasures::told(&app.env.store, account, name(account)).await?;
    let told = match told {
        Some(told) => told,
        None => ask(&app, account).await?,
    };
    Ok(Json(ErasureView::new(&told)))
}

/// Shows how far the erasure of an account is
#[utoipa::path(
    get, path = "/v1/accounts/{id}/erasure", tag = "Accounts",
    params(("id" = String, Path, description = "The account's id.", example = "acc_0000000000001")),
    responses(
        (status = 200, description = "How far it is.", body = ErasureView),
        Refusals<(Key, Id, Nothing, StoreDown)>,
    ),
    security(("admin_token" = [])),
)]
pub(crate) async fn read_account_erasure(
    State(app): State<Arc<App>>,
    _: Operator,
    Segment(id): Segment,
) -> Result<Json<ErasureView>, Problem> {
    let account = parsed(&id)?;
    let told = erasures::told(&app.env.store, account, name(account)).await?;
    let told = told.ok_or_else(|| Problem::not_found("this account is not being erased"))?;
    Ok(Json(ErasureView::new(&told)))
}

fn parsed(id: &str) -> Result<EntityId, Problem> {
    let wrong = |e: model::IdError| Problem::bad_request("invalid_id", e.to_string());
    id.parse().map_err(wrong)
}

/// The erasure of an account: there is one.
fn name(account: EntityId) -> String {
    let id = account.to_string();
    format!("ers_{}", id.trim_start_matches("acc_"))
}

async fn ask(app: &App, account: EntityId) -> Result<Told, Problem> {
    let store = &app.env.store;
    let asked = Asked {
        id: name(account),
        account,
        at_ms: app.env.clock.now_ms(),
        visitor: None,
        event: None,
        is_account: true,
        after: Control::new(Arc::clone(store)).newest().await?,
        carried: None,
    };
    erasures::ask(store, &asked).await?;
    let told = erasures::told(store, account, asked.id).await?;
    told.ok_or_else(|| Problem::internal("an erasure is gone"))
}

/// Suspends it for ever, and takes away all but its objects.
async fn forget(app: &App, account: EntityId) -> Result<(), Problem> {
    let now_ms = app.env.clock.now_ms();
    let decide = |state: &catalog::State| {
        let old = state.account(account);
        let old = old.ok_or_else(|| CatalogError::not_found(account))?;
        let since_ms = old.suspended.as_ref().map_or(now_ms, |it| it.since_ms);
        let new = Account {
            name: NAME.into(),
            settings: AccountSettings::default(),
            plan: None,
            suspended: Some(Suspension {
                since_ms,
                reason: NAME.into(),
                is_erased: true,
            }),
            ..Account::clone(old)
        };
        let mut changes = Vec::new();
        if new != **old {
            changes.push(Change::PutAccount(new));
        }
        let keys = state.keys_of(account).into_iter();
        let keys = keys.filter(|key| !key.revoked);
        changes.extend(keys.map(|key| Change::RevokeKey(key.id.clone())));
        let id = |id: &str| Box::<str>::from(id);
        changes.extend(state.shares_of(account).map(|it| Change::DeleteShare {
            account,
            id: id(&it.id),
        }));
        changes.extend(state.webhooks_of(account).map(|it| Change::DeleteWebhook {
            account,
            id: id(&it.id),
        }));
        changes.extend(state.segments_of(account).map(|it| Change::DeleteSegment {
            account,
            id: id(&it.id),
        }));
        changes.extend(
            state
                .annotations_of(account)
                .map(|it| Change::DeleteAnnotation {
                    account,
                    id: id(&it.id),
                }),
        );
        changes.extend(state.costs_of(account).map(|it| Change::DeleteCost {
            account,
            id: id(&it.id),
        }));
        Ok(changes)
    };
    let committed = app.catalog.commit_by(&By::Operator, decide).await;
    committed.map(drop).map_err(problem)
}

/// Takes away what its objects say, then the objects.
async fn objects(app: &App, account: EntityId) -> Result<(), Problem> {
    while some::<Link>(app, account, |old, new| {
        // Its address leads nobody else on.
        new.slug.clone_from(&old.slug);
        new.options.clone_from(&old.options);
        new.destination = DESTINATION.into();
    })
    .await?
    {}
    while some::<Pixel>(app, account, |old, new| {
        new.name = old.id.to_string().into()
    })
    .await?
    {}
    while some::<Goal>(app, account, |old, new| {
        new.name = old.id.to_string().into()
    })
    .await?
    {}
    while some::<Campaign>(app, account, |old, new| {
        new.name = old.id.to_string().into()
    })
    .await?
    {}
    // Links answered at them.
    let domains = |state: &catalog::State| {
        let domains = state.domains_of(account);
        Ok(domains
            .map(|it| Change::DeleteDomain(it.host.as_ref().into()))
            .collect::<Vec<_>>())
    };
    let committed = app.catalog.commit_by(&By::Operator, domains).await;
    committed.map(drop).map_err(problem)
}

/// Some objects; false if there are none any more.
async fn some<T: Resource>(
    app: &App,
    account: EntityId,
    keep: impl Fn(&T, &mut T),
) -> Result<bool, Problem> {
    let mut is_any = false;
    let decide = |state: &catalog::State| {
        let rows = T::table(state).of(account, None, TOGETHER);
        is_any = !rows.is_empty();
        let changes = rows.into_iter().flat_map(|old| {
            let mut new = T::blank(old.id(), account, app.env.clock.now_ms());
            keep(&old, &mut new);
            [new.put(), Change::Delete(old.id())]
        });
        Ok(changes.collect::<Vec<_>>())
    };
    let committed = app.catalog.commit_by(&By::Operator, decide).await;
    committed.map_err(problem)?;
    Ok(is_any)
}

/// Deletes the objects of a folder of the store.
async fn delete_all(app: &App, folder: Path) -> Result<(), StoreError> {
    let store = &app.env.store;
    let objects = store.list(Some(&folder));
    let paths = objects.map_ok(|object| object.location).boxed();
    let deleted = store.delete_stream(paths);
    let gone = |deleted: object_store::Result<Path>| async move {
        match deleted {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    };
    let done: object_store::Result<()> = deleted.then(gone).try_collect().await;
    done.map_err(|error| StoreError::request("delete files of", &folder, error))
}
