//! Lists of objects: searched, filtered, sorted, a page at a time.
//!
//! Rows are looked through in the order of their ids, some at a time so that nobody who changes the catalog waits, on a
//! thread that may take its time. An account has as many as its quota says.

use std::{cmp::Reverse, sync::Arc};

use catalog::CatalogError;
use model::EntityId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::Problem;

use super::{
    auth::Caller,
    objects::Resource,
    page::{self, Page},
};
use crate::{api_types::List, app::App};

/// Rows looked at under one lock.
const AT_ONCE: usize = 1_000;
/// Longest text that is searched for, characters.
const MAX_SEARCH: usize = 200;

/// What lists can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
pub(crate) enum Sort {
    /// By their ids.
    #[default]
    #[serde(rename = "id")]
    Id,
    /// The oldest first.
    #[serde(rename = "created")]
    Oldest,
    /// The newest first.
    #[serde(rename = "-created")]
    Newest,
}

macro_rules! queries {
    ($($(#[$about:meta])* $name:ident { $($(#[$field_about:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Default, Deserialize, IntoParams)]
        #[serde(deny_unknown_fields, default)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            /// Rows of the page.
            #[param(minimum = 1, maximum = 1000, default = 100, example = 100)]
            limit: Option<usize>,
            /// The `next_cursor` of the page before; without it the first page is given.
            #[serde(alias = "after")]
            cursor: Option<String>,
            /// Only those that have this somewhere in one of their texts, in capitals or not.
            #[param(max_length = 200, example = "spring")]
            search: Option<String>,
            /// Only those with this tag.
            #[param(example = "mail")]
            tag: Option<String>,
            /// What they are sorted by: `id`, `created` (the oldest first) or `-created`.
            #[param(inline, example = "-created")]
            sort: Sort,
            $($(#[$field_about])* $field: Option<$type>,)*
        }
    )*};
}
queries! {
    /// Which links are wanted. Their texts: slug, destination, title, note, external id.
    LinksQuery {
        /// Only those of this campaign, by its id or its name; empty: of none.
        #[param(example = "Spring")]
        campaign: String,
        /// Only those that answer at this domain; empty: at the installation's own.
        #[param(example = "")]
        domain: String,
        /// Only those that are archived, or only those that are not.
        #[param(example = false)]
        archived: bool,
    }
    /// Which are wanted. Their text: the name.
    ObjectsQuery {
        /// Only those of this campaign, by its id or its name; empty: of none.
        #[param(example = "Spring")]
        campaign: String,
    }
    /// Which campaigns are wanted. Their text: the name.
    CampaignsQuery {}
}

/// Which rows are wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    page: Page,
    search: Option<String>,
    tag: Option<String>,
    sort: Sort,
    campaign: Option<String>,
    domain: Option<String>,
    archived: Option<bool>,
}

macro_rules! wanted {
    ($($name:ident: $($field:ident)*;)*) => {$(
        #[allow(clippy::needless_update, reason = "some have all fields")]
        impl From<$name> for Wanted {
            fn from(asked: $name) -> Self {
                Self {
                    page: Page::new(asked.limit, asked.cursor),
                    search: asked.search,
                    tag: asked.tag,
                    sort: asked.sort,
                    $($field: asked.$field,)*
                    ..Self::default()
                }
            }
        }
    )*};
}
wanted! {
    LinksQuery: campaign domain archived;
    ObjectsQuery: campaign;
    CampaignsQuery: ;
}

/// What a row must be to be wanted.
struct Filter {
    search: Option<String>,
    tag: Option<String>,
    campaign: Option<Option<EntityId>>,
    domain: Option<Option<String>>,
    archived: Option<bool>,
}

impl Filter {
    fn fits<T: Resource>(&self, row: &T) -> bool {
        let has = |tag: &String| row.tags().iter().any(|own| **own == **tag);
        let finds = |text: &String| row.texts().any(|own| own.to_lowercase().contains(text));
        let place = row.place();
        self.tag.as_ref().is_none_or(has)
            && self
                .campaign
                .is_none_or(|campaign| row.campaign() == campaign)
            && (self.domain.as_ref()).is_none_or(|domain| place.domain == domain.as_deref())
            && self
                .archived
                .is_none_or(|archived| place.is_archived == archived)
            && self.search.as_ref().is_none_or(finds)
    }

    fn read(app: &App, account: EntityId, wanted: &Wanted) -> Result<Self, Problem> {
        let too_long = |text: &str| text.chars().count() > MAX_SEARCH;
        if wanted.search.as_deref().is_some_and(too_long) {
            let detail = format!("`search` must be at most {MAX_SEARCH} characters");
            return Err(Problem::bad_request("invalid_query", detail));
        }
        let campaign = |text: &String| {
            if text.is_empty() {
                return Ok(None);
            }
            let found = app.catalog.read(|state| {
                let row = state.campaigns.find(account, text);
                row.filter(|row| !row.deleted).map(|row| row.id)
            });
            let unknown = || CatalogError::not_found(text.chars().take(200).collect::<String>());
            let unknown = || Problem::bad_request("invalid_query", unknown().to_string());
            found.map(Some).ok_or_else(unknown)
        };
        let domain = |text: &String| (!text.is_empty()).then(|| text.to_lowercase());
        Ok(Self {
            search: wanted.search.as_ref().map(|text| text.to_lowercase()),
            tag: wanted.tag.clone(),
            campaign: wanted.campaign.as_ref().map(campaign).transpose()?,
            domain: wanted.domain.as_ref().map(domain),
            archived: wanted.archived,
        })
    }

    fn is_open(&self) -> bool {
        let others = self.domain.is_none() && self.archived.is_none();
        self.search.is_none() && self.tag.is_none() && self.campaign.is_none() && others
    }
}

/// The rows of a page.
pub(super) async fn list<T: Resource>(
    app: Arc<App>,
    caller: &Caller,
    wanted: Wanted,
) -> Result<List<T::View>, Problem> {
    let account = caller.account;
    let filter = Filter::read(&app, account, &wanted)?;
    if filter.is_open() && wanted.sort == Sort::Id {
        return by_id::<T>(&app, account, &wanted.page, &filter);
    }
    let _turn = app.turn(account).await?;
    let looked = move || match wanted.sort {
        Sort::Id => by_id::<T>(&app, account, &wanted.page, &filter),
        Sort::Oldest | Sort::Newest => by_age::<T>(&app, account, &wanted, &filter),
    };
    let looked = tokio::task::spawn_blocking(looked).await;
    looked.map_err(Problem::internal)?
}

/// Calls `act` with the rows that are wanted, in the order of their ids, until it says that it has enough.
fn look_through<T: Resource>(
    app: &App,
    account: EntityId,
    filter: &Filter,
    mut after: Option<EntityId>,
    mut act: impl FnMut(Arc<T>) -> bool,
) {
    loop {
        let read = |state: &catalog::State| T::table(state).of(account, after, AT_ONCE);
        let rows = app.catalog.read(read);
        let Some(last) = rows.last().map(|row| row.id()) else {
            return;
        };
        for row in rows {
            if filter.fits(&*row) && !act(row) {
                return;
            }
        }
        after = Some(last);
    }
}

fn by_id<T: Resource>(
    app: &App,
    account: EntityId,
    page: &Page,
    filter: &Filter,
) -> Result<List<T::View>, Problem> {
    let limit = page.limit()?;
    let after = page.after(|text| text.parse().ok().filter(|id: &EntityId| id.kind == T::KIND))?;
    let mut rows = Vec::new();
    look_through::<T>(app, account, filter, after, |row| {
        rows.push(row);
        rows.len() <= limit
    });
    let id = |row: &Arc<T>| row.id().to_string();
    Ok(page::answer(rows, limit, id, |row| row.view(app)))
}

/// A page goes on after a time and an id, so that what is made or deleted meanwhile moves no other row.
fn by_age<T: Resource>(
    app: &App,
    account: EntityId,
    wanted: &Wanted,
    filter: &Filter,
) -> Result<List<T::View>, Problem> {
    let limit = wanted.page.limit()?;
    let after = wanted.page.after(|text| {
        let (ms, id) = text.split_once('.')?;
        let id: EntityId = id.parse().ok()?;
        Some((ms.parse::<i64>().ok()?, id.raw))
    })?;
    let is_newest_first = wanted.sort == Sort::Newest;
    let mut rows: Vec<((i64, u64), Arc<T>)> = Vec::new();
    look_through::<T>(app, account, filter, None, |row| {
        let at = (row.place().created_ms, row.id().raw);
        let is_next = after.is_none_or(|after| match is_newest_first {
            true => at < after,
            false => at > after,
        });
        if is_next {
            rows.push((at, row));
        }
        true
    });
    match is_newest_first {
        true => rows.sort_unstable_by_key(|(at, _)| Reverse(*at)),
        false => rows.sort_unstable_by_key(|(at, _)| *at),
    }
    rows.truncate(limit + 1);
    let id = |((ms, _), row): &((i64, u64), Arc<T>)| format!("{ms}.{}", row.id());
    Ok(page::answer(rows, limit, id, |(_, row)| row.view(app)))
}
