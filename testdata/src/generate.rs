//! Six weeks of traffic from one seed: daily and weekly rhythm, a release day, crawlers, repeat
//! visitors, conversions, and events that arrive late.

use chrono::{DateTime, TimeDelta};

use crate::{
    CURRENCY, DAY_MS, DAYS, END_MS, START_MS,
    objects::slugs,
    people::{Visitor, crawlers, hours_ahead, people},
    random::Random,
    types::{Event, EventType},
};

const SEED: u64 = 0x4d69_6c6c_7261_6365;
const PEOPLE: usize = 8_000;
const CLICKS: u64 = 23_500;
const RELEASE_CLICKS: u64 = 400;
const CRAWLS: u64 = 1_500;
const VIEWS: u64 = 6_000;
/// The day of the big release, counted from the first: a Tuesday of the third week, which is long
/// enough ago not to pull the forecast up.
const RELEASE_DAY: i64 = 16;
const RELEASE_HOUR: i64 = 13;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// From Sunday.
const WEEKDAYS: [u64; 7] = [62, 100, 108, 106, 103, 91, 58];
/// By hour of the visitor's day.
const HOURS: [u64; 24] = [
    12, 7, 4, 3, 4, 9, 24, 46, 66, 78, 84, 82, 78, 74, 76, 78, 76, 74, 72, 76, 80, 70, 46, 24,
];

/// The events of the sample, in the order in which they arrive.
pub fn events() -> Vec<Event> {
    let mut random = Random::new(SEED);
    let people = people(PEOPLE, &mut random);
    let clicks = clicks(&people, &mut random);
    let conversions = conversions(&clicks, &mut random);
    let crawls = crawls(&mut random);
    let views = views(&people, &mut random);
    in_order_of_arrival([clicks, conversions, crawls, views].concat(), &mut random)
}

fn clicks(people: &[Visitor], random: &mut Random) -> Vec<Event> {
    let slugs = slugs();
    let usual = (0..CLICKS).map(|_| {
        let visitor = regular(people, random);
        let slug = random.weighted(&slugs);
        click(visitor, slug, moment(visitor, random), random)
    });
    let mut clicks: Vec<Event> = usual.collect();
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

fn click(visitor: &Visitor, slug: &str, at_ms: i64, random: &mut Random) -> Event {
    Event {
        link: Some(slug.to_string()),
        referrer: referrer(slug, random).map(str::to_string),
        ..event(EventType::Click, visitor, at_ms)
    }
}

fn crawls(random: &mut Random) -> Vec<Event> {
    let (crawlers, slugs) = (crawlers(random), slugs());
    let crawl = |_| {
        let at = START_MS + random.below((END_MS - START_MS) as u64) as i64;
        let crawler = random.pick(&crawlers);
        Event {
            link: Some(random.pick(&slugs).1.to_string()),
            ..event(EventType::Click, crawler, at)
        }
    };
    (0..CRAWLS).map(crawl).collect()
}

fn views(people: &[Visitor], random: &mut Random) -> Vec<Event> {
    let pixels = [
        (5, "newsletter-open"),
        (4, "landing-page"),
        (1, "thank-you-page"),
    ];
    let view = |_| {
        let visitor = regular(people, random);
        let at = moment(visitor, random);
        let pixel = random.weighted(&pixels);
        let on_a_page = pixel != "newsletter-open";
        Event {
            pixel: Some(pixel.to_string()),
            referrer: on_a_page.then(|| "https://www.example.com/".to_string()),
            ..event(EventType::View, visitor, at)
        }
    };
    (0..VIEWS).map(view).collect()
}

/// Some clicks lead to something within two hours.
fn conversions(clicks: &[Event], random: &mut Random) -> Vec<Event> {
    let goals = [(5, "purchase"), (4, "sign-up"), (1, "app-install")];
    let mut conversions = Vec::new();
    for click in clicks {
        let occurred_at = click.occurred_at + TimeDelta::minutes(1 + random.below(120) as i64);
        if !random.percent(5) || occurred_at.timestamp_millis() >= END_MS {
            continue;
        }
        let goal = random.weighted(&goals);
        let price = (goal == "purchase").then(|| price(random));
        conversions.push(Event {
            kind: EventType::Conversion,
            occurred_at,
            link: None,
            referrer: None,
            goal: Some(goal.to_string()),
            idempotency_key: Some(format!("order-{:06}", conversions.len() + 1)),
            currency: price.as_ref().map(|_| CURRENCY.to_string()),
            value: price,
            ..click.clone()
        });
    }
    conversions
}

fn price(random: &mut Random) -> String {
    let usual = [(9, 900), (8, 1_900), (5, 4_900), (2, 9_900), (1, 24_900)];
    euros(random.weighted(&usual) + random.below(100))
}

/// Most arrive at once, some minutes later, a few after days.
fn in_order_of_arrival(events: Vec<Event>, random: &mut Random) -> Vec<Event> {
    let mut arrivals: Vec<(i64, Event)> = events
        .into_iter()
        .map(|event| {
            let delay = match random.below(100) {
                0 => random.below(48 * HOUR_MS as u64),
                1..=5 => random.below(30 * MINUTE_MS as u64),
                _ => random.below(2_000),
            };
            (event.occurred_at.timestamp_millis() + delay as i64, event)
        })
        .collect();
    arrivals.sort_by_key(|(arrival, _)| *arrival);
    arrivals.into_iter().map(|(_, event)| event).collect()
}

/// Somebody; the first ones come again and again.
fn regular<'a>(people: &'a [Visitor], random: &mut Random) -> &'a Visitor {
    let count = people.len() as u64;
    let place = random.below(count) * random.below(count) / count;
    &people[place as usize]
}

/// A moment by the rhythm of the week, of the visitor's day, and of slow growth.
fn moment(visitor: &Visitor, random: &mut Random) -> i64 {
    let day = |day: i64| (WEEKDAYS[(day % 7) as usize] * (200 + day as u64), day);
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

fn event(kind: EventType, visitor: &Visitor, at_ms: i64) -> Event {
    Event {
        kind,
        link: None,
        pixel: None,
        goal: None,
        occurred_at: DateTime::from_timestamp_millis(at_ms).unwrap_or_default(),
        ip: visitor.ip.clone(),
        country: visitor.country.to_string(),
        user_agent: visitor.user_agent.to_string(),
        referrer: None,
        accept_language: visitor.accept_language.map(str::to_string),
        idempotency_key: None,
        click_id: None,
        value: None,
        currency: None,
    }
}

/// `12.05` of 1205 cents.
pub(crate) fn euros(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
