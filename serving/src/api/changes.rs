//! Who changed what, and taking it back. The catalog's ledger is the history: see [`catalog::record`].

mod rows;
mod undo;

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State, response::Response};
use catalog::{CatalogError, Change, Decided, Record, Reply, Scope, plan::INSTALLATION};
use futures::{StreamExt, TryStreamExt};
use http::StatusCode;
use model::{EntityId, time::rfc3339};
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;
use web::Problem;

use self::rows::{Row, fields, row_of};
use super::{
    auth::{Reach, Writer},
    failure::problem,
    once::{self, Doer, Named},
    params::{Params, Segment},
};
use crate::{
    api_types::{List, ObjectChange},
    app::App,
    openapi::refusals::{
        Again, ChangeId, Commit, Key, Name, Query, Refusals, StoreDown, TooMany, Undo,
    },
};

/// Changes of a page, unless asked otherwise, and at most.
const USUAL: usize = 50;
const MOST: usize = 200;
/// Entries that are read for one page: one that finds too little in them says where to go on.
const LOOKED_AT: usize = 256;
/// Entries that are read at once.
const AT_ONCE: usize = 8;

/// Which changes are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChangesQuery {
    /// Changes of the page. It may have fewer and yet a `next_cursor`, where few are of the object that is asked for.
    #[param(minimum = 1, maximum = 200, default = 50, example = 50)]
    limit: Option<usize>,
    /// The `next_cursor` of the page before; without it the newest are given.
    #[serde(alias = "after")]
    cursor: Option<String>,
    /// Only those of the object with this id.
    #[param(example = "lnk_0000000000005")]
    object: Option<String>,
}

/// Which change: the entry, and its place in it.
type Place = (u64, usize);

fn parse_place(text: &str) -> Option<Place> {
    let (n, at) = text.split_once('.')?;
    Some((n.parse().ok()?, at.parse().ok()?))
}

/// An entry of the ledger, as history.
struct Entry {
    at_ms: i64,
    record: Record,
    /// Its changes of rows, in order.
    changes: Vec<Change>,
}

impl Entry {
    /// Entry `n`, if it says who made it.
    async fn read(app: &App, n: u64) -> Result<Option<Self>, Problem> {
        let Some((at_ms, all)) = app.catalog.entry(n).await? else {
            return Ok(None);
        };
        let (mut record, mut changes) = (None, Vec::new());
        for change in all {
            match change {
                Change::Record(told) => record = Some(*told),
                Change::Format(_) | Change::Answered(_) | Change::KeyUsed { .. } => {}
                change => changes.push(change),
            }
        }
        Ok(record.map(|record| Self {
            at_ms,
            record,
            changes,
        }))
    }

    /// What changed of rows of `account`, with the places of the changes: each before and after.
    fn rows(&self, account: EntityId) -> Vec<(usize, Row)> {
        let before = self.record.before.iter();
        let before: HashMap<(&str, String), &Change> = before
            .filter_map(|change| Some((rows::name_of(change)?, change)))
            .collect();
        let changes = self.changes.iter().enumerate();
        let rows = changes.filter_map(|(at, change)| {
            let name = rows::name_of(change)?;
            let old = before.get(&name).copied();
            Some((at, row_of(name, old, change)?))
        });
        rows.filter(|(_, row)| row.account == account).collect()
    }

    fn told(&self, app: &App, state: &catalog::State, at: usize, row: &Row) -> ObjectChange {
        // A row that was too large to be kept as it was looks like a new one.
        let is_whole = !self.record.is_cut || row.before.is_some();
        ObjectChange {
            id: format!("{}.{at}", self.record.n),
            at: rfc3339(self.at_ms),
            by: self.record.by.clone().into(),
            kind: row.kind,
            object: row.id.clone(),
            what: match (&row.before, &row.after) {
                (_, None) => "deleted",
                (None, _) if is_whole => "created",
                _ => "changed",
            },
            fields: fields(app, state, row),
            undoes: self.record.undoes.clone(),
            undoable: is_whole && undo::may(row, &self.record.by).is_ok(),
        }
    }
}

/// Lists who changed what, the newest first
///
/// The last 10,000 requests that changed something of the account are found, each with all that it changed. To whoever runs
/// the installation they are what changed of plans.
#[utoipa::path(
    get, path = "/v1/changes", tag = "Changes",
    params(ChangesQuery),
    responses(
        (status = 200, description = "A page of them.", body = List<ObjectChange>),
        Refusals<(Key, Query, StoreDown, TooMany)>,
    ),
    security(("key" = ["read"]), ("admin_token" = [])),
)]
pub(crate) async fn list_changes(
    State(app): State<Arc<App>>,
    reach: Reach,
    Params(asked): Params<ChangesQuery>,
) -> Result<Json<List<ObjectChange>>, Problem> {
    let limit = asked.limit.unwrap_or(USUAL);
    let wrong = |what: String| Problem::bad_request("invalid_query", what);
    if !(1..=MOST).contains(&limit) {
        return Err(wrong(format!("`limit` must be from 1 to {MOST}")));
    }
    let after = match asked.cursor.as_deref().map(parse_place) {
        Some(None) => {
            return Err(wrong(
                "`cursor` must be the `next_cursor` of the page before".into(),
            ));
        }
        place => place.flatten(),
    };
    let account = match reach {
        Reach::Installation => INSTALLATION,
        Reach::Account(caller) => caller.account,
    };
    let _turn = app.turn(account).await?;
    page(&app, account, limit, after, asked.object.as_deref())
        .await
        .map(Json)
}

async fn page(
    app: &App,
    account: EntityId,
    limit: usize,
    after: Option<Place>,
    object: Option<&str>,
) -> Result<List<ObjectChange>, Problem> {
    // The entry that the page before ended in is read again: it may have more.
    let before = after.map_or(u64::MAX, |(n, _)| n.saturating_add(1));
    let numbers = |state: &catalog::State| state.entries_of(account, before, LOOKED_AT);
    let numbers = app.catalog.read(numbers);
    let is_all = numbers.len() < LOOKED_AT;
    let last = numbers.last().copied();
    let mut entries = futures::stream::iter(numbers)
        .map(|n| Entry::read(app, n))
        .buffered(AT_ONCE);
    let mut items: Vec<ObjectChange> = Vec::new();
    while let Some(entry) = entries.try_next().await? {
        let Some(entry) = entry else { continue };
        let n = entry.record.n;
        let is_next = |at: usize| after.is_none_or(|(last, place)| n != last || at > place);
        let rows = entry.rows(account).into_iter();
        let rows = rows.filter(|(at, row)| is_next(*at) && object.is_none_or(|id| row.id == id));
        for (at, row) in rows {
            if items.len() == limit {
                let next_cursor = items.last().map(|last| last.id.clone());
                return Ok(List { items, next_cursor });
            }
            items.push(app.catalog.read(|state| entry.told(app, state, at, &row)));
        }
    }
    let next_cursor = last.filter(|_| !is_all);
    let next_cursor = next_cursor.map(|n| format!("{n}.{}", u32::MAX));
    Ok(List { items, next_cursor })
}

/// Takes a change back
///
/// What it made is deleted, what it deleted is there again, and the fields that it changed are as before, if nobody has
/// changed them since; that is a change itself. Keys, shares, and what whoever runs the installation has set stay.
#[utoipa::path(
    post, path = "/v1/changes/{id}/undo", tag = "Changes",
    params(("id" = String, Path, description = "The change's id.", example = "3.0")),
    responses(
        (status = 200, description = "The change that took it back.", body = ObjectChange),
        Refusals<(Key, Name, Commit, Again, (Undo, ChangeId))>,
    ),
    security(("key" = ["write"])),
)]
pub(crate) async fn undo_change(
    State(app): State<Arc<App>>,
    Writer(caller): Writer,
    Segment(id): Segment,
    Named(once): Named,
) -> Result<Response, Problem> {
    let wrong = || {
        let detail = "the id of a change is two numbers such as 17.0";
        Problem::bad_request("invalid_id", detail)
    };
    let (n, at) = parse_place(&id).ok_or_else(wrong)?;
    let nothing = || {
        problem(CatalogError::not_found(
            id.chars().take(64).collect::<String>(),
        ))
    };
    let entry = Entry::read(&app, n).await?.ok_or_else(nothing)?;
    let rows = entry.rows(caller.account).into_iter();
    let mut rows = rows.filter(|(place, _)| *place == at);
    let (_, row) = rows.next().ok_or_else(nothing)?;
    if row.kind == "account" {
        caller.require(Scope::Admin)?;
    }
    if entry.record.is_cut && row.before.is_none() {
        let why = "what was before is too large to be kept".to_owned();
        return Err(problem(CatalogError::NotUndone { why }));
    }
    undo::may(&row, &entry.record.by).map_err(problem)?;
    let now_ms = app.env.clock.now_ms();
    let is_verified = app.domain_verification.by == crate::deps::DomainVerification::None;
    let decide = |state: &catalog::State| {
        let (change, undone) = undo::undo(state, &row, now_ms, is_verified)?;
        let made = Entry {
            at_ms: now_ms,
            record: Record {
                n: state.n + 1,
                by: caller.by(),
                accounts: [caller.account].into(),
                before: Vec::new(),
                is_cut: false,
                undoes: Some(id.as_str().into()),
            },
            changes: Vec::new(),
        };
        let reply = Reply {
            status: StatusCode::OK.as_u16(),
            location: None,
            body: json!(made.told(&app, state, 0, &undone)),
            salt: None,
        };
        let decided = Decided {
            changes: vec![change],
            undoes: made.record.undoes,
        };
        Ok((decided, reply))
    };
    once::answer(&app, &Doer::from(&caller), once.as_ref(), 0, decide).await
}
