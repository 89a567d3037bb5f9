//! What an event says besides its marker, chosen so that every cube has something to count, and
//! what the numbers must make of it.

use model::{Event, EventKind};
use rand::{Rng, rngs::StdRng};

/// A browser, and how it must be counted.
#[derive(Debug, PartialEq)]
pub struct Agent {
    pub header: &'static str,
    pub browser: &'static str,
    pub os: &'static str,
    pub device: &'static str,
    pub bot: bool,
}

pub static AGENTS: [Agent; 3] = [
    Agent {
        header: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        browser: "Firefox",
        os: "Linux",
        device: "Other",
        bot: false,
    },
    Agent {
        header: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        browser: "Mobile Safari",
        os: "iOS",
        device: "iPhone",
        bot: false,
    },
    Agent {
        header: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        browser: "Googlebot",
        os: "Other",
        device: "Spider",
        bot: true,
    },
];

/// Referrers, and the host they are counted under.
pub const REFERRERS: [(&str, &str); 3] = [
    ("", "(none)"),
    ("https://News.example.org/a?b=c", "news.example.org"),
    ("android-app://com.example", "(other)"),
];

const COUNTRIES: [&str; 3] = ["", "DE", "US"];
/// How late an event may come in. Less than a day, so that it is of today or yesterday.
const LATEST_MS: i64 = 20 * 3_600_000;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Id of its link, pixel or goal.
    pub object: String,
    pub agent: &'static Agent,
    pub referrer: &'static str,
    /// Empty: not said.
    pub country: &'static str,
    /// `None`: when it is taken.
    pub occurred_ms: Option<i64>,
    pub value_micros: Option<i64>,
}

impl Content {
    /// What is always the same.
    pub fn plain(object: String) -> Self {
        Self {
            object,
            agent: &AGENTS[0],
            referrer: REFERRERS[0].0,
            country: "",
            occurred_ms: None,
            value_micros: None,
        }
    }

    /// What a browser shows of itself.
    pub fn of_browser(object: String, random: &mut StdRng) -> Self {
        Self {
            agent: &AGENTS[random.random_range(0..AGENTS.len())],
            referrer: REFERRERS[random.random_range(0..REFERRERS.len())].0,
            ..Self::plain(object)
        }
    }

    /// What a server may say of an event: also where and when it happened, in no order.
    pub fn of_server(object: String, now_ms: i64, random: &mut StdRng) -> Self {
        let late = random.random_bool(0.5);
        let occurred_ms = now_ms - random.random_range(0..LATEST_MS);
        Self {
            country: COUNTRIES[random.random_range(0..COUNTRIES.len())],
            occurred_ms: late.then_some(occurred_ms),
            ..Self::of_browser(object, random)
        }
    }

    /// What a recorded event differs in, if it does.
    pub fn differs_from(&self, event: &Event) -> Option<String> {
        let recorded = Content {
            object: event.object_id().to_string(),
            occurred_ms: self.occurred_ms.map(|_| event.occurred_ms),
            value_micros: event.value_micros,
            ..self.clone()
        };
        let same = recorded == *self
            && event.user_agent == self.agent.header
            && event.referrer == self.referrer
            && event.country == self.country;
        (!same).then(|| format!("sent {self:?}, recorded {event:?}"))
    }
}

/// How an agent must be counted by its header; `None`: nobody here has sent it.
pub fn agent(header: &str) -> Option<&'static Agent> {
    AGENTS.iter().find(|agent| agent.header == header)
}

/// The names of the measures that an event adds to.
pub fn metric(event: &Event, agent: &Agent) -> &'static str {
    match (event.kind(), agent.bot) {
        (EventKind::Click, false) => "clicks",
        (EventKind::Click, true) => "bot_clicks",
        (EventKind::View, false) => "views",
        (EventKind::View, true) => "bot_views",
        (EventKind::Conversion, _) => "conversions",
    }
}
