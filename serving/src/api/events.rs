//! `GET /v1/events` and `POST /v1/query`: the events themselves, as a page, as a file, and as a table for SQL.

use std::sync::Arc;

use asking::{Filter, Form, ListAsked, Moment, Selection, SqlAsked, Written};
use axum::{
    Json,
    extract::{FromRequestParts, State},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt;
use http::{HeaderMap, HeaderName, Method, request::Parts};
use model::{EntityId, EventId, time};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use web::Problem;

use super::{
    auth::{Caller, Reader},
    body::Body as JsonBody,
    files::{File, KEPT_FROM, Part, accepted, begun, streamed},
    segments,
};
use crate::{
    api_types::{EventsMeta, EventsPage, ListedEvent, Rows},
    app::App,
    openapi::refusals::{
        Body as BodyRefusals, Busy, Cancelled, EventsAsked, Key, NoSql, NoSuchRange, Nothing,
        Question, Refusals, StoreDown, TooMany,
    },
    rooms::{Crowded, FILES, Place},
    stats::{FilterParams, Query, StatsQuery, events, live, understand_of},
};

/// Events of a page, unless asked otherwise, and at most.
const USUAL: usize = 100;
const MOST: usize = 1_000;
/// Rows of an answer to SQL, unless asked otherwise, and at most as JSON and otherwise.
const USUAL_ROWS: usize = 10_000;
const MOST_JSON_ROWS: usize = 50_000;
const MOST_ROWS: usize = 5_000_000;
/// Says under which id a question can be taken back.
const QUERY_ID: HeaderName = HeaderName::from_static("millrace-query-id");
/// Bytes of an answer to SQL as JSON, at most.
const MOST_JSON: usize = 16 << 20;

/// Which events are wanted: the parameters are those of `/v1/stats`.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "most of it is what the document says; the text is read as that of `/v1/stats`"
)]
pub(crate) struct EventsQuery {
    /// From then on: RFC 3339 on a whole minute, or a date.
    #[param(example = "2026-01-01")]
    start: Option<String>,
    /// Before then.
    #[param(example = "2026-01-03")]
    end: Option<String>,
    /// Where `start` or `end` are not given: `today`, `yesterday`, `mtd`, or a number of hours or days.
    #[param(example = "7d", default = "7d")]
    range: Option<String>,
    /// IANA name of the time zone in which days begin; the account's unless given.
    #[param(example = "Europe/Berlin")]
    timezone: Option<String>,
    /// Whether events of bots are left out.
    #[param(value_type = Option<bool>, example = true, default = false)]
    exclude_bots: Option<String>,
    /// Events of a page; files have all.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100, example = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before. As long as pages are of one `as_of`, none has an event twice.
    cursor: Option<String>,
    /// The moment of an answer before: its `meta.as_of`.
    #[param(example = "0")]
    as_of: Option<String>,
    /// Only of this link, by id or slug; or of several, or of all others, as with every filter.
    #[param(example = "spring")]
    link: Option<String>,
    /// Only of this pixel.
    #[param(example = "Footer")]
    pixel: Option<String>,
    /// Only of this goal.
    #[param(example = "Sale")]
    goal: Option<String>,
    /// Only of this campaign.
    #[param(example = "Spring")]
    campaign: Option<String>,
    /// Filters that have a name: the name or the id of a segment.
    #[param(example = "German mail")]
    segment: Option<String>,
    /// The rest, for the parser of `/v1/stats`.
    #[param(ignore)]
    text: String,
}

/// Names that `/v1/stats` knows and that make no sense here.
const NOT_HERE: [&str; 5] = ["metrics", "interval", "group_by", "order", "compare"];

impl FromRequestParts<Arc<App>> for EventsQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let text = parts.uri.query().unwrap_or_default();
        let mut asked = Self::default();
        let mut rest = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "limit" => asked.limit = Some(value.into_owned()),
                "cursor" | "after" => asked.cursor = Some(value.into_owned()),
                name if NOT_HERE.contains(&name) => {
                    let detail = format!(
                        "there is no parameter `{name}` here: this is about events, not sums"
                    );
                    return Err(Problem::bad_request("unknown_parameter", detail));
                }
                name => drop(rest.append_pair(name, &value)),
            }
        }
        asked.text = rest.finish();
        Ok(asked)
    }
}

impl EventsQuery {
    fn understand(&self, app: &App, account: EntityId) -> Result<Query, Problem> {
        let mut asked = segments::join(app, account, StatsQuery::parse(&self.text)?)?;
        asked.exclude_bots = asked.exclude_bots.or(Some("false".into()));
        understand_of(app, account, &asked)
    }

    fn limit(&self) -> Result<usize, Problem> {
        let limit = self
            .limit
            .as_deref()
            .map_or(Some(USUAL), |text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=MOST).contains(limit));
        let wrong = || Problem::bad_request("invalid_limit", format!("limit must be 1 to {MOST}"));
        limit.ok_or_else(wrong)
    }

    /// When the last event of the page before happened, and its id.
    fn after(&self) -> Result<Option<(i64, EventId)>, Problem> {
        let Some(text) = &self.cursor else {
            return Ok(None);
        };
        let parsed = text
            .split_once('.')
            .and_then(|(ms, id)| Some((ms.parse().ok()?, id.parse().ok()?)));
        let wrong = || {
            Problem::bad_request(
                "invalid_cursor",
                "`cursor` must be the `next_cursor` of the page before",
            )
        };
        parsed.map(Some).ok_or_else(wrong)
    }
}

/// Events, newest first
///
/// A page of JSON, with `next_cursor` for the page after it. With `Accept: application/x-ndjson`, `text/csv` or
/// `application/vnd.apache.parquet` all of them in one file, oldest first, written while they are read. What was cut off can be
/// gone on with: `Range` with the file's `ETag` as `If-Range`, or with the file's moment (`Millrace-As-Of`) as `as_of`.
#[utoipa::path(
    get, path = "/v1/events", tag = "Events",
    params(
        EventsQuery,
        FilterParams,
        ("Range" = Option<String>, Header, description = "Of a file: a part of it alone.", example = "bytes=0-"),
        ("If-Range" = Option<String>, Header, description = "The `ETag` of the file that a part is of: of another one all is sent.",
            example = "\"0/0123456789abcdef01234567\""),
    ),
    responses(
        (status = 200, description = "A page of events; or all, as a file.", body = EventsPage),
        (status = 206, description = "The part of the file that was asked for.", body = String, content_type = "application/x-ndjson",
            example = ""),
        Refusals<(Key, Question, Nothing, StoreDown, (EventsAsked, TooMany, Busy, NoSuchRange))>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn list_events(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    method: Method,
    headers: HeaderMap,
    asked: EventsQuery,
) -> Result<Response, Problem> {
    let form = accepted(&headers);
    let turn = turn(&app, &caller, form).await?;
    let query = asked.understand(&app, caller.account)?;
    let part = Part::of(&method, &headers);
    let begun = part.as_of().filter(|_| form.is_some());
    let (moment, missing) = at_or_then(&app, &caller, query.as_of.as_deref(), begun).await?;
    let kept_from = kept_from(&app, &caller, &moment, query.start).await?;
    let selection = Selection {
        account: caller.account.raw,
        minutes: (query.start, query.end),
        filters: filters(&app, caller.account, &query)?,
        moment,
    };
    if let Some(form) = form {
        let file = File {
            selection,
            form,
            is_of_named_moment: query.as_of.is_some(),
            missing,
            kept_from,
        };
        return file.send(&app, part, turn).await;
    }
    let limit = asked.limit()?;
    let as_of = events::token(&selection.moment, &missing);
    let lines = app.events.list(ListAsked {
        selection,
        limit: limit + 1,
        after: asked.after()?.map(|(ms, id)| (ms, id.log, id.seq)),
    });
    let lines = lines.await.map_err(events::problem)?;
    let read = |line: &String| ListedEvent::read(line);
    let items: Result<Vec<ListedEvent>, _> = lines.iter().take(limit).map(read).collect();
    let items = items.map_err(Problem::internal)?;
    let last = items.last().filter(|_| lines.len() > limit);
    let page = EventsPage {
        next_cursor: last.map(ListedEvent::place),
        items,
        meta: EventsMeta {
            as_of,
            complete: missing.is_empty(),
            missing,
            kept_from,
        },
    };
    Ok(Json(page).into_response())
}

/// A question in SQL.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SqlBody {
    /// One SELECT over the table `events` (docs/DATA.md): the account's own, settled and live.
    #[schema(
        example = "SELECT country, COUNT(*) AS clicks FROM events WHERE type = 'click' GROUP BY country ORDER BY clicks DESC"
    )]
    sql: String,
    /// The moment of an answer before: its `meta.as_of`.
    #[schema(example = "0")]
    as_of: Option<String>,
    /// Rows at most: more are refused. 10,000 unless given; at most 50,000 as JSON, and 5 million otherwise.
    #[schema(example = 1000)]
    limit: Option<usize>,
    /// Names the question, so that `DELETE /v1/query/{id}` can take it back while it is answered.
    #[schema(example = "report-7")]
    query_id: Option<String>,
}

/// A question in SQL
///
/// One SELECT over `events`, in which there are the events of the account alone. JSON, or by `Accept`
/// `application/x-ndjson`, `text/csv`, `application/vnd.apache.arrow.stream` or `application/vnd.apache.parquet`. It ends
/// when the connection does, when it is taken back (`DELETE /v1/query/{id}`; the id is in `Millrace-Query-Id`), and after 30 s. Where several accounts share an installation its operator must have allowed it.
#[utoipa::path(
    post, path = "/v1/query", tag = "Numbers",
    request_body = SqlBody,
    responses(
        (status = 200, description = "The rows.", body = Rows),
        Refusals<(Key, BodyRefusals, EventsAsked, StoreDown, (TooMany, Busy, NoSql, Cancelled))>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn query_events(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
    headers: HeaderMap,
    JsonBody(asked): JsonBody<SqlBody>,
) -> Result<Response, Problem> {
    if !app.sql_for_tenants && app.catalog.read(|state| state.is_shared()) {
        let detail = "this installation has several accounts, and its operator has not allowed SQL (--sql-for-tenants)";
        return Err(Problem::new(
            http::StatusCode::FORBIDDEN,
            "sql_not_allowed",
            detail,
        ));
    }
    let form = accepted(&headers);
    let turn = turn(&app, &caller, form).await?;
    let most = match form {
        None => MOST_JSON_ROWS,
        Some(_) => MOST_ROWS,
    };
    let limit = asked.limit.unwrap_or(USUAL_ROWS);
    if !(1..=most).contains(&limit) {
        return Err(Problem::bad_request(
            "invalid_limit",
            format!("limit must be 1 to {most}"),
        ));
    }
    let running = app.asked.begin(&app, caller.account, asked.query_id)?;
    let id = [(QUERY_ID, running.id().to_owned())];
    let (moment, missing) = at(&app, &caller, asked.as_of.as_deref()).await?;
    let as_of = events::token(&moment, &missing);
    let kept_from = kept_from(&app, &caller, &moment, i64::MIN).await?;
    let question = SqlAsked {
        account: caller.account.raw,
        moment,
        sql: asked.sql,
        limit,
    };
    let rows = app.events.query(question, form.unwrap_or(Form::Ndjson));
    let rows = running.unless_taken_back(rows).await;
    let rows = running.watch(rows.map_err(events::problem)?);
    match form {
        Some(form) => {
            let kept_from = kept_from.map(|day| [(KEPT_FROM, day)]);
            let rows = streamed(begun(rows).await?, form, turn);
            Ok((id, kept_from, rows).into_response())
        }
        None => {
            let rows = Rows {
                rows: together(rows).await?,
                meta: EventsMeta {
                    as_of,
                    complete: missing.is_empty(),
                    missing,
                    kept_from,
                },
            };
            Ok((id, Json(rows)).into_response())
        }
    }
}

/// The first day whose events there are, if that is after the minute that is asked from.
async fn kept_from(
    app: &App,
    caller: &Caller,
    moment: &Moment,
    start: i64,
) -> Result<Option<String>, Problem> {
    let day = app.events.kept_from(caller.account.raw, moment.clone());
    let day = day.await.map_err(events::problem)?;
    let day = day.filter(|day| start < day.saturating_mul(time::DAY));
    Ok(day.and_then(time::day_text))
}

/// Rows of lines of JSON.
async fn together(mut written: Written) -> Result<Vec<Box<serde_json::value::RawValue>>, Problem> {
    let mut text = Vec::new();
    while let Some(piece) = written.try_next().await.map_err(events::problem)? {
        text.extend_from_slice(&piece);
        if text.len() > MOST_JSON {
            let why = format!(
                "the rows have more than {} MiB as JSON; ask for another form",
                MOST_JSON >> 20
            );
            return Err(events::problem(asking::AskError::TooMuch(why)));
        }
    }
    let text = String::from_utf8_lossy(&text);
    let rows = text
        .lines()
        .map(|line| serde_json::value::RawValue::from_string(line.to_owned()));
    rows.collect::<Result<_, _>>().map_err(Problem::internal)
}

/// Room for an answer: files have some of their own, since whoever reads one slowly holds it for long.
async fn turn(app: &App, caller: &Caller, form: Option<Form>) -> Result<Place, Problem> {
    match form {
        None => app.turn(caller.account).await,
        Some(_) => app
            .rooms
            .files
            .enter(caller.account, FILES)
            .map_err(|crowded| match crowded {
                Crowded::Account => {
                    Problem::too_many("this account has two files of events being sent", 5)
                }
                Crowded::Everybody => {
                    Problem::unavailable("busy", "too many files of events are being sent", 5)
                }
            }),
    }
}

/// What an answer counts, and what may be missing of it.
async fn at(
    app: &App,
    caller: &Caller,
    token: Option<&str>,
) -> Result<(Moment, Vec<handover::reading::Missing>), Problem> {
    let reading = match token {
        Some(token) => events::reading_of(app, caller.account, token).await?,
        None => live::read(app, caller.account).await?,
    };
    Ok((events::moment(&reading), reading.missing))
}

/// The same; or what the file counts that was begun, as long as that can be read.
async fn at_or_then(
    app: &App,
    caller: &Caller,
    token: Option<&str>,
    begun: Option<&str>,
) -> Result<(Moment, Vec<handover::reading::Missing>), Problem> {
    let (None, Some(_)) = (token, begun) else {
        return at(app, caller, token).await;
    };
    match at(app, caller, begun).await {
        // It is gone: all is sent, as of now.
        Err(problem) if problem.status.is_client_error() => at(app, caller, None).await,
        found => found,
    }
}

fn filters(app: &App, account: EntityId, query: &Query) -> Result<Vec<Filter>, Problem> {
    let entity = query.entity(&app.catalog, account)?;
    let mut filters = events::filters_of(app, account, entity, query)?;
    if query.exclude_bots {
        filters.extend(crate::stats::filters::people());
    }
    Ok(filters)
}
