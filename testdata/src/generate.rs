//! Two weeks of traffic from one seed: daily and weekly rhythm, a release day, crawlers, repeat
//! visitors, conversions, and events that arrive late.

use chrono::{DateTime, SecondsFormat};

use crate::{
    DAYS, END_MS, START_MS,
    objects::slugs,
    people::{Visitor, crawlers, hours_ahead, people},
    random::Random,
    types::{Event, EventType},
};

const SEED: u64 = 0x4d69_6c6c_7261_6365;
const PEOPLE: usize = 5_200;
const CLICKS: u64 = 13_400;
const RELEASE_CLICKS: u64 = 1_300;
const CRAWLS: u64 = 930;
const VIEWS: u64 = 3_700;
/// The day of the big release, counted from the first.
const RELEASE_DAY: i64 = 9;
const RELEASE_HOUR: i64 = 13;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// From Sunday.
const WEEKDAYS: [u64; 7] = [62, 100, 108, 106, 103, 91, 58];
/// By hour of the visitor's day.
const HOURS: [u64; 24] = [
    12, 7, 4, 3, 4, 9, 24, 46, 66, 78, 84, 82, 78, 74, 76, 78, 76, 74, 72, 76, 80, 70, 46, 24,
];

/// An event with what is known of it by construction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As it is sent.
    pub event: Event,
    /// When it happened, unix milliseconds.
    pub at_ms: i64,
    /// Sent by a crawler.
    pub bot: bool,
    /// Value in hundredths of a euro.
    pub cents: u64,
}

/// The events of the sample, in the order in which they arrive.
pub fn events() -> Vec<Known> {
    let mut random = Random::new(SEED);
    let people = people(PEOPLE, &mut random);
    let clicks = clicks(&people, &mut random);
    let conversions = conversions(&clicks, &mut random);
    let crawls = crawls(&mut random);
    let views = views(&people, &mut random);
    in_order_of_arrival([clicks, conversions, crawls, views].concat(), &mut random)
}

fn clicks(people: &[Visitor], random: &mut Random) -> Vec<Known> {
    let slugs = slugs();
    let usual = (0..CLICKS).map(|_| {
        let visitor = regular(people, random);
        let slug = random.weighted(&slugs);
        click(visitor, slug, moment(visitor, random), random)
    });
    let mut clicks: Vec<Known> = usual.collect();
    let release = [
        (6, "release"),
        (3, "download"),
        (2, "whats-new"),
        (1, "s-thread"),
    ];
    clicks.extend((0..RELEASE_CLICKS).map(|_| {
        let visitor = random.pick(people);
        let slug = random.weighted(&release);
        // The product of two even numbers is small more often than large: a peak that fades.
        let minutes = random.below(660) * random.below(660) / 660;
        let at = START_MS + RELEASE_DAY * DAY_MS + RELEASE_HOUR * HOUR_MS;
        let at = at + minutes as i64 * MINUTE_MS + random.below(60_000) as i64;
        click(visitor, slug, at.min(END_MS - 1), random)
    }));
    clicks
}

fn click(visitor: &Visitor, slug: &str, at_ms: i64, random: &mut Random) -> Known {
    let mut known = known(EventType::Click, visitor, at_ms);
    known.event.link = Some(slug.to_string());
    known.event.referrer = referrer(slug, random).map(str::to_string);
    known
}

fn crawls(random: &mut Random) -> Vec<Known> {
    let (crawlers, slugs) = (crawlers(random), slugs());
    let crawl = |_| {
        let at = START_MS + random.below((END_MS - START_MS) as u64) as i64;
        let mut known = known(EventType::Click, random.pick(&crawlers), at);
        known.event.link = Some(random.pick(&slugs).1.to_string());
        known.bot = true;
        known
    };
    (0..CRAWLS).map(crawl).collect()
}

fn views(people: &[Visitor], random: &mut Random) -> Vec<Known> {
    let pixels = [
        (5, "newsletter-open"),
        (4, "landing-page"),
        (1, "thank-you-page"),
    ];
    let view = |_| {
        let visitor = regular(people, random);
        let mut known = known(EventType::View, visitor, moment(visitor, random));
        let pixel = random.weighted(&pixels);
        known.event.pixel = Some(pixel.to_string());
        if pixel != "newsletter-open" {
            known.event.referrer = Some("https://www.example.com/".to_string());
        }
        known
    };
    (0..VIEWS).map(view).collect()
}

/// Some clicks lead to something within two hours.
fn conversions(clicks: &[Known], random: &mut Random) -> Vec<Known> {
    let goals = [(5, "purchase"), (4, "sign-up"), (1, "app-install")];
    let mut conversions = Vec::new();
    for click in clicks {
        let at_ms = click.at_ms + (1 + random.below(120)) as i64 * MINUTE_MS;
        if !random.percent(5) || at_ms >= END_MS {
            continue;
        }
        let mut known = Known {
            at_ms,
            ..click.clone()
        };
        let event = &mut known.event;
        event.kind = EventType::Conversion;
        event.occurred_at = text(at_ms);
        (event.link, event.referrer) = (None, None);
        event.idempotency_key = Some(format!("order-{:06}", conversions.len() + 1));
        let goal = random.weighted(&goals);
        event.goal = Some(goal.to_string());
        if goal == "purchase" {
            let price =
                random.weighted(&[(9, 900), (8, 1_900), (5, 4_900), (2, 9_900), (1, 24_900)]);
            known.cents = price + random.below(100);
            event.value = Some(euros(known.cents));
            event.currency = Some("EUR".to_string());
        }
        conversions.push(known);
    }
    conversions
}

/// Most arrive at once, some minutes later, a few after days.
fn in_order_of_arrival(events: Vec<Known>, random: &mut Random) -> Vec<Known> {
    let mut arrivals: Vec<(i64, Known)> = events
        .into_iter()
        .map(|known| {
            let delay = match random.below(100) {
                0 => random.below(48 * HOUR_MS as u64),
                1..=5 => random.below(30 * MINUTE_MS as u64),
                _ => random.below(2_000),
            };
            (known.at_ms + delay as i64, known)
        })
        .collect();
    arrivals.sort_by_key(|(arrival, _)| *arrival);
    arrivals.into_iter().map(|(_, known)| known).collect()
}

/// Somebody; the first ones come again and again.
fn regular<'a>(people: &'a [Visitor], random: &mut Random) -> &'a Visitor {
    let count = people.len() as u64;
    let place = random.below(count) * random.below(count) / count;
    &people[place as usize]
}

/// A moment by the rhythm of the week, of the visitor's day, and of slow growth.
fn moment(visitor: &Visitor, random: &mut Random) -> i64 {
    let day = |day: i64| (WEEKDAYS[(day % 7) as usize] * (100 + day as u64), day);
    let days: Vec<(u64, i64)> = (0..DAYS).map(day).collect();
    let hours: Vec<(u64, i64)> = HOURS.into_iter().zip(0..).collect();
    let day = random.weighted(&days);
    let local = random.weighted(&hours);
    let hour = (local - 1 - hours_ahead(visitor.country)).rem_euclid(24);
    START_MS + day * DAY_MS + hour * HOUR_MS + random.below(HOUR_MS as u64) as i64
}

fn referrer(slug: &str, random: &mut Random) -> Option<&'static str> {
    let social = [
        (4, Some("https://www.facebook.com/")),
        (4, Some("https://www.linkedin.com/feed/")),
        (3, Some("https://t.co/8sXk2")),
        (3, Some("https://www.instagram.com/")),
        (2, Some("https://www.reddit.com/r/programming/")),
        (3, None),
    ];
    let mail = [
        (7, None),
        (2, Some("https://mail.google.com/")),
        (1, Some("https://outlook.live.com/")),
    ];
    let partner = [
        (4, Some("https://blog.partner-one.example/reviews")),
        (3, Some("https://partner-two.example/")),
        (1, None),
    ];
    let web = [
        (9, None),
        (8, Some("https://www.google.com/")),
        (2, Some("https://www.bing.com/")),
        (2, Some("https://duckduckgo.com/")),
        (2, Some("https://news.ycombinator.com/")),
        (3, Some("https://www.example.com/")),
    ];
    match slug.split_once('-').map(|(kind, _)| kind) {
        Some("s") => random.weighted(&social),
        Some("nl") => random.weighted(&mail),
        Some("p") => random.weighted(&partner),
        _ => random.weighted(&web),
    }
}

fn known(kind: EventType, visitor: &Visitor, at_ms: i64) -> Known {
    let event = Event {
        kind,
        link: None,
        pixel: None,
        goal: None,
        occurred_at: text(at_ms),
        ip: visitor.ip.clone(),
        country: visitor.country.to_string(),
        user_agent: visitor.user_agent.to_string(),
        referrer: None,
        accept_language: visitor.accept_language.map(str::to_string),
        idempotency_key: None,
        value: None,
        currency: None,
    };
    Known {
        event,
        at_ms,
        bot: false,
        cents: 0,
    }
}

fn text(at_ms: i64) -> String {
    let time = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `12.05` of 1205 cents.
pub(crate) fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
