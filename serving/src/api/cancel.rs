//! Questions in SQL that are being answered, so that they can be taken back: `DELETE /v1/query/{id}`. There are as many as
//! there is room for answers.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use asking::{AskError, Written};
use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use model::{EntityId, random::new_row_id};
use tokio_util::sync::CancellationToken;
use web::Problem;

use super::{auth::Reader, params::Segment};
use crate::{
    app::App,
    openapi::refusals::{Key, Name, Nothing, Refusals},
};

/// Longest id, bytes.
const MOST: usize = 64;

/// Those that are being answered, by account and id.
#[derive(Clone, Default)]
pub(crate) struct Questions(Arc<Mutex<HashMap<(EntityId, String), CancellationToken>>>);

/// One of them, until it is dropped.
pub(crate) struct Question {
    of: Questions,
    key: (EntityId, String),
    taken_back: CancellationToken,
}

impl Questions {
    /// Notes that a question is being answered, under the id that its account gave it, or one of ours.
    pub(crate) fn begin(
        &self,
        app: &App,
        account: EntityId,
        id: Option<String>,
    ) -> Result<Question, Problem> {
        let id = match id {
            Some(id) => checked(id)?,
            None => new_row_id("qry_", &*app.env.random),
        };
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match running.entry((account, id)) {
            Entry::Occupied(_) => {
                let detail = "a question with this `query_id` is being answered: give another one";
                Err(Problem::conflict("query_id_taken", detail))
            }
            Entry::Vacant(free) => {
                let (key, taken_back) = (free.key().clone(), CancellationToken::new());
                free.insert(taken_back.clone());
                Ok(Question {
                    of: self.clone(),
                    key,
                    taken_back,
                })
            }
        }
    }

    /// Takes one back; whether it was there.
    fn cancel(&self, account: EntityId, id: &str) -> bool {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = running.get(&(account, id.to_owned()));
        found.inspect(|question| question.cancel()).is_some()
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        let mut running = self.of.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.key);
    }
}

impl Question {
    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.key.1
    }

    /// Does the work, unless it is taken back before it is done: then the work is dropped where it is.
    pub(super) async fn unless_taken_back<T>(
        &self,
        work: impl Future<Output = Result<T, AskError>>,
    ) -> Result<T, AskError> {
        let done = self.taken_back.run_until_cancelled(work).await;
        done.unwrap_or(Err(AskError::TakenBack))
    }

    /// The same of rows that are written while they are read: they end in an error.
    pub(super) fn watch(self, written: Written) -> Written {
        let next = |(mut written, question): (Written, Self)| async move {
            let piece = question.unless_taken_back(written.try_next()).await?;
            Ok::<_, AskError>(piece.map(|piece| (piece, (written, question))))
        };
        stream::try_unfold((written, self), next).boxed()
    }
}

fn checked(id: String) -> Result<String, Problem> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match (1..=MOST).contains(&id.len()) && id.bytes().all(is_plain) {
        true => Ok(id),
        false => {
            let detail = format!("`query_id` must be 1 to {MOST} letters, digits, `-`, `_` or `.`");
            Err(Problem::bad_request("invalid_query_id", detail))
        }
    }
}

/// Takes back a question in SQL that is being answered
///
/// Its answer is 409 `cancelled`, or a file that is cut off, and its work ends. The id is its `query_id`, or what
/// `Millrace-Query-Id` said. Of several processes of the API it must be the one that answers.
#[utoipa::path(
    delete, path = "/v1/query/{id}", tag = "Numbers",
    params(("id" = String, Path, description = "The question's id.", example = "report-8")),
    responses(
        (status = 204, description = "It is taken back."),
        Refusals<(Key, Name, Nothing)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn cancel_query(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    Segment(id): Segment,
) -> Result<StatusCode, Problem> {
    match app.asked.cancel(caller.account, &id) {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found(
            "no question with this id is being answered here",
        )),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::testing::Site;

    #[tokio::test]
    async fn a_question_is_taken_back_by_its_account_alone_and_its_id_is_free_again() {
        let site = Site::new().await;
        let (account, key) = site.account().await;
        let (other, stranger) = site.account().await;
        let app = &site.app;
        let begin = |account| app.asked.begin(app, account, Some("report-7".into()));
        let question = begin(account).unwrap();
        assert_eq!(begin(account).err().unwrap().code, "query_id_taken");
        let _theirs = begin(other).unwrap();
        let cancel = |key| site.call("DELETE", "/v1/query/report-7", key, serde_json::Value::Null);
        let work = question.unless_taken_back(async {
            assert_eq!(cancel(&stranger).await.0, 204, "its own");
            Ok(7)
        });
        assert_eq!(work.await.unwrap(), 7, "not this one");
        assert_eq!(cancel(&key).await.0, 204);
        let never = question.unless_taken_back(std::future::pending::<Result<(), _>>());
        assert!(matches!(never.await, Err(AskError::TakenBack)));
        let pieces = stream::iter([Ok(Bytes::from("a"))]).chain(stream::pending());
        let rows: Vec<_> = question.watch(pieces.boxed()).collect().await;
        assert!(
            matches!(rows.last(), Some(Err(AskError::TakenBack))),
            "{rows:?}"
        );
        assert_eq!(cancel(&key).await.0, 404, "it has ended");
        let again = begin(account).unwrap();
        assert_eq!(again.id(), "report-7");
        for wrong in ["", "a b", "a/b", &"x".repeat(65)] {
            let refused = app.asked.begin(app, account, Some(wrong.into()));
            assert_eq!(refused.err().unwrap().code, "invalid_query_id", "{wrong}");
        }
        let ours = app.asked.begin(app, account, None).unwrap();
        assert!(ours.id().starts_with("qry_"));
    }
}
