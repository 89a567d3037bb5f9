//! Feeds: what is followed is counted once, however many follow it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use model::{EntityId, time};
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use web::Problem;

use crate::{
    api_types::{LastSeconds, LiveMessage, LiveProblem},
    app::App,
    stats::{Age, StatsQuery, answer, understand_of},
};

/// Time between messages.
const TICK: Duration = Duration::from_secs(1);
/// The same where the events themselves are counted.
const SLOW_TICK: Duration = Duration::from_secs(5);
/// How many seconds `last_seconds` looks back.
const WINDOW_MS: i64 = 10_000;
/// Messages that are kept for who comes back.
const KEPT: usize = 60;
/// So long a feed goes on that nobody follows: whoever lost the connection comes back.
const LINGER: Duration = Duration::from_secs(10);
/// Feeds of one account that count events.
const MOST_SLOW: usize = 4;
/// Feeds of one account, with those that nobody follows any more.
const MOST_FEEDS: usize = 60;

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Followed {
    account: EntityId,
    /// The question as it was asked.
    asked: String,
}

/// All feeds of a process.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<HashMap<Followed, Weak<Feed>>>);

/// Messages about one question.
pub(super) struct Feed {
    is_slow: bool,
    recent: Mutex<VecDeque<Message>>,
    /// The id of the newest message.
    newest: watch::Sender<i64>,
    /// Nobody counts for it any more.
    has_ended: AtomicBool,
}

/// Ends a feed when nobody counts for it any more, whatever the reason.
struct Ends(Arc<Feed>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.has_ended.store(true, Ordering::Release);
        // Who waits is woken, and finds that it has ended.
        self.0.newest.send_modify(|_| ());
    }
}

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Unix milliseconds; each is later than the one before.
    pub id: i64,
    /// Whether it says why there are no numbers.
    pub is_problem: bool,
    /// JSON.
    pub data: Arc<str>,
}

impl Feeds {
    /// The feed of a question; it begins when somebody asks, and ends when nobody does.
    pub(super) fn follow(
        &self,
        app: &Arc<App>,
        account: EntityId,
        entity: EntityId,
        asked: &StatsQuery,
        is_slow: bool,
    ) -> Result<Arc<Feed>, Problem> {
        let followed = Followed {
            account,
            asked: format!("{asked:?}"),
        };
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = feeds.get(&followed).and_then(Weak::upgrade);
        if let Some(feed) = known.filter(|feed| !feed.has_ended()) {
            return Ok(feed);
        }
        feeds.retain(|_, feed| feed.strong_count() > 0);
        let own = feeds.iter().filter(|(of, _)| of.account == account);
        let own = own.filter_map(|(_, feed)| feed.upgrade());
        let own: Vec<Arc<Feed>> = own.filter(|feed| !feed.has_ended()).collect();
        let slow = own.iter().filter(|feed| feed.is_slow).count();
        if is_slow && slow >= MOST_SLOW {
            let detail =
                format!("this account follows {MOST_SLOW} questions that are counted from events");
            return Err(Problem::too_many(detail, 10));
        }
        // More than there are streams: some of them linger.
        if own.len() >= MOST_FEEDS {
            let detail = format!("this account has followed {MOST_FEEDS} questions just now");
            return Err(Problem::too_many(detail, 10));
        }
        let feed = Arc::new(Feed {
            is_slow,
            recent: Mutex::default(),
            newest: watch::Sender::new(0),
            has_ended: AtomicBool::new(false),
        });
        feeds.insert(followed, Arc::downgrade(&feed));
        let counter = Counter {
            app: Arc::clone(app),
            account,
            entity,
            asked: asked.clone(),
            clicks: VecDeque::new(),
        };
        tokio::spawn(counter.keep(Ends(Arc::clone(&feed))));
        Ok(feed)
    }
}

impl Feed {
    /// Whether no more messages come.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// Whoever follows is woken by it.
    pub(super) fn listen(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    /// The id of the newest message; 0: there is none yet.
    pub(super) fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// The first message after one; after none the newest.
    pub(super) fn after(&self, id: Option<i64>) -> Option<Message> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        match id {
            None => recent.back().cloned(),
            Some(id) => recent.iter().find(|message| message.id > id).cloned(),
        }
    }

    fn push(&self, now_ms: i64, is_problem: bool, data: &impl Serialize) {
        // These types are always JSON.
        let data = serde_json::to_string(data).unwrap_or_default().into();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let id = recent.back().map_or(now_ms, |last| now_ms.max(last.id + 1));
        recent.push_back(Message {
            id,
            is_problem,
            data,
        });
        if recent.len() > KEPT {
            recent.pop_front();
        }
        drop(recent);
        self.newest.send_replace(id);
    }
}

/// Who counts for a feed.
struct Counter {
    app: Arc<App>,
    account: EntityId,
    entity: EntityId,
    asked: StatsQuery,
    /// Clicks of today and when they were counted, in order.
    clicks: VecDeque<(i64, i64)>,
}

impl Counter {
    /// Counts again and again, until nobody has followed for a while.
    async fn keep(mut self, ends: Ends) {
        let feed = &ends.0;
        let mut ticks = interval(if feed.is_slow { SLOW_TICK } else { TICK });
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut followed = Instant::now();
        loop {
            ticks.tick().await;
            if feed.newest.receiver_count() > 0 {
                followed = Instant::now();
            } else if followed.elapsed() >= LINGER {
                return;
            }
            let message = self.message(feed.is_slow).await;
            let now_ms = self.app.env.clock.now_ms();
            match message {
                Ok(message) => feed.push(now_ms, false, &message),
                // A hiccup of a store is no reason to end: the next second may be fine.
                Err(Problem { code, detail, .. }) => {
                    feed.push(now_ms, true, &LiveProblem { code, detail });
                }
            }
        }
    }

    async fn message(&mut self, is_slow: bool) -> Result<LiveMessage, Problem> {
        let app = &self.app;
        let _turn = match is_slow {
            true => Some(app.turn(self.account).await?),
            false => None,
        };
        // What today is changes at midnight.
        let query = understand_of(app, self.account, &self.asked)?;
        let answer = answer(app, self.entity, &query, Age::Second).await?;
        let (meta, now_ms) = (answer.meta, app.env.clock.now_ms());
        let clicks = answer.totals.clicks.unwrap_or(0);
        Ok(LiveMessage {
            now: time::rfc3339(now_ms),
            last_seconds: last_seconds(&mut self.clicks, clicks, now_ms),
            today: answer.totals,
            complete: meta.complete,
            unchecked: meta.unchecked == Some(true),
            live_lag_ms: meta.live_lag_ms,
        })
    }
}

/// Takes in that there are so many `clicks` today.
fn last_seconds(counted: &mut VecDeque<(i64, i64)>, clicks: i64, now_ms: i64) -> LastSeconds {
    // At midnight the count of today begins anew.
    if counted.back().is_some_and(|(_, last)| *last > clicks) {
        counted.clear();
    }
    counted.push_back((now_ms, clicks));
    while counted.len() > 2 && counted[1].0 <= now_ms - WINDOW_MS {
        counted.pop_front();
    }
    let (since_ms, since) = counted.front().copied().unwrap_or((now_ms, clicks));
    LastSeconds {
        clicks: clicks - since,
        seconds: usize::try_from((now_ms - since_ms + 500) / 1_000).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_seconds_are_told_until_midnight() {
        let mut counted = VecDeque::new();
        let mut at = |second: i64, clicks| {
            let last = last_seconds(&mut counted, clicks, second * 1_000);
            (last.clicks, last.seconds)
        };
        assert_eq!(at(0, 100), (0, 0));
        assert_eq!(at(1, 103), (3, 1));
        assert_eq!(at(10, 110), (10, 10));
        assert_eq!(at(11, 111), (8, 10), "what is longer ago is not told");
        assert_eq!(at(12, 2), (0, 0), "midnight");
        assert_eq!(at(17, 4), (2, 5));
    }

    #[test]
    fn whoever_comes_back_gets_what_they_missed() {
        let feed = Feed {
            is_slow: false,
            recent: Mutex::default(),
            newest: watch::Sender::new(0),
            has_ended: AtomicBool::new(false),
        };
        assert!(feed.after(None).is_none());
        for at in 1..=KEPT as i64 + 5 {
            feed.push(at, false, &at);
        }
        feed.push(3, false, &"the clock was set back");
        let ids = |id| feed.after(id).map(|message| message.id);
        let newest = KEPT as i64 + 6;
        assert_eq!(ids(None), Some(newest));
        assert_eq!(ids(Some(40)), Some(41));
        assert_eq!(ids(Some(1)), Some(7), "as far as it is kept");
        assert_eq!(ids(Some(newest)), None);
        assert_eq!(*feed.listen().borrow(), newest);
    }
}
