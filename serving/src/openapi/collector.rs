//! What collectors answer, at their own address. They are another role, which this crate does not
//! know: what stands here is kept by hand, and their tests say whether it is so.

#![expect(
    dead_code,
    reason = "these stand for routes of another crate, to be described"
)]

use utoipa::{OpenApi, ToSchema};

use super::refusals::{
    Busy, EventsBody, FormBody, Guesses, Key, Nothing, Postback, Refusals, Unrecorded,
};

/// The document of the collector.
#[derive(OpenApi)]
#[openapi(
    paths(
        follow,
        view,
        beacon,
        script,
        convert,
        convert_by_form,
        ask,
        record,
        replay
    ),
    components(schemas(Event))
)]
pub(super) struct Collector;

/// Leads a visitor on, and counts a click
///
/// The browser is answered when the click is on disk: `Millrace-Event-Id` is its acknowledgement.
/// Without this header the click was not recorded when it was answered: after half a second nobody waits for
/// the disk, and a click that is written then counts after all. A HEAD request counts nothing. A slash at the
/// end, and escaped characters that need no escape, make no difference. An address or headers beyond 32 KiB
/// are refused with 414 or 431 without a body, since they were not read to their end.
#[utoipa::path(
    get, path = "/{slug}", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(("slug" = String, Path, description = "The slug of a link.", example = "spring")),
    responses(
        (status = 302, description = "There it goes.", headers(
            ("location" = String, description = "The destination of the link."),
            ("millrace-event-id" = String, description = "The id of the click."),
        )),
        (status = 404, description = "There is no such link.", body = String, content_type = "text/html", example = "<!doctype html>…"),
        Refusals<(Guesses,)>,
    ),
)]
fn follow() {}

/// An image of one pixel that counts a view
#[utoipa::path(
    get, path = "/p/{pixel}.gif", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(("pixel" = String, Path, description = "The id of a pixel.", example = "pxl_0000000000007")),
    responses(
        (status = 200, description = "The image.", content_type = "image/gif", headers(
            ("millrace-event-id" = String, description = "The id of the view."),
        )),
        Refusals<(Nothing,)>,
    ),
)]
fn view() {}

/// The same of a script, by beacon
///
/// Parameters: `ref`, the page's referrer; `utm_source` and the like; `sub1` to `sub5`.
#[utoipa::path(
    post, path = "/p/{pixel}.gif", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(("pixel" = String, Path, description = "The id of a pixel.", example = "pxl_0000000000007")),
    responses(
        (status = 204, description = "It is counted.", headers(
            ("millrace-event-id" = String, description = "The id of the view."),
        )),
        Refusals<(Nothing,)>,
    ),
)]
fn beacon() {}

/// The script for pages
#[utoipa::path(
    get, path = "/mr.js", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    responses((status = 200, description = "JavaScript.", body = String, content_type = "text/javascript", example = "(function(w,d,n){…")),
)]
fn script() {}

/// Whether a proxy may fetch a certificate for a host: `ask` of Caddy's on-demand TLS
#[utoipa::path(
    get, path = "/internal/tls", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(("domain" = String, Query, description = "The host.", example = "go.shop.example")),
    responses(
        (status = 200, description = "Links answer there: it is the installation's own, or a verified domain of an account."),
        (status = 400, description = "It is no host."),
        (status = 404, description = "Nothing answers there."),
    ),
)]
fn ask() {}

/// Tells of a conversion
///
/// The goal may be named, too, where the parameter `pixel` names a pixel of its account.
#[utoipa::path(
    get, path = "/c/{goal}", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(
        ("goal" = String, Path, description = "The id of a goal.", example = "gol_0000000000008"),
        ("click_id" = Option<String>, Query, description = "The id of the click that it belongs to.", example = "cAQAAAAAAAAAAAAAAAAAAAACRAwAAAAAAAAAFZ1xRkERFAwAAAQGq0Fl2yvQ1Zw"),
        ("transaction_id" = Option<String>, Query, description = "Its own id at the sender: it is counted once, and changes of it are told with it.", example = "order-17"),
        ("status" = Option<String>, Query, description = "What became of it, in the words of the goal; `approved` unless given.", example = "approved"),
        ("value" = Option<String>, Query, description = "Its value, a decimal; a negative one of a known transaction is a refund.", example = "12.50"),
        ("currency" = Option<String>, Query, description = "The currency of the value, ISO 4217; the goal's unless given.", example = "EUR"),
        ("idempotency_key" = Option<String>, Query, description = "Tells apart what is added to, or refunded of, one transaction.", example = "refund-2"),
        ("sig" = Option<String>, Query, description = "The signature, where the goal has a secret.", example = "9f86d081884c7d65"),
    ),
    responses(
        (status = 200, description = "It is recorded.", body = Conversion),
        Refusals<(Postback, Nothing, Unrecorded)>,
    ),
)]
fn convert() {}

/// Tells of a conversion, by a form
///
/// Parameters stand in the address, in a form, in parts of one or in a JSON object, in any mixture; those of the
/// address go first. Other trackers' names are understood: `clickid`, `cid`, `subid`; `txid`, `tid`, `order_id`;
/// `payout`, `revenue`, `amount`.
#[utoipa::path(
    post, path = "/c/{goal}", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(("goal" = String, Path, description = "The id of a goal.", example = "gol_0000000000008")),
    request_body(content(
        (ConversionForm = "application/x-www-form-urlencoded"),
        (ConversionForm = "multipart/form-data"),
        (ConversionForm = "application/json"),
    )),
    responses(
        (status = 200, description = "It is recorded.", body = Conversion),
        Refusals<(Postback, FormBody, Nothing, Unrecorded)>,
    ),
)]
fn convert_by_form() {}

/// A conversion that was told.
#[derive(ToSchema)]
struct Conversion {
    /// Its id.
    #[schema(example = "0000000000000000000000002D-4")]
    event_id: String,
    /// Whether this was recorded before; the id is that of what was.
    duplicate: bool,
    /// What it does: `new`, `changed` (another status), `replaced`, `added` or `refunded`; absent of a duplicate.
    #[schema(example = "new")]
    effect: Option<String>,
    /// `approved`, `pending` or `rejected`; absent of a duplicate.
    #[schema(example = "approved")]
    status: Option<String>,
    /// The status that it takes back; absent if there was none.
    #[schema(example = "pending")]
    taken_back: Option<String>,
    /// What it adds to the value of conversions; absent without a value.
    #[schema(example = "12.50")]
    value: Option<String>,
    /// Whether it belongs to a click; absent of a duplicate.
    #[schema(example = true)]
    attributed: Option<bool>,
    /// Why it belongs to no click (`foreign_click_id`, `altered_click_id`, `old_click`, `click_not_found`, `not_a_click`;
    /// `decided_by_batch`: it names a visitor, whose click is found when it is settled), or, of a duplicate, why it is one.
    #[schema(example = "old_click")]
    reason: Option<String>,
    /// True: what was recorded before could not be read, and batch decides.
    unchecked: Option<bool>,
    /// Parameters that mean nothing here; absent if there are none.
    #[schema(example = json!(["gaid"]))]
    ignored: Option<Vec<String>>,
}

/// The parameters of a conversion.
#[derive(ToSchema)]
struct ConversionForm {
    /// The id of the click that it belongs to.
    #[schema(example = "cAQAAAAAAAAAAAAAAAAAAAACRAwAAAAAAAAAFZ1xRkERFAwAAAQGq0Fl2yvQ1Zw")]
    click_id: Option<String>,
    /// Without a click id: the visitor's name, as it was sent with clicks. Batch finds the click.
    #[schema(example = "customer-4711")]
    visitor: Option<String>,
    /// Its own id at the sender: it is counted once.
    #[schema(example = "order-17")]
    transaction_id: Option<String>,
    /// What became of it, in the words of the goal; `approved` unless given.
    #[schema(example = "approved")]
    status: Option<String>,
    /// Its value, a decimal; a negative one of a known transaction is a refund.
    #[schema(example = "12.50")]
    value: Option<String>,
    /// Tells apart what is added to, or refunded of, one transaction.
    #[schema(example = "refund-2")]
    idempotency_key: Option<String>,
    /// The signature, where the goal has a secret.
    #[schema(example = "9f86d081884c7d65")]
    sig: Option<String>,
    /// The currency of the value, ISO 4217; the goal's unless given.
    #[schema(example = "EUR")]
    currency: Option<String>,
}

/// Records events of a server, or replays
///
/// A JSON array, or one JSON object a line; gzip or zstd by `Content-Encoding`; at most 10,000
/// events and 10 MiB. An event that is refused does not hold up the others; one with a field that does not
/// exist is refused. What names something may be a text or a number.
#[utoipa::path(
    post, path = "/v1/events", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    request_body(content((Vec<Event> = "application/json"), (Event = "application/x-ndjson"))),
    responses(
        (status = 200, description = "What became of them.", body = RecordedEvents),
        Refusals<(Key, EventsBody, Busy, Unrecorded)>,
    ),
    security(("key" = ["write"])),
)]
fn record() {}

/// Takes an event again that was refused
///
/// With a JSON object as body its fields are others: what was wrong can be mended, null takes a field away. It counts once,
/// however often it is sent, at the time at which it came, unless it says another one.
#[utoipa::path(
    post, path = "/v1/rejected/{id}/replay", tag = "Collector",
    servers((url = "https://go.example", description = "The address of the collectors")),
    params(("id" = String, Path, description = "Its id.", example = "1767323045000.0123456789abcdef.0")),
    request_body(content = Option<Event>, content_type = "application/json"),
    responses(
        (status = 200, description = "What became of it.", body = RecordedEvents),
        (status = 409, description = "Nothing of it could be kept.", body = web::ProblemBody, content_type = "application/problem+json",
            example = json!({"type": "about:blank", "title": "Conflict", "status": 409, "code": "not_kept", "detail": "nothing of this event could be kept: it could not be read"})),
        Refusals<(Key, EventsBody, Nothing, Busy, Unrecorded)>,
    ),
    security(("key" = ["write"])),
)]
fn replay() {}

/// An event as it is sent.
#[derive(ToSchema)]
struct Event {
    /// `click`, `view` or `conversion`; by what it names unless given.
    #[schema(rename = "type", example = "click")]
    kind: Option<String>,
    /// Of a click: the id or the slug of its link.
    #[schema(example = "spring")]
    link: Option<String>,
    /// Of a view: the id or the name of its pixel.
    #[schema(example = json!(null))]
    pixel: Option<String>,
    /// Of a conversion: the id or the name of its goal.
    #[schema(example = json!(null))]
    goal: Option<String>,
    /// When it happened, since 1970: RFC 3339 with a zone, or a number of unix milliseconds; now unless given.
    /// Also called `time` or `timestamp`.
    #[schema(example = "2026-01-02T03:04:04Z")]
    occurred_at: Option<String>,
    /// The visitor's address. Only its network and place are stored.
    #[schema(example = "192.0.2.7")]
    ip: Option<String>,
    /// The visitor's `User-Agent`.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    user_agent: Option<String>,
    /// The visitor's `Referer`.
    #[schema(example = "https://news.example/")]
    referrer: Option<String>,
    /// The visitor's `Accept-Language`.
    #[schema(example = "de-DE,de;q=0.9")]
    accept_language: Option<String>,
    /// Who the visitor is to the sender; by address and agent unless given. It is not stored.
    #[schema(example = "customer-9")]
    visitor: Option<String>,
    /// The visitor's country, ISO 3166; by address unless given.
    #[schema(example = "DE")]
    country: Option<String>,
    /// Its own id at the sender, unique in the account: it is counted once.
    #[schema(example = "import-3-000017")]
    idempotency_key: Option<String>,
    /// Of a conversion: likewise, unique in its goal.
    #[schema(example = json!(null))]
    transaction_id: Option<String>,
    /// Of a conversion: the id of the click that it belongs to.
    #[schema(example = json!(null))]
    click_id: Option<String>,
    /// Of a conversion: its value, a decimal, of at most 9223372036854; digits beyond six are rounded half-even.
    #[schema(example = json!(null))]
    value: Option<String>,
    /// Of a conversion: the currency of the value, ISO 4217.
    #[schema(example = json!(null))]
    currency: Option<String>,
    /// Of a conversion: what became of it, in the words of its goal; `approved` unless given.
    #[schema(example = json!(null))]
    status: Option<String>,
    /// For the sender's use.
    #[schema(example = "banner-2")]
    sub1: Option<String>,
    /// The same.
    #[schema(example = json!(null))]
    sub2: Option<String>,
    /// The same.
    #[schema(example = json!(null))]
    sub3: Option<String>,
    /// The same.
    #[schema(example = json!(null))]
    sub4: Option<String>,
    /// The same.
    #[schema(example = json!(null))]
    sub5: Option<String>,
    /// Of the address that was visited.
    #[schema(example = "newsletter")]
    utm_source: Option<String>,
    /// Likewise.
    #[schema(example = json!(null))]
    utm_medium: Option<String>,
    /// Likewise.
    #[schema(example = json!(null))]
    utm_campaign: Option<String>,
    /// Likewise.
    #[schema(example = json!(null))]
    utm_term: Option<String>,
    /// Likewise.
    #[schema(example = json!(null))]
    utm_content: Option<String>,
}

/// What became of events.
#[derive(ToSchema)]
struct RecordedEvents {
    /// How many are recorded.
    #[schema(example = 1)]
    accepted: usize,
    /// How many were recorded before.
    #[schema(example = 0)]
    duplicates: usize,
    /// Those that were refused.
    rejected: Vec<RejectedEvent>,
    /// The id of the first that is recorded.
    #[schema(required, example = "0000000000000000000000002D-3")]
    first_event_id: Option<String>,
    /// The id of the last.
    #[schema(required, example = "0000000000000000000000002D-3")]
    last_event_id: Option<String>,
}

/// An event that was refused.
#[derive(ToSchema)]
struct RejectedEvent {
    /// Its place in the request, from 0.
    #[schema(example = 1)]
    index: usize,
    /// Stable word for programs.
    #[schema(example = "invalid_value")]
    code: String,
    /// For people.
    #[schema(example = "value must be a decimal such as \"12.50\"")]
    detail: String,
}
