//! The problems that routes may answer with, as families: what an extractor or a store refuses
//! is said once. A route names its families: `Refusals<(Key, Body, Commit)>`.

use std::{
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
};

use http::StatusCode;
use serde_json::{Value, json};
use utoipa::{
    IntoResponses,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};
use web::{Problem, ProblemBody};

/// One problem: its status, its code, and how its detail may read.
pub(crate) type Refusal = (u16, &'static str, &'static str);

/// Problems that come from one place.
pub(crate) trait Family {
    /// These.
    fn all() -> Vec<Refusal>;
}

macro_rules! families {
    ($($(#[$about:meta])* $name:ident: [$($refusal:expr,)*],)*) => {
    $(
        $(#[$about])*
        pub(crate) struct $name;
        impl Family for $name {
            fn all() -> Vec<Refusal> {
                vec![$($refusal,)*]
            }
        }
    )*

        /// The problems of every family.
        fn every() -> Vec<Refusal> {
            [$($name::all()),*].concat()
        }
    };
}

families! {
    /// Of whoever may not do this.
    Key: [
        (401, "unauthorized", "send a valid key: Authorization: Bearer KEY"),
        (403, "forbidden", "this key lacks the scope `write`"),
        (403, "account_suspended", "this account is suspended: phishing; nothing of it is lost, ask whoever runs this installation"),
    ],
    /// Of a request that names itself.
    Again: [
        (400, "invalid_idempotency_key", "Idempotency-Key must be one text of 1 to 255 ASCII characters"),
        (422, "other_request", "this Idempotency-Key came with another request before; give this one a key of its own"),
    ],
    /// Of such a request whose answer has a secret.
    SecretAgain: [
        (400, "invalid_idempotency_key", "Idempotency-Key must be one text of 1 to 255 ASCII characters"),
        (422, "other_request", "this Idempotency-Key came with another request before; give this one a key of its own"),
        (409, "secret_was_told", "this was done, and its secret can be told again only to the key that asked for it"),
    ],
    /// Of what is not as the caller thinks any more.
    Stale: [(412, "changed", "`lnk_0000000000005` is not as it was any more; look at it, and decide again"),],
    /// Of changes that are taken back.
    Undo: [(409, "not_undone", "this change cannot be undone: `destination` was changed since"),],
    /// Of the id of a change.
    ChangeId: [(400, "invalid_id", "the id of a change is two numbers such as 17.0"),],
    /// Of `Params`.
    Query: [(400, "invalid_query", "`limit` must be from 1 to 1000"),],
    /// Of an id in the path.
    Id: [
        (400, "invalid_id", "an id is a prefix, _ and 13 digits, such as lnk_0000000000005"),
        (400, "invalid_path", "Invalid URL: Invalid UTF-8 in `id`"),
    ],
    /// Of a name in the path.
    Name: [(400, "invalid_path", "Invalid URL: Invalid UTF-8 in `name`"),],
    /// Of a body.
    Body: [
        (400, "malformed_json", "the body is not JSON: EOF while parsing an object at line 1 column 1"),
        (400, "invalid", "there is no field `destnation`; did you mean `destination`? there are slug, destination"),
        (400, "incomplete_body", "the body could not be read to its end"),
        (408, "timeout", "the body did not arrive in time"),
        (413, "too_large", "a body holds at most 256 KiB here"),
        (415, "unsupported_media_type", "send the header Content-Type: application/json"),
    ],
    /// Of a body with many objects.
    Many: [
        (400, "empty", "the body holds no link; send a JSON array, or one JSON object a line"),
        (413, "too_many", "a request holds at most 5000 links"),
    ],
    /// Of counts that other tools made.
    Source: [
        (400, "invalid_source", "a source is 1 to 64 letters, digits, `.`, `_` or `-`, such as bitly"),
        (400, "too_many_sources", "an account has at most 20 sources; delete one"),
        (413, "too_many", "a source has at most 100000 counts; give the rest another name"),
    ],
    /// Of a change of the catalog.
    Commit: [
        (400, "invalid", "`destination` is required"),
        (400, "too_many", "10001 are too many; at most 10000 are possible"),
        (403, "quota_exceeded", "this account may have 100000 links; delete some, or ask the operator for more"),
        (404, "not_found", "there is no lnk_0000000000005"),
        (409, "taken", "the slug `spring` is taken"),
        (500, "internal", "something failed here; it has been logged"),
        (503, "contended", "others changed the same just now; try again"),
        (503, "outcome_unknown", "nobody can say whether this was stored; look before you send it again"),
        (500, "damaged", "a stored object that is needed for the answer cannot be read"),
        (503, "store_unavailable", "the object store does not answer"),
    ],
    /// Of a domain that nobody knows to be the account's.
    Dns: [
        (409, "not_verified", "DNS has no TXT record `_millrace.go.shop.example` with the value `millrace=acc_0000000000001`"),
        (503, "dns_unavailable", "DNS cannot be asked just now"),
    ],
    /// Of a plan that is to be deleted.
    InUse: [(409, "plan_in_use", "the plan `pro` is that of accounts (12); give them another one first, or none"),],
    /// Of what does not exist, or is somebody else's.
    Nothing: [(404, "not_found", "there is no such link, pixel, goal or campaign"),],
    /// Of the object store.
    StoreDown: [
        (500, "damaged", "a stored object that is needed for the answer cannot be read"),
        (500, "internal", "something failed here; it has been logged"),
        (503, "outcome_unknown", "nobody can say whether this was stored; look before you send it again"),
        (503, "store_unavailable", "the object store does not answer"),
    ],
    /// Of an account that asks for too much at once.
    TooMany: [(429, "too_many_requests", "4 questions of this account are being answered; ask fewer at once"),],
    /// Of test messages.
    Tests: [(503, "busy", "too many test messages are being sent; try again in a moment"),],
    /// Of what is done a few at once.
    Busy: [(503, "busy", "too many audits are asked for at once"),],
    /// Of parts of files.
    NoSuchRange: [(416, "no_such_range", "the file has 1000 bytes, and none of them is in this range"),],
    /// Of the questions of `/v1/live`.
    Filter: [
        (400, "invalid_timezone", "timezone must be an IANA name such as Europe/Berlin"),
        (400, "invalid_exclude_bots", "exclude_bots must be true or false"),
        (400, "invalid_filter", "give one of link, pixel, goal, campaign"),
    ],
    /// Of the questions of `/v1/stats`.
    Question: [
        (400, "unknown_parameter", "there is no parameter `metric`"),
        (400, "invalid_metrics", "there is no metric `click`; did you mean `clicks`? there are clicks, views, conversions"),
        (400, "invalid_time", "start and end must be RFC 3339 on a whole minute, or a date"),
        (400, "invalid_range", "start must be before end"),
        (400, "invalid_interval", "there is no interval `hourly`; did you mean `hour`? there are none, minute, 5m, 15m, hour, day, week, month"),
        (400, "invalid_group_by", "there is no group `countri`; did you mean `country`? there are country, browser, os"),
        (400, "invalid_timezone", "timezone must be an IANA name such as Europe/Berlin"),
        (400, "invalid_exclude_bots", "exclude_bots must be true or false"),
        (400, "invalid_limit", "limit must be 1 to 50000"),
        (400, "invalid_order", "order must be one of the metrics, with - in front for the largest first"),
        (400, "invalid_filter", "give one of link, pixel, goal, campaign"),
        (400, "too_many_buckets", "more than 20000 buckets; choose a longer interval or a shorter range"),
        (400, "too_many_costs", "costs of 501 links and campaigns lie within what is asked for, and at most 500 can be spread at once"),
        (400, "invalid_compare", "compare must be previous_period or previous_year"),
    ],
    /// Of SQL where several accounts share an installation.
    NoSql: [(403, "sql_not_allowed", "this installation has several accounts, and its operator has not allowed SQL"),],
    /// Of questions that can be taken back.
    Cancelled: [
        (400, "invalid_query_id", "`query_id` must be 1 to 64 letters, digits, `-`, `_` or `.`"),
        (409, "query_id_taken", "a question with this `query_id` is being answered: give another one"),
        (409, "cancelled", "this question was taken back"),
    ],
    /// Of questions that are answered from the events themselves.
    EventsAsked: [
        (400, "invalid_as_of", "as_of is the `meta.as_of` of an answer, as it is"),
        (400, "invalid_cursor", "`cursor` must be the `next_cursor` of the page before"),
        (400, "invalid_limit", "limit must be 1 to 1000"),
        (400, "invalid_sql", "there is one table, `events`, and one SELECT at a time"),
        (410, "moment_gone", "the files of that moment are gone"),
        (422, "events_expired", "events of this account are kept from 2026-01-01 on, and this cannot be counted without those before; ask from then on"),
        (422, "too_much", "this takes more than one answer may: ask for a shorter range, or for less at once"),
        (503, "events_unavailable", "the events cannot be read just now"),
        (503, "busy", "other questions take all the room that there is; ask again in a while"),
    ],
    /// Of the settled numbers.
    ViewsDown: [(503, "views_unavailable", "the settled numbers cannot be read just now"),],
    /// Of visitors who are to be erased.
    Whom: [
        (400, "invalid_click_id", "`click_id` is no click id of this installation"),
        (409, "no_secret", "this process does not know the installation's secret, with which names are hashed: give it MILLRACE_SECRET, or name an event"),
        (429, "too_many_requests", "1000 visitors of this account are being erased; wait until some are"),
    ],
    /// Of events that are looked for.
    Lookup: [
        (400, "invalid_event_id", "an event id is a log, - and a number"),
        (503, "live_unavailable", "the event is not stored yet, and the live store does not answer"),
    ],
    /// Of a collector's disk.
    Unrecorded: [
        (503, "unrecorded", "nothing of this request was recorded; send it again"),
        (500, "internal", "something failed here; it has been logged"),
    ],
    /// Of bodies at a collector.
    FormBody: [
        (400, "invalid_body", "the body ended early"),
        (408, "too_slow", "the body did not arrive in time"),
        (413, "too_large", "a body holds at most 64 KiB here"),
        (400, "invalid_form", "`value` must be a text or a number"),
        (400, "malformed_json", "the body is not a JSON object: EOF while parsing an object at line 1 column 1"),
        (415, "invalid_form", "send the parameters in the address, as application/x-www-form-urlencoded, multipart/form-data or application/json"),
        (415, "invalid_encoding", "a postback has no Content-Encoding: send it as it is"),
        (503, "busy", "too many large requests at once"),
    ],
    /// Of who tries slugs one after another.
    Guesses: [(429, "too_many_requests", "this address asked for too many links that there are not"),],
    /// Of what a conversion is told by.
    Postback: [
        (400, "too_long", "click_id is longer than 256 bytes"),
        (400, "invalid_transaction_id", "transaction_id is not UTF-8"),
        (400, "invalid_value", "value must be a decimal such as 12.50"),
        (400, "invalid_currency", "currency must be a code of three letters such as EUR; the goal may set one"),
        (400, "wrong_currency", "this goal counts EUR alone: send the value in it"),
        (400, "unknown_status", "this goal knows no such status; it knows sale, approved, pending, rejected: add the word to its `statuses`"),
        (403, "forbidden_address", "this goal takes conversions of other addresses alone: see its `allow_ips`"),
        (403, "invalid_signature", "the parameter `sig` must be the HMAC-SHA256 in hex, with the goal's secret, of the other parameters"),
        (409, "too_many_changes", "this transaction was changed too often; send a new transaction_id"),
        (409, "in_progress", "this transaction_id is being recorded just now; ask again in a second"),
        (429, "too_many_keys", "this account has used as many transaction_ids and idempotency_keys as it may in 30 days; ask the operator for more"),
    ],
    /// Of a body with events.
    EventsBody: [
        (400, "malformed_json", "the body is not JSON: EOF while parsing a list at line 1 column 1"),
        (400, "empty", "the body holds no event"),
        (400, "invalid_body", "the body ended early"),
        (400, "invalid_encoding", "the body cannot be unpacked: invalid gzip header"),
        (408, "too_slow", "the body did not arrive in time"),
        (413, "too_large", "a body holds at most 10240 KiB here"),
        (413, "too_many_events", "at most 10000 events in one request"),
        (415, "invalid_encoding", "Content-Encoding must be gzip, zstd or none"),
    ],
    /// Of audits of the installation.
    Audits: [
        (500, "internal", "something failed here; it has been logged"),
        (503, "late", "the audit takes longer than this request may; run `millrace audit`"),
    ],
}

macro_rules! together {
    ($($name:ident)*) => {
        impl<$($name: Family),*> Family for ($($name,)*) {
            fn all() -> Vec<Refusal> {
                [$($name::all()),*].concat()
            }
        }
    };
}
together!(A);
together!(A B);
together!(A B C);
together!(A B C D);
together!(A B C D E);

/// The answers with the problems of some families.
pub(crate) struct Refusals<F>(PhantomData<F>);

impl<F: Family> IntoResponses for Refusals<F> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
        for (status, code, _) in F::all() {
            by_status.entry(status).or_default().insert(code);
        }
        let answers = by_status.into_iter().map(|(status, codes)| {
            let names: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            let example = |code| {
                let there = format!("#/components/examples/{}", name(status, code));
                (code, RefOr::Ref(Ref::new(there)))
            };
            let content = ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .examples_from_iter(codes.into_iter().map(example));
            let answer = ResponseBuilder::new()
                .description(names.join(", "))
                .content("application/problem+json", content.build());
            (status.to_string(), RefOr::T(answer.build()))
        });
        answers.collect()
    }
}

/// An example of every problem, for the components of the document.
pub(super) fn examples() -> Value {
    let examples = every().into_iter().map(|(status, code, detail)| {
        let problem = StatusCode::from_u16(status).unwrap_or_default();
        let body = ProblemBody::from(Problem::new(problem, code, detail));
        (name(status, code), json!({"value": body}))
    });
    Value::Object(examples.collect())
}

/// How the example of a problem is called.
fn name(status: u16, code: &str) -> String {
    format!("{status}_{code}")
}
