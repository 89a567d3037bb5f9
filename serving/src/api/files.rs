//! Files of events, sent while they are written. A file's bytes are a function of its moment, its question and its form, and
//! its `ETag` names these: whoever was cut off asks for the rest (RFC 9110 §13, §14), for which the file is written again and
//! passed over up to there.

mod range;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use asking::{AskError, Form, Selection, Written};
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use handover::reading::Missing;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use web::Problem;

pub(super) use self::range::Part;
use crate::{app::App, rooms::Place, stats::events};

/// Changes when the same rows are written otherwise: what was begun before is not gone on with.
const WRITING: u8 = 1;
/// Says of which moment a file is, as `meta.as_of` of other answers does.
const AS_OF: HeaderName = HeaderName::from_static("millrace-as-of");
/// Says whether all that was recorded until then is in it, as `meta.complete` does.
const COMPLETE: HeaderName = HeaderName::from_static("millrace-complete");
/// Says which day is the first whose events are kept, as `meta.kept_from` does.
pub(super) const KEPT_FROM: HeaderName = HeaderName::from_static("millrace-kept-from");
/// Files whose length is remembered.
const LENGTHS: usize = 1_000;

/// The form of a file, if one is asked for.
pub(super) fn accepted(headers: &HeaderMap) -> Option<Form> {
    let forms = [Form::Ndjson, Form::Csv, Form::Arrow, Form::Parquet];
    forms.into_iter().find(|form| {
        let kind = media_type(*form).split(';').next().unwrap_or_default();
        web::accepts(headers, kind)
    })
}

fn media_type(form: Form) -> &'static str {
    match form {
        Form::Ndjson => "application/x-ndjson",
        Form::Csv => "text/csv; charset=utf-8",
        Form::Arrow => "application/vnd.apache.arrow.stream",
        Form::Parquet => "application/vnd.apache.parquet",
    }
}

/// So much is written before anything is sent, if there is as much: whoever asks too much is told so, by a status.
const BEGINNING: usize = 64 << 10;

/// What is written, once it has begun well: what fails in the beginning is answered as a problem. Of an error that comes
/// later the end of the connection tells, which takes with it what was not sent yet.
pub(super) async fn begun(written: Written) -> Result<Written, Problem> {
    // It may be at its end already, and is asked again.
    let mut written = written.fuse();
    let (mut pieces, mut length) = (Vec::new(), 0);
    while length < BEGINNING
        && let Some(piece) = written.try_next().await.map_err(events::problem)?
    {
        length += piece.len();
        pieces.push(Ok(piece));
    }
    Ok(stream::iter(pieces).chain(written).boxed())
}

/// What is sent while it is written. The account's place is held until its end.
pub(super) fn streamed(written: Written, form: Form, turn: Place) -> Response {
    let held = written.map_err(std::io::Error::other).map_ok(move |piece| {
        let _held = &turn;
        piece
    });
    let mut response = Response::new(Body::from_stream(held));
    let kind = HeaderValue::from_static(media_type(form));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// All events of a selection as a file.
pub(super) struct File {
    pub selection: Selection,
    pub form: Form,
    /// Whether its moment was named by who asks, so that its address stands for these bytes and no others.
    pub is_of_named_moment: bool,
    /// What is missing of that moment.
    pub missing: Vec<Missing>,
    /// The first day whose events it has, if that is not the first that was asked for.
    pub kept_from: Option<String>,
}

impl File {
    /// Answers with all of it, or with the part that is asked for.
    pub(super) async fn send(
        self,
        app: &Arc<App>,
        part: Part,
        turn: Place,
    ) -> Result<Response, Problem> {
        let tag = self.tag();
        let known = app.lengths.get(&tag);
        let Some(range) = part.range(&tag, self.is_of_named_moment) else {
            let (lengths, of) = (Arc::clone(app), tag.clone());
            let written = noting(self.write(app).await?, move |length| {
                lengths.lengths.note(of, length);
            });
            return Ok(self.answer(streamed(written, self.form, turn), &tag, known));
        };
        let length = match known {
            Some(length) => length,
            None => self.count(app).await?,
        };
        app.lengths.note(tag.clone(), length);
        let Some((first, end)) = range.within(length) else {
            return Ok(beyond(length));
        };
        let written = between(self.write(app).await?, first, end);
        let mut response = streamed(written, self.form, turn);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let said = format!("bytes {first}-{}/{length}", end - 1);
        set(&mut response, header::CONTENT_RANGE, &said);
        Ok(self.answer(response, &tag, Some(end - first)))
    }

    async fn write(&self, app: &App) -> Result<Written, Problem> {
        let written = app.events.export(self.selection.clone(), self.form).await;
        begun(written.map_err(events::problem)?).await
    }

    /// How long it is: a part is not sent without saying of how much.
    async fn count(&self, app: &App) -> Result<u64, Problem> {
        let written = self.write(app).await?;
        let length = written.try_fold(
            0,
            |length, piece| async move { Ok(length + piece.len() as u64) },
        );
        length.await.map_err(events::problem)
    }

    fn answer(&self, mut response: Response, tag: &str, length: Option<u64>) -> Response {
        set(&mut response, AS_OF, &self.as_of());
        set(
            &mut response,
            COMPLETE,
            &self.missing.is_empty().to_string(),
        );
        if let Some(day) = &self.kept_from {
            set(&mut response, KEPT_FROM, day);
        }
        set(&mut response, header::ETAG, tag);
        set(&mut response, header::ACCEPT_RANGES, "bytes");
        if let Some(length) = length {
            set(&mut response, header::CONTENT_LENGTH, &length.to_string());
        }
        response
    }

    /// Names its bytes: the moment, as it is, and a hash of all that they depend on beside it.
    fn tag(&self) -> String {
        let Selection {
            account,
            minutes,
            filters,
            ..
        } = &self.selection;
        let filters: Vec<_> = filters
            .iter()
            .map(|filter| (filter.column.name, filter.is_not, &filter.values))
            .collect();
        let version = (env!("CARGO_PKG_VERSION"), WRITING);
        let of = format!(
            "{version:?} {account} {minutes:?} {filters:?} {:?}",
            self.form
        );
        let hash = blake3::hash(of.as_bytes()).to_hex();
        range::tag(&self.as_of(), &hash[..24])
    }

    fn as_of(&self) -> String {
        events::token(&self.selection.moment, &self.missing)
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// 416: there is nothing at that place.
fn beyond(length: u64) -> Response {
    let detail = format!("the file has {length} bytes, and none of them is in this range");
    let status = StatusCode::RANGE_NOT_SATISFIABLE;
    let mut response = Problem::new(status, "no_such_range", detail).into_response();
    let said = format!("bytes */{length}");
    set(&mut response, header::CONTENT_RANGE, &said);
    response
}

/// The bytes from `first` on, and before `end`. The others are written, too, but those behind.
fn between(written: Written, first: u64, end: u64) -> Written {
    let next = move |(mut written, mut at): (Written, u64)| async move {
        while at < end
            && let Some(piece) = written.try_next().await?
        {
            let within = |place: u64| place.saturating_sub(at).min(piece.len() as u64) as usize;
            let wanted: Bytes = piece.slice(within(first)..within(end));
            at += piece.len() as u64;
            if !wanted.is_empty() {
                return Ok(Some((wanted, (written, at))));
            }
        }
        Ok::<_, AskError>(None)
    };
    stream::try_unfold((written, 0), next).boxed()
}

/// The same bytes; when all of them were taken, it is noted how many they were.
fn noting<N: FnOnce(u64) + Send + 'static>(written: Written, note: N) -> Written {
    let next = |(mut written, length, note): (Written, u64, N)| async move {
        match written.try_next().await? {
            Some(piece) => {
                let length = length + piece.len() as u64;
                Ok(Some((piece, (written, length, note))))
            }
            None => {
                note(length);
                Ok::<_, AskError>(None)
            }
        }
    };
    stream::try_unfold((written, 0, note), next).boxed()
}

/// The lengths of files that were written to their end, the oldest first.
#[derive(Default)]
pub(crate) struct Lengths(Mutex<VecDeque<(String, u64)>>);

impl Lengths {
    fn get(&self, tag: &str) -> Option<u64> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(of, _)| of == tag);
        found.map(|(_, length)| *length)
    }

    fn note(&self, tag: String, length: u64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.iter().any(|(of, _)| *of == tag) {
            return;
        }
        if known.len() >= LENGTHS {
            known.pop_front();
        }
        known.push_back((tag, length));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(pieces: &[&'static str]) -> Written {
        let pieces: Vec<_> = pieces.iter().map(|text| Ok(Bytes::from(*text))).collect();
        stream::iter(pieces).boxed()
    }

    async fn text(written: Written) -> String {
        let pieces: Vec<Bytes> = written.try_collect().await.unwrap();
        String::from_utf8(pieces.concat()).unwrap()
    }

    #[tokio::test]
    async fn any_part_is_that_part_of_the_whole() {
        let pieces = ["ab", "cde", "", "f", "ghij"];
        let whole = pieces.concat();
        for first in 0..=whole.len() {
            for end in first..=whole.len() {
                let part = between(written(&pieces), first as u64, end as u64);
                assert_eq!(text(part).await, whole[first..end], "{first}..{end}");
            }
        }
    }

    #[tokio::test]
    async fn a_length_is_noted_when_all_was_taken_and_not_after_a_failure() {
        let lengths = Arc::new(Lengths::default());
        let note = |tag: &str| {
            let (lengths, tag) = (Arc::clone(&lengths), tag.to_owned());
            move |length| lengths.note(tag, length)
        };
        assert_eq!(
            text(noting(written(&["ab", "c"]), note("whole"))).await,
            "abc"
        );
        let mut begun = noting(written(&["ab", "c"]), note("begun"));
        begun.try_next().await.unwrap();
        drop(begun);
        let failed = stream::iter([Ok(Bytes::from("a")), Err(AskError::Sql("x".into()))]);
        let failed = noting(failed.boxed(), note("failed"));
        assert!(failed.try_collect::<Vec<_>>().await.is_err());
        let known = ["whole", "begun", "failed"].map(|tag| lengths.get(tag));
        assert_eq!(known, [Some(3), None, None]);
        for number in 0..LENGTHS {
            lengths.note(number.to_string(), 1);
        }
        assert_eq!((lengths.get("whole"), lengths.get("0")), (None, Some(1)));
    }
}
