//! `GET /v1/live`: server-sent events, one message a second.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{
        Sse,
        sse::{Event, KeepAlive, KeepAliveStream},
    },
};
use futures::{Stream, stream};
use model::{EntityId, time};
use serde::Deserialize;
use utoipa::IntoParams;
use web::Problem;

use crate::{
    api::{auth::Viewer, params::Params, shares},
    api_types::{LastSeconds, LiveMessage, LiveProblem},
    app::App,
    openapi::refusals::{Busy, Filter, Key, Nothing, Query, Refusals, TooMany},
    rooms::{Crowded, Place},
    stats::{Age, StatsQuery, answer, understand},
};

/// Time between messages.
const TICK: Duration = Duration::from_secs(1);
/// How many seconds `last_seconds` looks back.
const WINDOW: usize = 10;
/// After so many messages the stream ends, and the client connects anew: servers come and go.
const MAX_MESSAGES: u32 = 3600;

/// What is followed. What counts is today's clicks, views and conversions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct LiveQuery {
    /// IANA name of the time zone in which today begins; the account's unless given.
    #[param(example = "Europe/Berlin")]
    timezone: Option<String>,
    /// Whether bots are left out.
    #[param(value_type = Option<bool>, example = true, default = true)]
    exclude_bots: Option<String>,
    /// Numbers of one link only: its id or its slug.
    #[param(example = "spring")]
    link: Option<String>,
    /// Numbers of one pixel only: its id or its name.
    #[param(example = "Footer")]
    pixel: Option<String>,
    /// Numbers of one goal only: its id or its name.
    #[param(example = "Sale")]
    goal: Option<String>,
    /// Numbers of one campaign only: its id or its name.
    #[param(example = "Spring")]
    campaign: Option<String>,
}

impl From<LiveQuery> for StatsQuery {
    fn from(asked: LiveQuery) -> Self {
        Self {
            metrics: Some("clicks,bot_clicks,views,conversions".into()),
            range: Some("today".into()),
            timezone: asked.timezone,
            exclude_bots: asked.exclude_bots,
            link: asked.link,
            pixel: asked.pixel,
            goal: asked.goal,
            campaign: asked.campaign,
            ..Self::default()
        }
    }
}

/// Numbers of today, once a second
///
/// Server-sent events. An event `problem` with `code` and `detail` stands for a message that could
/// not be made; the stream goes on. After an hour it ends, and the client connects anew. It ends at once
/// when its key is revoked or its share ends. A share is followed if it is of one object, or has no filters.
#[utoipa::path(
    get, path = "/v1/live", tag = "Numbers",
    params(LiveQuery),
    responses(
        (status = 200, description = "A message a second.", body = LiveMessage, content_type = "text/event-stream"),
        Refusals<(Key, Query, Filter, Nothing, (Busy, TooMany))>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn get_live(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Params(asked): Params<LiveQuery>,
) -> Result<Sse<KeepAliveStream<impl Stream<Item = Result<Event, Infallible>>>>, Problem> {
    let room = app.rooms.streams.enter(viewer.account);
    let room = room.map_err(|crowded| match crowded {
        Crowded::Account => Problem::too_many("this account has 20 live streams open", 5),
        Crowded::Everybody => Problem::unavailable("busy", "too many live streams are open", 5),
    })?;
    let asked = shares::within(&app, &viewer, StatsQuery::from(asked))?;
    let first = understand(&app, &viewer, &asked)?;
    if first.from_events {
        // Once a second that would be more than one stream may take.
        let detail = "one link, pixel, goal or campaign can be followed, or all of the account";
        return Err(Problem::bad_request("invalid_filter", detail));
    }
    let watch = Watch {
        entity: first.entity(&app.catalog, viewer.account)?,
        app,
        viewer,
        asked,
        totals: VecDeque::new(),
        messages: 0,
        _room: room,
    };
    Ok(Sse::new(messages(watch)).keep_alive(KeepAlive::default()))
}

struct Watch {
    app: Arc<App>,
    viewer: Viewer,
    entity: EntityId,
    asked: StatsQuery,
    /// Clicks of today, second by second.
    totals: VecDeque<i64>,
    messages: u32,
    _room: Place,
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
        // A key that is revoked shows nothing from then on.
        if !watch.viewer.is_still_allowed(&watch.app) {
            return None;
        }
        let event = match watch.message().await {
            Ok(message) => Event::default().json_data(message),
            // A hiccup of a store is no reason to end: the next second may be fine.
            Err(Problem { code, detail, .. }) => Event::default()
                .event("problem")
                .json_data(LiveProblem { code, detail }),
        };
        // These types are always JSON.
        Some((Ok(event.unwrap_or_default()), watch))
    })
}

impl Watch {
    async fn message(&mut self) -> Result<LiveMessage, Problem> {
        // What today is changes at midnight.
        let query = understand(&self.app, &self.viewer, &self.asked)?;
        let answer = answer(&self.app, self.entity, &query, Age::Second).await?;
        let meta = answer.meta;
        Ok(LiveMessage {
            now: time::rfc3339(self.app.env.clock.now_ms()),
            last_seconds: self.last_seconds(answer.totals.clicks.unwrap_or(0)),
            today: answer.totals,
            complete: meta.complete,
            unchecked: meta.unchecked == Some(true),
            live_lag_ms: meta.live_lag_ms,
        })
    }

    /// Takes in that there are so many `clicks` today.
    fn last_seconds(&mut self, clicks: i64) -> LastSeconds {
        // At midnight the count of today begins anew.
        if self.totals.back().is_some_and(|last| *last > clicks) {
            self.totals.clear();
        }
        self.totals.push_back(clicks);
        if self.totals.len() > WINDOW + 1 {
            self.totals.pop_front();
        }
        let since = self.totals.front().copied().unwrap_or(clicks);
        LastSeconds {
            clicks: clicks - since,
            seconds: self.totals.len() - 1,
        }
    }
}
