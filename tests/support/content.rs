//! What an event says besides its marker, chosen so that every cube has something to count, and
//! what the numbers must make of it.

use model::{Event, EventKind, Status};
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

/// A shop's server, which tells what became of transactions.
pub static SHOP: Agent = Agent {
    header: "Shop/1.0",
    browser: "Other",
    os: "Other",
    device: "Other",
    bot: false,
};

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

    /// What a history says of a click.
    pub fn of_history(object: String, now_ms: i64, random: &mut StdRng) -> Self {
        let content = Self::of_server(object, now_ms, random);
        let sometime = now_ms - random.random_range(0..LATEST_MS);
        Self {
            occurred_ms: content.occurred_ms.or(Some(sometime)),
            ..content
        }
    }

    /// What a recorded event differs in, if it does. `follows`: its door knew what was reported first, if anything was.
    pub fn differs_from(&self, event: &Event, follows: bool) -> Option<String> {
        let recorded = Content {
            object: event.object_id().to_string(),
            occurred_ms: self.occurred_ms.map(|_| event.occurred_ms),
            // What was told; what it adds to the value of its transaction may be another amount.
            value_micros: event.amount_micros.or(event.value_micros),
            ..self.clone()
        };
        let place = (&*event.user_agent, &*event.referrer, &*event.country);
        let is_here = place == (self.agent.header, self.referrer, self.country);
        let is_shops = !follows && place == (SHOP.header, "", "");
        let same = recorded == *self && (is_here || is_shops);
        (!same).then(|| format!("sent {self:?}, recorded {event:?}"))
    }
}

/// How an agent must be counted by its header; `None`: nobody here has sent it.
pub fn agent(header: &str) -> Option<&'static Agent> {
    let all = AGENTS.iter().chain([&SHOP]);
    all.into_iter().find(|agent| agent.header == header)
}

/// The metrics that an event adds to, and what it adds.
pub fn metrics(event: &Event, agent: &Agent) -> Vec<(&'static str, i64)> {
    match (event.kind(), agent.bot) {
        (EventKind::Click, false) => vec![("clicks", 1)],
        (EventKind::Click, true) => vec![("bot_clicks", 1)],
        (EventKind::View, false) => vec![("views", 1)],
        (EventKind::View, true) => vec![("bot_views", 1)],
        (EventKind::Conversion, _) if event.adjusts => vec![],
        (EventKind::Conversion, _) => {
            let was = event.taken_back.map(|was| (status(was), -1));
            [(status(event.status), 1)].into_iter().chain(was).collect()
        }
    }
}

/// The metric that counts conversions of a status.
fn status(number: i32) -> &'static str {
    match Status::try_from(number).unwrap() {
        Status::Approved => "conversions",
        Status::Pending => "pending",
        Status::Rejected => "rejected",
    }
}
