//! What must be counted of the recorded clicks: read from the files that came with them, or, for
//! a part of them, counted here in one plain pass.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::support::data;

pub const FOLDER: &str = "clicks-usagov-2013";
pub const ZONES: [&str; 4] = [
    "UTC",
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Kolkata",
];

/// One recorded click.
#[derive(Debug, Clone, Deserialize)]
pub struct Click {
    pub ts: i64,
    pub host: String,
    pub code: String,
    #[serde(rename = "ip_derived")]
    pub ip: String,
    pub user_agent: String,
    pub referer: String,
    pub accept_language: String,
    #[serde(rename = "country_recorded")]
    pub country: String,
}

impl Click {
    pub fn link(&self) -> String {
        format!("{}/{}", self.host, self.code)
    }
}

/// All clicks, in the order of the feed.
pub fn clicks() -> Vec<Click> {
    data::rows(&format!("{FOLDER}/events.csv.gz"))
}

/// Counts of one group. `visitors` is only compared where salts of days do not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Counts {
    pub events: u64,
    #[serde(rename = "distinct_visitors_ip_ua", default)]
    pub visitors: u64,
    #[serde(rename = "events_bot_crawler_user_agents", default)]
    pub bots: u64,
}

pub type Groups = BTreeMap<String, Counts>;

/// Ground truth.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    pub events: u64,
    /// By dimension, then by value: minute, hour, the zones' days, link, `hour link`, and so on.
    pub by: BTreeMap<&'static str, Groups>,
}

impl Expected {
    /// The ground truth of all clicks, as published with them.
    pub fn of_all() -> Self {
        let mut all = Self {
            events: 0,
            by: BTreeMap::new(),
        };
        for (dimension, file, keys) in [
            ("minute", "by_minute_utc.csv.gz", 1),
            ("hour", "by_hour_utc.csv", 1),
            ("link", "by_link.csv.gz", 1),
            ("hour and link", "by_hour_link.csv.gz", 2),
            ("country", "by_country.csv", 1),
            ("browser", "by_browser.csv", 1),
            ("os", "by_os.csv", 1),
            ("device_model", "by_device.csv", 1),
            ("referrer", "by_referrer_host.csv.gz", 1),
        ] {
            all.by.insert(dimension, read(file, keys));
        }
        for (zone_and_day, counts) in read("by_day.csv", 2) {
            let (zone, day) = zone_and_day.split_once(' ').unwrap();
            let zone = ZONES.into_iter().find(|z| *z == zone).unwrap();
            all.by
                .entry(zone)
                .or_default()
                .insert(day.to_owned(), counts);
        }
        all.events = all.by["hour"].values().map(|counts| counts.events).sum();
        all
    }

    /// Counts `clicks`. The families of user agents and the countries of addresses are recorded with
    /// the clicks, not ours; who is a bot, `is_bot` says.
    pub fn count(clicks: &[Click], is_bot: impl Fn(&Agent) -> bool) -> Self {
        let agents: Vec<Agent> = data::rows(&format!("{FOLDER}/expected/user_agents.csv.gz"));
        let agents: HashMap<&str, &Agent> = agents.iter().map(|a| (&*a.user_agent, a)).collect();
        let zones: Vec<(&str, Tz)> = ZONES
            .iter()
            .map(|name| (*name, name.parse().unwrap()))
            .collect();
        let mut by: BTreeMap<&'static str, BTreeMap<String, Group<'_>>> = BTreeMap::new();
        for click in clicks {
            let agent = agents[&*click.user_agent];
            let is_a_bot = is_bot(agent);
            let time = DateTime::<Utc>::from_timestamp(click.ts, 0).unwrap();
            let hour = time.format("%Y-%m-%dT%H:00:00Z").to_string();
            let mut add = |dimension, value: &str| {
                let group = by
                    .entry(dimension)
                    .or_default()
                    .entry(value.to_owned())
                    .or_default();
                group.events += 1;
                group.bots += u64::from(is_a_bot);
                group.visitors.insert((&click.ip, &click.user_agent));
            };
            add("minute", &time.format("%Y-%m-%dT%H:%M:00Z").to_string());
            add("hour", &hour);
            for (name, zone) in &zones {
                add(
                    name,
                    &time.with_timezone(zone).format("%Y-%m-%d").to_string(),
                );
            }
            add("link", &click.link());
            add("hour and link", &format!("{hour} {}", click.link()));
            add("country", &click.country);
            add("browser", &agent.browser_family);
            add("os", &agent.os_family);
            add("device_model", &agent.device_family);
            add("referrer", &referrer_host(&click.referer));
        }
        let groups = by.into_iter().map(|(name, groups)| {
            (
                name,
                groups.into_iter().map(|(k, g)| (k, g.counts())).collect(),
            )
        });
        Self {
            events: clicks.len() as u64,
            by: groups.collect(),
        }
    }
}

/// What was recorded of a user agent.
#[derive(Debug, Deserialize)]
pub struct Agent {
    pub user_agent: String,
    crawler_user_agents: u8,
    browser_family: String,
    os_family: String,
    device_family: String,
}

#[derive(Default)]
struct Group<'a> {
    events: u64,
    bots: u64,
    visitors: HashSet<(&'a String, &'a String)>,
}

impl Group<'_> {
    fn counts(&self) -> Counts {
        Counts {
            events: self.events,
            visitors: self.visitors.len() as u64,
            bots: self.bots,
        }
    }
}

fn referrer_host(referrer: &str) -> String {
    if ["", "-", "direct"].contains(&referrer) {
        return "(none)".into();
    }
    let lower = referrer.to_lowercase();
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|scheme| lower.strip_prefix(scheme));
    let host = rest.and_then(|rest| {
        rest.split(['/', '?', '#'])
            .next()?
            .rsplit('@')
            .next()?
            .split(':')
            .next()
    });
    host.filter(|host| !host.is_empty())
        .unwrap_or("(other)")
        .to_owned()
}

/// Rows of a file of counts; its first `keys` columns are the group.
fn read(file: &str, keys: usize) -> Groups {
    let rows: Vec<Vec<String>> = data::rows_of_texts(&format!("{FOLDER}/expected/{file}"));
    let number =
        |row: &[String], i: usize| row.get(keys + i).map_or(0, |text| text.parse().unwrap());
    let counts = |row: &[String]| Counts {
        events: number(row, 0),
        visitors: number(row, 1),
        bots: number(row, 2),
    };
    rows.iter()
        .map(|row| (row[..keys].join(" "), counts(row)))
        .collect()
}

/// The plain pass of this test is itself held against the published truth.
#[test]
fn the_pass_over_all_clicks_gives_the_published_counts() {
    testing::needs_data!("clicks-usagov-2013");
    let by_the_list = |agent: &Agent| agent.crawler_user_agents == 1;
    let (published, mut counted) = (Expected::of_all(), Expected::count(&clicks(), by_the_list));
    for dimension in ["minute", "hour and link"] {
        // Published without visitors and bots.
        for counts in counted.by.get_mut(dimension).unwrap().values_mut() {
            *counts = Counts {
                events: counts.events,
                ..Counts::default()
            };
        }
    }
    assert_eq!(published.events, counted.events);
    for (dimension, groups) in &published.by {
        let counted = &counted.by[dimension];
        let differing: Vec<_> = groups
            .iter()
            .filter(|(name, counts)| counted.get(*name) != Some(*counts))
            .take(10)
            .collect();
        assert!(
            differing.is_empty() && groups.len() == counted.len(),
            "{dimension}: {differing:?}"
        );
    }
}
