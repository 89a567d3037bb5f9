//! `GET /v1/live`: server-sent events, one message a second.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{RawQuery, State},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
    routing::get,
};
use futures::{Stream, stream};
use model::{EntityId, time};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use web::Problem;

use crate::{
    api::auth::Reader,
    stats::{Numbers, Query, numbers_of},
};

/// Time between messages.
const TICK: Duration = Duration::from_secs(1);
/// How many seconds `last_seconds` looks back.
const WINDOW: usize = 10;
/// Streams open at once in one process.
const MAX_STREAMS: usize = 1000;
/// After so many messages the stream ends, and the client connects anew: keys may be revoked.
const MAX_MESSAGES: u32 = 3600;

#[derive(Clone)]
struct Live {
    numbers: Numbers,
    room: Arc<Semaphore>,
}

impl axum::extract::FromRef<Live> for Arc<crate::api::Api> {
    fn from_ref(live: &Live) -> Self {
        Arc::clone(&live.numbers.0.api)
    }
}

pub(crate) fn routes(numbers: Numbers) -> Router {
    let room = Arc::new(Semaphore::new(MAX_STREAMS));
    Router::new()
        .route("/v1/live", get(live))
        .with_state(Live { numbers, room })
}

async fn live(
    State(live): State<Live>,
    caller: Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let busy = |_| Problem::unavailable("busy", "too many live streams are open", 5);
    let room = Arc::clone(&live.room).try_acquire_owned().map_err(busy)?;
    // The query chooses the entity and the time zone; the range is always today.
    let query = query.unwrap_or_default();
    let account = live.numbers.0.api.catalog.account(caller.0.account);
    let zone = account
        .map(|a| a.settings.timezone.to_string())
        .unwrap_or_default();
    let first = parse(&live.numbers, &query, &zone)?;
    let entity = first.entity(&live.numbers.0.api.catalog, caller.0.account)?;
    let watch = Watch {
        numbers: live.numbers,
        entity,
        query,
        zone,
        totals: VecDeque::new(),
        messages: 0,
        _room: room,
    };
    Ok(Sse::new(messages(watch))
        .keep_alive(KeepAlive::default())
        .into_response())
}

struct Watch {
    numbers: Numbers,
    entity: EntityId,
    query: String,
    /// The account's time zone: where its days begin.
    zone: String,
    /// Clicks since long ago, second by second.
    totals: VecDeque<i64>,
    messages: u32,
    _room: OwnedSemaphorePermit,
}

fn parse(numbers: &Numbers, query: &str, zone: &str) -> Result<Query, Problem> {
    let rest = query.split('&').filter(|p| !p.is_empty());
    let rest: Vec<&str> = rest
        .filter(|p| !p.starts_with("metrics=") && !p.starts_with("range="))
        .collect();
    let text = format!(
        "metrics=clicks,bot_clicks,views,conversions&range=today&{}",
        rest.join("&")
    );
    Query::parse(
        text.trim_end_matches('&'),
        zone,
        numbers.0.api.clock.now_ms(),
    )
}

fn messages(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, |mut watch| async move {
        if watch.messages >= MAX_MESSAGES {
            return None;
        }
        if watch.messages > 0 {
            tokio::time::sleep(TICK).await;
        }
        watch.messages += 1;
        let event = match watch.message().await {
            Ok(message) => Event::default().data(message.to_string()),
            // A hiccup of a store is no reason to end: the next second may be fine.
            Err(problem) => Event::default()
                .event("problem")
                .data(json!({"code": problem.code, "detail": problem.detail}).to_string()),
        };
        Some((Ok(event), watch))
    })
}

impl Watch {
    async fn message(&mut self) -> Result<Value, Problem> {
        let query = parse(&self.numbers, &self.query, &self.zone)?;
        let answer = numbers_of(&self.numbers.0, self.entity, &query).await?;
        let (today, meta) = (&answer["totals"], &answer["meta"]);
        let clicks = today["clicks"].as_i64().unwrap_or(0);
        // At midnight the count of today begins anew.
        if self.totals.back().is_some_and(|last| *last > clicks) {
            self.totals.clear();
        }
        self.totals.push_back(clicks);
        if self.totals.len() > WINDOW + 1 {
            self.totals.pop_front();
        }
        let since = self.totals.front().copied().unwrap_or(clicks);
        Ok(json!({
            "now": time::rfc3339(self.numbers.0.api.clock.now_ms()),
            "today": today,
            "last_seconds": {"clicks": clicks - since, "seconds": self.totals.len() - 1},
            "complete": meta["complete"],
            "unchecked": meta["unchecked"] == true,
            "live_lag_ms": meta["live_lag_ms"],
        }))
    }
}
