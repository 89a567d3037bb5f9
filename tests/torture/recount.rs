//! Every number of the API, counted again from the raw events.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat};
use model::{Event, EventKind};
use serde_json::Value;

use crate::support::{
    content::{self, Agent, REFERRERS},
    http::Customer,
};

const HOUR_MS: i64 = 3_600_000;
/// From so long before now, and to as long after.
const SPAN_MS: i64 = 48 * HOUR_MS;

/// Numbers by time and group, and in them by metric. Zeros are left out.
pub type Numbers = BTreeMap<(String, String), BTreeMap<String, i64>>;

/// The group of an event, if it is counted.
type GroupOf = dyn Fn(&Event, &Agent) -> Option<String>;
/// The same for what does not depend on a question.
type GroupOfAny = fn(&Event, &Agent) -> Option<String>;

/// A question, and how its answer is counted.
pub struct Question {
    /// What is asked besides metrics and times.
    query: String,
    metrics: &'static str,
    /// The field of a row that names its group.
    group: &'static str,
    bucket_ms: i64,
    of: Box<GroupOf>,
}

const COUNTS: &str = "clicks,bot_clicks,views,bot_views,conversions,pending,rejected";

impl Question {
    /// Everything that is asked about an account with these objects.
    pub fn all(objects: &[String]) -> Vec<Self> {
        let cubes: [(&str, GroupOfAny); 9] = [
            ("country", |event, _| Some(event.country.clone())),
            ("browser", |event, agent| {
                Some(told(&event.browser, agent.browser))
            }),
            ("os", |event, agent| Some(told(&event.os, agent.os))),
            ("device_model", |_, agent| Some(agent.device.into())),
            ("referrer", |event, _| Some(host(&event.referrer))),
            ("campaign", |event, _| {
                Some(
                    event
                        .campaign_id()
                        .map_or(String::new(), |id| id.to_string()),
                )
            }),
            ("link", |event, _| object(event, "lnk_")),
            ("pixel", |event, _| object(event, "pxl_")),
            ("goal", |event, _| object(event, "gol_")),
        ];
        let mut all = vec![Self::by_minute(), Self::of_values(), Self::of_visitors()];
        for (group, of) in cubes {
            all.push(Self {
                query: format!("group_by={group}&interval=hour"),
                metrics: COUNTS,
                group,
                bucket_ms: HOUR_MS,
                of: Box::new(of),
            });
        }
        all.extend(objects.iter().map(|id| Self::of_object(id.clone())));
        all
    }

    fn by_minute() -> Self {
        Self {
            query: "interval=minute".into(),
            metrics: COUNTS,
            group: "",
            bucket_ms: 60_000,
            of: Box::new(|_, _| Some(String::new())),
        }
    }

    fn of_values() -> Self {
        Self {
            query: "group_by=currency&interval=hour".into(),
            metrics: "conversions,value",
            group: "currency",
            bucket_ms: HOUR_MS,
            of: Box::new(|event, _| event.value_micros.map(|_| event.currency.clone())),
        }
    }

    fn of_visitors() -> Self {
        Self {
            query: "interval=hour".into(),
            metrics: "unique_visitors",
            group: "",
            bucket_ms: HOUR_MS,
            of: Box::new(|_, agent| (!agent.bot).then(String::new)),
        }
    }

    fn of_object(id: String) -> Self {
        let kind = match id.split_once('_').unwrap().0 {
            "lnk" => "link",
            "pxl" => "pixel",
            _ => "goal",
        };
        Self {
            query: format!("{kind}={id}&group_by=browser&interval=hour"),
            metrics: COUNTS,
            group: "browser",
            bucket_ms: HOUR_MS,
            of: Box::new(move |event, agent| {
                (event.object_id().to_string() == id).then(|| told(&event.browser, agent.browser))
            }),
        }
    }

    /// The answer of the API, and the meta data of it.
    pub async fn ask(&self, customer: &Customer, now_ms: i64) -> (u64, Numbers) {
        let hour = now_ms - now_ms.rem_euclid(HOUR_MS);
        let (start, end) = (time(hour - SPAN_MS), time(hour + SPAN_MS));
        let (metrics, query) = (self.metrics, &self.query);
        let query = format!("metrics={metrics}&{query}&start={start}&end={end}&limit=50000");
        let answer = customer.stats(&query).await;
        let mut numbers = Numbers::new();
        for row in answer["results"].as_array().unwrap() {
            let at = row["time"].as_str().unwrap().to_owned();
            let group = row[self.group].as_str().unwrap_or_default().to_owned();
            let counts = self
                .metrics
                .split(',')
                .map(|m| (m.to_owned(), number(&row[m])));
            let counts: BTreeMap<String, i64> = counts.filter(|(_, n)| *n != 0).collect();
            if !counts.is_empty() {
                let twice = numbers.insert((at, group), counts);
                assert!(twice.is_none(), "{query} has a row twice: {row}");
            }
        }
        (answer["meta"]["manifest"].as_u64().unwrap(), numbers)
    }

    /// The same, counted from the events.
    pub fn recount<'a>(&self, events: impl Iterator<Item = &'a Event>) -> Numbers {
        let mut numbers = Numbers::new();
        let mut visitors: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
        for event in events {
            let agent = content::agent(&event.user_agent).unwrap();
            let Some(group) = (self.of)(event, agent) else {
                continue;
            };
            let at = time(event.occurred_ms - event.occurred_ms.rem_euclid(self.bucket_ms));
            if self.metrics == "unique_visitors" {
                if event.kind() != EventKind::Conversion && event.visitor != 0 {
                    visitors.entry(at).or_default().insert(event.visitor);
                }
                continue;
            }
            let counts = numbers.entry((at, group)).or_default();
            for (metric, more) in content::metrics(event, agent) {
                *counts.entry(metric.to_owned()).or_default() += more;
            }
            if self.metrics.contains("value") {
                *counts.entry("value".into()).or_default() += event.value_micros.unwrap_or(0);
            }
        }
        numbers.extend(visitors.into_iter().map(|(at, distinct)| {
            let count = ("unique_visitors".to_owned(), distinct.len() as i64);
            ((at, String::new()), BTreeMap::from([count]))
        }));
        for counts in numbers.values_mut() {
            counts.retain(|metric, count| self.asks(metric) && *count != 0);
        }
        numbers.retain(|_, counts| !counts.is_empty());
        numbers
    }

    fn asks(&self, metric: &str) -> bool {
        self.metrics.split(',').any(|asked| asked == metric)
    }

    /// How it is asked.
    pub fn text(&self) -> &str {
        &self.query
    }
}

fn object(event: &Event, prefix: &str) -> Option<String> {
    let id = event.object_id().to_string();
    id.starts_with(prefix).then_some(id)
}

/// What batch has decided stands for what the user agent says.
fn told(decided: &str, of_agent: &str) -> String {
    match decided.is_empty() {
        true => of_agent.to_owned(),
        false => decided.to_owned(),
    }
}

fn host(referrer: &str) -> String {
    let known = REFERRERS.iter().find(|(header, _)| *header == referrer);
    known.unwrap().1.to_owned()
}

/// A count, or a decimal text in millionths.
fn number(value: &Value) -> i64 {
    match value.as_str() {
        None => value.as_i64().unwrap(),
        Some(text) => (text.parse::<f64>().unwrap() * 1e6).round() as i64,
    }
}

fn time(ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(ms).unwrap();
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
