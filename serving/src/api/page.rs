//! Lists, a page at a time.

use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;

use crate::api_types::List;

/// Rows of a page unless asked otherwise.
const USUAL: usize = 100;
/// Most rows of a page.
const MOST: usize = 1_000;

/// Which page is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// Rows of the page.
    #[param(minimum = 1, maximum = 1000, default = 100, example = 100)]
    limit: usize,
    /// The `next_cursor` of the page before; without it the first page is given.
    #[serde(alias = "after")]
    pub cursor: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            limit: USUAL,
            cursor: None,
        }
    }
}

impl Page {
    /// A page as it was asked for.
    pub(crate) fn new(limit: Option<usize>, cursor: Option<String>) -> Self {
        let limit = limit.unwrap_or(USUAL);
        Self { limit, cursor }
    }

    /// How many rows are wanted.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        match (1..=MOST).contains(&self.limit) {
            true => Ok(self.limit),
            false => Err(Problem::bad_request(
                "invalid_query",
                format!("`limit` must be from 1 to {MOST}"),
            )),
        }
    }

    /// What `cursor` names.
    pub(crate) fn after<T>(
        &self,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let wrong = || {
            Problem::bad_request(
                "invalid_query",
                "`cursor` must be the `next_cursor` of the page before",
            )
        };
        self.cursor
            .as_deref()
            .map(|text| parse(text).ok_or_else(wrong))
            .transpose()
    }
}

/// The answer for `rows`, of which one more than `limit` was looked up.
pub(crate) fn answer<T, V>(
    mut rows: Vec<T>,
    limit: usize,
    id: impl Fn(&T) -> String,
    view: impl Fn(&T) -> V,
) -> List<V> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    List {
        next_cursor: rows.last().filter(|_| more).map(id),
        items: rows.iter().map(view).collect(),
    }
}
