//! What an account has beside its objects, each with an id of text: costs, annotations, segments, shares, webhooks. They are
//! listed, shown, changed and deleted in one way.

use std::sync::Arc;

use axum::{Json, response::Response};
use catalog::{CatalogError, Change, State};
use http::StatusCode;
use model::EntityId;
use serde::Serialize;
use serde_json::json;
use web::Problem;

use super::{
    auth::Caller,
    failure::problem,
    once::{self, Doer, Once},
    page::{self, Page},
    preconditions::{IfMatch, refused},
};
use crate::{api_types::List, app::App};

/// Something of an account.
pub(super) trait Entry: Clone + PartialEq + Send + Sync + 'static {
    /// As clients see it.
    type View: Serialize + Send;
    /// Where they are: `/v1/` and this.
    const PATH: &'static str;

    /// The one with this id.
    fn find<'a>(state: &'a State, account: EntityId, id: &str) -> Option<&'a Arc<Self>>;
    /// All of an account, in the order of their ids.
    fn all(state: &State, account: EntityId) -> impl Iterator<Item = &Arc<Self>>;
    fn id(&self) -> &str;
    fn view(&self, state: &State) -> Self::View;
    fn put(self) -> Change;
    fn delete(account: EntityId, id: Box<str>) -> Change;
}

/// The one of an account with this id. Nobody is told of those of others.
pub(super) fn own<T: Entry>(
    state: &State,
    account: EntityId,
    id: &str,
) -> Result<Arc<T>, CatalogError> {
    let row = T::find(state, account, id).cloned();
    row.ok_or_else(|| CatalogError::not_found(id.chars().take(64).collect::<String>()))
}

/// Makes one.
pub(super) async fn create<T: Entry>(
    app: &App,
    caller: &Caller,
    once: Option<&Once>,
    mut make: impl FnMut(&State) -> Result<T, CatalogError>,
) -> Result<Response, Problem> {
    let decide = |state: &State| {
        let made = make(state)?;
        let location = format!("/v1/{}/{}", T::PATH, made.id());
        let reply = once::created(location, &made.view(state));
        Ok((vec![made.put()], reply))
    };
    once::answer(app, &Doer::from(caller), once, 1, decide).await
}

/// A page of those that fit.
pub(super) fn list<T: Entry>(
    app: &App,
    account: EntityId,
    page: &Page,
    fits: impl Fn(&T) -> bool,
) -> Result<Json<List<T::View>>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| Some(text.to_owned()))?;
    let is_next = |row: &&Arc<T>| after.as_deref().is_none_or(|after| row.id() > after);
    let list = app.catalog.read(|state| {
        let rows = T::all(state, account).filter(is_next);
        let rows: Vec<&Arc<T>> = rows.filter(|row| fits(row)).take(limit + 1).collect();
        page::answer(
            rows,
            limit,
            |row| row.id().to_owned(),
            |row| row.view(state),
        )
    });
    Ok(Json(list))
}

/// One of them.
pub(super) fn read<T: Entry>(
    app: &App,
    account: EntityId,
    id: &str,
) -> Result<Json<T::View>, Problem> {
    let shown = app
        .catalog
        .read(|state| own::<T>(state, account, id).map(|row| row.view(state)));
    shown.map(Json).map_err(problem)
}

/// Puts in the place of one what `change` makes of it.
pub(super) async fn change<T: Entry>(
    app: &App,
    caller: &Caller,
    id: &str,
    if_match: &IfMatch,
    mut change: impl FnMut(&State, &T) -> Result<T, CatalogError>,
) -> Result<Json<T::View>, Problem> {
    let (mut changed, mut stale) = (None, None);
    let decide = |state: &State| {
        let old = own::<T>(state, caller.account, id)?;
        if_match.check(id, || json!(old.view(state)), &mut stale)?;
        let new = change(state, &old)?;
        changed = Some(new.view(state));
        Ok(match new == *old {
            true => Vec::new(),
            false => vec![new.put()],
        })
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(|error| refused(error, stale))?;
    let changed = changed.ok_or_else(|| Problem::internal("a change decided nothing"))?;
    Ok(Json(changed))
}

/// Deletes one.
pub(super) async fn delete<T: Entry>(
    app: &App,
    caller: &Caller,
    id: &str,
    if_match: &IfMatch,
) -> Result<StatusCode, Problem> {
    let mut stale = None;
    let decide = |state: &State| {
        let row = own::<T>(state, caller.account, id)?;
        if_match.check(id, || json!(row.view(state)), &mut stale)?;
        Ok(vec![T::delete(caller.account, row.id().into())])
    };
    let committed = app.catalog.commit_by(&caller.by(), decide).await;
    committed.map_err(|error| refused(error, stale))?;
    Ok(StatusCode::NO_CONTENT)
}
