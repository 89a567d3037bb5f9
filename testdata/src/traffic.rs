//! The traffic of a large installation: any number of events of any number of accounts, each event a
//! function of its number alone, so that any part of it can be made again, by many at once.

use std::io::Write;

use crate::{
    people::{BROWSERS, COUNTRIES, CRAWLERS},
    random::Random,
};

/// How large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Events in all.
    pub events: u64,
    /// Accounts; their shares of the traffic follow Zipf's law.
    pub accounts: u32,
    /// Links, at least one for each account; larger accounts have more, and those follow Zipf's law, too.
    pub links: u32,
    /// Days that the events are spread over.
    pub days: u32,
    /// The first moment, unix milliseconds.
    pub start_ms: i64,
}

/// The traffic.
#[derive(Debug)]
pub struct Traffic {
    size: Size,
    seed: u64,
    /// The number of each account's first link, and of the end.
    first_links: Vec<u32>,
    /// From how many people visitors are drawn.
    people: u64,
    referrers: Vec<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A click by a person.
    Click,
    /// A click by a bot.
    Crawl,
    /// A goal was reached, with so many cents.
    Sale(u32),
}

/// One event, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// From 0.
    pub account: u32,
    /// From 0, over all accounts. A sale has one, too, which is not in its event.
    pub link: u32,
    /// Unix milliseconds.
    pub at_ms: i64,
    /// Whoever it was: has an address and a user agent of their own.
    pub person: u32,
    /// What happened.
    pub kind: Kind,
    country: u8,
    agent: u8,
    referrer: u16,
}

const REFERRERS: u64 = 2_000;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Only the largest accounts sell.
const SELLERS: u32 = 1_000;

impl Traffic {
    /// The traffic of a seed.
    pub fn new(seed: u64, size: Size) -> Self {
        let rest = f64::from(size.links.saturating_sub(size.accounts));
        let harmonic: f64 = (1..=size.accounts).map(|k| 1.0 / f64::from(k)).sum();
        let mut first_links = vec![0u32];
        let mut end = 0.0;
        for account in 1..=size.accounts {
            end += 1.0 + rest / harmonic / f64::from(account);
            first_links.push((end as u32).max(account));
        }
        Self {
            size,
            seed,
            first_links,
            // So that some 0.7 of a day's events are of different people.
            people: (size.events * 138 / 100 / u64::from(size.days.max(1))).max(1),
            referrers: (0..REFERRERS)
                .map(|n| format!("https://site-{n}.example/page"))
                .collect(),
        }
    }

    /// Links there are.
    pub fn links(&self) -> u32 {
        self.first_links.last().copied().unwrap_or_default()
    }

    /// The links of an account.
    pub fn links_of(&self, account: u32) -> std::ops::Range<u32> {
        let account = account as usize;
        self.first_links[account]..self.first_links[account + 1]
    }

    /// Event `n`, from 0. Time goes on with the number, but for one in twenty, which comes late.
    pub fn hit(&self, n: u64) -> Hit {
        let mut random = Random::new(self.seed ^ n.wrapping_mul(0xA24B_AED4_963E_E407));
        let account = zipf(&mut random, self.size.accounts);
        let links = self.links_of(account);
        let link = links.start + zipf(&mut random, links.end - links.start);
        let span = u64::from(self.size.days) * DAY_MS;
        let at = (u128::from(n) * u128::from(span) / u128::from(self.size.events.max(1))) as u64;
        let late = match random.below(100) {
            0 => random.below(48 * HOUR_MS),
            1..=4 => random.below(HOUR_MS / 2),
            _ => 0,
        };
        let person = random.below(self.people) as u32;
        let kind = match random.below(100) {
            0..=5 => Kind::Crawl,
            6..=7 if account < SELLERS => Kind::Sale(100 + random.below(30_000) as u32),
            _ => Kind::Click,
        };
        let mut theirs = Random::new(self.seed ^ u64::from(person).wrapping_mul(0x9FB2_1C65));
        let agents = match kind {
            Kind::Crawl => CRAWLERS.len(),
            _ => BROWSERS.len(),
        };
        Hit {
            account,
            link,
            at_ms: self.size.start_ms + at.saturating_sub(late) as i64,
            person,
            kind,
            country: theirs.below(COUNTRIES.len() as u64) as u8,
            agent: theirs.below(agents as u64) as u8,
            referrer: zipf(&mut random, REFERRERS as u32) as u16,
        }
    }

    /// Writes an event as a line for `POST /v1/events` of its account.
    pub fn line(&self, hit: &Hit, to: &mut Vec<u8>) {
        let (a, b) = (hit.person >> 16, hit.person & 0xffff);
        let done = match hit.kind {
            Kind::Sale(cents) => write!(
                to,
                r#"{{"type":"conversion","goal":"sale","value":"{}.{:02}","currency":"EUR","#,
                cents / 100,
                cents % 100
            ),
            _ => write!(to, r#"{{"type":"click","link":"l{}","#, hit.link),
        };
        let rest = writeln!(
            to,
            r#""occurred_at":{},"ip":"2001:db8:{a:x}:{b:x}::1","country":"{}","user_agent":"{}","referrer":"{}"}}"#,
            hit.at_ms,
            self.country(hit),
            self.agent(hit),
            self.referrer(hit)
        );
        // A vector takes everything.
        debug_assert!(done.is_ok() && rest.is_ok());
    }

    /// The country of an event.
    pub fn country(&self, hit: &Hit) -> &'static str {
        COUNTRIES[usize::from(hit.country)].1.0
    }

    /// The user agent of an event.
    pub fn agent(&self, hit: &Hit) -> &'static str {
        match hit.kind {
            Kind::Crawl => CRAWLERS[usize::from(hit.agent)].1,
            _ => BROWSERS[usize::from(hit.agent)].1,
        }
    }

    /// The referrer of an event.
    pub fn referrer(&self, hit: &Hit) -> &str {
        &self.referrers[usize::from(hit.referrer)]
    }
}

/// A number below `bound`: k with a probability of about 1 / (k + 1), as the integral of that says.
fn zipf(random: &mut Random, bound: u32) -> u32 {
    let part = random.below(1 << 53) as f64 / (1u64 << 53) as f64;
    let rank = (f64::from(bound) + 1.0).powf(part) as u32;
    rank.saturating_sub(1).min(bound.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic() -> Traffic {
        let size = Size {
            events: 100_000,
            accounts: 1_000,
            links: 10_000,
            days: 10,
            start_ms: 1_790_000_000_000,
        };
        Traffic::new(7, size)
    }

    #[test]
    fn large_accounts_have_more_links_and_more_events() {
        let traffic = traffic();
        assert!((9_000..=10_000).contains(&traffic.links()));
        assert!(traffic.links_of(0).len() > 1_000);
        assert!(traffic.links_of(999).len() <= 3);
        let hits: Vec<Hit> = (0..100_000).map(|n| traffic.hit(n)).collect();
        let of = |account| hits.iter().filter(|hit| hit.account == account).count();
        assert!((8_000..13_000).contains(&of(0)), "{}", of(0));
        assert!(of(999) < 100);
        let own = |hit: &Hit| traffic.links_of(hit.account).contains(&hit.link);
        assert!(hits.iter().all(own));
        let people: std::collections::HashSet<u32> =
            hits[..10_000].iter().map(|hit| hit.person).collect();
        assert!((6_500..7_500).contains(&people.len()), "{}", people.len());
    }

    #[test]
    fn an_event_is_a_line_of_json_and_the_same_each_time() {
        let traffic = traffic();
        let mut lines = Vec::new();
        (0..1_000).for_each(|n| traffic.line(&traffic.hit(n), &mut lines));
        let mut again = Vec::new();
        (0..1_000).for_each(|n| traffic.line(&traffic.hit(n), &mut again));
        assert_eq!(lines, again);
        let lines = String::from_utf8(lines).unwrap();
        let events: Vec<serde_json::Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(events.len(), 1_000);
        assert!(events.iter().any(|e| e["type"] == "conversion"));
        assert!(events.iter().all(|e| e["occurred_at"].as_i64().is_some()));
    }
}
