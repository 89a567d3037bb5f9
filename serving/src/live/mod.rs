//! `GET /v1/live`: server-sent events, one message a second.

mod feed;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, State},
    response::{
        Sse,
        sse::{Event, KeepAlive, KeepAliveStream},
    },
};
use futures::{Stream, stream};
use http::{HeaderMap, request::Parts};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};
use utoipa::IntoParams;
use web::Problem;

pub(crate) use self::feed::Feeds;
use self::feed::{Feed, Message};
use crate::{
    api::{auth::Viewer, shares},
    api_types::LiveMessage,
    app::App,
    openapi::refusals::{Busy, Key, Nothing, Question, Refusals, TooMany},
    rooms::{Crowded, Place},
    stats::{FilterParams, StatsQuery, understand},
};

/// After so long a stream ends, and the client connects anew: servers come and go.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How often it is looked whether a stream may still be shown.
const LOOK: Duration = Duration::from_secs(1);
/// How a client says what it got last.
const LAST_EVENT_ID: &str = "last-event-id";

/// What is followed: today's clicks, views and conversions of what the filters say.
pub(crate) struct Followed(StatsQuery);

/// The parameters beside filters.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it stands in the document; `StatsQuery` reads them"
)]
pub(crate) struct LiveParams {
    /// IANA name of the time zone in which today begins; the account's unless given.
    #[param(example = "Europe/Berlin")]
    timezone: Option<String>,
    /// Whether bots are left out.
    #[param(example = true, default = true)]
    exclude_bots: Option<bool>,
    /// Numbers of one link only: its id or its slug. Of several, or of all others, as with every filter.
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
    /// Filters that have a name: the name or the id of a segment.
    #[param(example = "German mail")]
    segment: Option<String>,
}

impl FromRequestParts<Arc<App>> for Followed {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl Followed {
    fn parse(text: &str) -> Result<Self, Problem> {
        let asked = StatsQuery::parse(text)?;
        let followed = StatsQuery {
            timezone: asked.timezone.clone(),
            exclude_bots: asked.exclude_bots.clone(),
            link: asked.link.clone(),
            pixel: asked.pixel.clone(),
            goal: asked.goal.clone(),
            campaign: asked.campaign.clone(),
            segment: asked.segment.clone(),
            filters: asked.filters.clone(),
            ..StatsQuery::default()
        };
        if followed != asked {
            let detail = "a stream has the parameters timezone and exclude_bots, and filters: it is of today";
            return Err(Problem::bad_request("unknown_parameter", detail));
        }
        Ok(Self(StatsQuery {
            metrics: Some("clicks,bot_clicks,views,conversions".into()),
            range: Some("today".into()),
            ..followed
        }))
    }
}

/// Numbers of today, once a second
///
/// Server-sent events, with ids: whoever comes back with `Last-Event-ID` within a minute gets what was missed. An event
/// `problem` with `code` and `detail` stands for a message that could not be made; the stream goes on. After an hour it
/// ends, and the client connects anew. It ends at once when its key is revoked or its share ends. What no cube holds is
/// counted from the events every five seconds, for four such questions of an account.
#[utoipa::path(
    get, path = "/v1/live", tag = "Numbers",
    params(LiveParams, FilterParams,
        ("Last-Event-ID" = Option<i64>, Header, description = "The id of the last message that arrived.", example = 1767323045000i64)),
    responses(
        (status = 200, description = "A message a second.", body = LiveMessage, content_type = "text/event-stream"),
        Refusals<(Key, Question, Nothing, (Busy, TooMany))>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn get_live(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    headers: HeaderMap,
    Followed(asked): Followed,
) -> Result<Sse<KeepAliveStream<impl Stream<Item = Result<Event, Infallible>>>>, Problem> {
    let quotas = app.catalog.read(|state| state.quotas(viewer.account));
    let room = app.rooms.streams.enter(viewer.side(), quotas.streams);
    let room = room.map_err(|crowded| match crowded {
        Crowded::Account => {
            let detail = format!("this account has {} live streams open", quotas.streams);
            Problem::too_many(detail, 5)
        }
        Crowded::Everybody => Problem::unavailable("busy", "too many live streams are open", 5),
    })?;
    let asked = shares::within(&app, &viewer, asked)?;
    let first = understand(&app, &viewer, &asked)?;
    let entity = first.entity(&app.catalog, viewer.account)?;
    let feed = app
        .feeds
        .follow(&app, viewer.account, entity, &asked, first.from_events)?;
    let last = headers.get(LAST_EVENT_ID);
    let last = last.and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let watch = Watch {
        woken: feed.listen(),
        // What another process sent, whose clock is ahead, is none of this feed's.
        last: last.filter(|id| *id <= feed.newest()),
        feed,
        app,
        viewer,
        end: Instant::now() + LONGEST,
        _room: room,
    };
    Ok(Sse::new(messages(watch)).keep_alive(KeepAlive::default()))
}

/// Somebody who follows a feed.
struct Watch {
    app: Arc<App>,
    viewer: Viewer,
    feed: Arc<Feed>,
    woken: watch::Receiver<i64>,
    /// The id of the message that was sent last.
    last: Option<i64>,
    end: Instant,
    _room: Place,
}

fn messages(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, |mut watch| async move {
        let message = watch.next().await?;
        let event = Event::default().id(message.id.to_string());
        let event = match message.is_problem {
            true => event.event("problem"),
            false => event,
        };
        Some((Ok(event.data(&*message.data)), watch))
    })
}

impl Watch {
    /// The next message; `None`: the stream ends.
    async fn next(&mut self) -> Option<Message> {
        loop {
            // A key that is revoked shows nothing from then on.
            if Instant::now() >= self.end || !self.viewer.is_still_allowed(&self.app) {
                return None;
            }
            self.woken.mark_unchanged();
            if let Some(message) = self.feed.after(self.last) {
                self.last = Some(message.id);
                return Some(message);
            }
            if self.feed.has_ended() {
                return None;
            }
            // Woken or not: it is looked whether there is a message, and whether it may be shown.
            let _ = timeout(LOOK, self.woken.changed()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_has_filters_and_is_of_today() {
        for good in [
            "",
            "link=a&country=DE,AT",
            "timezone=Europe/Berlin&exclude_bots=false",
            "sub1=-x",
        ] {
            let Followed(asked) = Followed::parse(good).unwrap();
            assert_eq!(asked.range.as_deref(), Some("today"), "{good}");
        }
        for wrong in [
            "range=7d",
            "metrics=value",
            "interval=day",
            "colour=red",
            "as_of=0",
        ] {
            let problem = Followed::parse(wrong).err().unwrap();
            assert_eq!(problem.code, "unknown_parameter", "{wrong}");
        }
    }
}
