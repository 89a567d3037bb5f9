//! Clicks that follow each other faster than people click.

use std::{collections::HashMap, net::IpAddr};

use model::{Event, EventKind, time};

/// Whose clicks on what are counted at once, at most: what is beyond is taken for people's. 16 MiB.
const MOST_COUNTED: usize = 1 << 18;

/// A visitor's clicks on a link, in a minute in which they happened.
type Clicks = (u64, u64, i64);

/// Counts, over one minute of receiving, the clicks of each visitor on each link.
///
/// What it decides is written in the event, like all that only a door knows: whoever counts the event, live, in a batch or in
/// another log after a salvage, counts the same, and nobody needs the events before it. It knows one collector's clicks, and
/// begins anew when that starts.
///
/// Whoever comes from no address of the internet's is behind a proxy that nobody has named, as are all others, and is not
/// counted; nor is whoever has no number, or one that was made without an address.
///
/// Clicks of different minutes are not added up although they are received in one: a file of last year's clicks that is sent
/// now is of people still.
#[derive(Debug)]
pub(super) struct RateRule {
    /// How many are a person's; 0: any number.
    most: u32,
    /// In which they were received, unix minute.
    minute: i64,
    clicks: HashMap<Clicks, u32>,
}

impl RateRule {
    /// A rule that takes `most` clicks of a visitor on a link in a minute for a person's; with 0 any number.
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            minute: i64::MIN,
            clicks: HashMap::new(),
        }
    }

    /// Looks at events in the order in which they are written, and marks those that are too many.
    pub(super) fn mark(&mut self, events: &mut [Event]) {
        for event in events {
            event.too_many = self.is_too_many(event);
        }
    }

    fn is_too_many(&mut self, event: &Event) -> bool {
        let is_somebody = event.visitor != 0 && is_of_the_internet(&event.network);
        if self.most == 0 || event.kind() != EventKind::Click || !is_somebody {
            return false;
        }
        self.begin(time::minute_of(event.received_ms));
        let happened = time::minute_of(event.occurred_ms);
        let clicks = (event.visitor, event.object, happened);
        if self.clicks.len() >= MOST_COUNTED && !self.clicks.contains_key(&clicks) {
            return false;
        }
        let count = self.clicks.entry(clicks).or_default();
        *count = count.saturating_add(1);
        *count > self.most
    }

    /// Forgets another minute's clicks. Requests overtake each other: those of the minute before are this one's.
    fn begin(&mut self, minute: i64) {
        if minute != self.minute && minute != self.minute.saturating_sub(1) {
            self.minute = minute;
            self.clicks.clear();
        }
    }
}

/// Whether a network, such as `203.0.113.0/24`, is one of the internet's: no loopback, private, link-local or shared one.
fn is_of_the_internet(network: &str) -> bool {
    let address = network.split('/').next().unwrap_or_default();
    match address.parse() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && b & 0xC0 == 64;
            !(v4.is_loopback() || v4.is_private() || v4.is_link_local() || is_shared)
        }
        // The network of the loopback is the unspecified one.
        Ok(IpAddr::V6(v6)) => {
            !(v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MINUTE_MS: i64 = 60_000;

    fn click(visitor: u64, object: u64, at_ms: i64) -> Event {
        Event {
            visitor,
            object,
            network: "203.0.113.0/24".into(),
            occurred_ms: at_ms,
            received_ms: at_ms,
            ..Event::default()
        }
    }

    fn marks(rule: &mut RateRule, events: impl IntoIterator<Item = Event>) -> Vec<bool> {
        let mut events: Vec<Event> = events.into_iter().collect();
        rule.mark(&mut events);
        events.iter().map(|event| event.too_many).collect()
    }

    #[test]
    fn those_after_the_nth_are_too_many() {
        let mut rule = RateRule::new(2);
        let twice = [click(1, 1, 0), click(1, 1, 10)];
        assert_eq!(marks(&mut rule, twice.clone()), [false, false]);
        assert_eq!(marks(&mut rule, [click(1, 1, 20)]), [true]);
        // Another link, another visitor, another minute; nobody, and what is no click.
        let view = Event {
            kind: EventKind::View as i32,
            ..click(1, 1, 30)
        };
        let others = [click(1, 2, 30), click(2, 1, 30), view, click(0, 1, 30)];
        assert_eq!(marks(&mut rule, others), [false; 4]);
        assert_eq!(marks(&mut rule, [click(1, 1, MINUTE_MS)]), [false]);
        let nobody = (0..99).map(|at| click(0, 1, at));
        assert_eq!(marks(&mut rule, nobody), [false; 99]);
        let any = (0..99).map(|at| click(1, 1, at));
        assert_eq!(marks(&mut RateRule::new(0), any), [false; 99]);
    }

    #[test]
    fn clicks_of_last_year_that_are_sent_now_are_not_too_many() {
        let late = |minute: i64| Event {
            occurred_ms: minute * MINUTE_MS,
            ..click(1, 1, 600 * MINUTE_MS)
        };
        let mut rule = RateRule::new(3);
        assert_eq!(marks(&mut rule, (0..500).map(late)), [false; 500]);
        // Those of one minute are.
        assert_eq!(
            marks(&mut rule, (0..3).map(|_| late(7))),
            [false, false, true]
        );
    }

    #[test]
    fn nobody_is_counted_whose_address_is_another_ones() {
        for (network, counts) in [
            ("203.0.113.0/24", true),
            ("2001:db8:1::/48", true),
            ("172.32.0.0/24", true),
            ("127.0.0.0/24", false),
            ("10.1.2.0/24", false),
            ("172.16.0.0/24", false),
            ("192.168.1.0/24", false),
            ("169.254.0.0/24", false),
            ("100.64.7.0/24", false),
            ("::/48", false),
            ("fd00:1::/48", false),
            ("fe80::/48", false),
            ("", false),
        ] {
            let from = || Event {
                network: network.into(),
                ..click(1, 1, 0)
            };
            let found = marks(&mut RateRule::new(1), [from(), from()]);
            assert_eq!(found, [false, counts], "{network}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_forgets() {
        let mut rule = RateRule::new(1);
        let at = |minute: i64| click(1, 1, minute * MINUTE_MS);
        assert_eq!(marks(&mut rule, [at(100), at(100)]), [false, true]);
        assert_eq!(
            marks(&mut rule, [at(40), at(40), at(40)]),
            [false, true, true]
        );
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut rule = RateRule::new(1);
        let all = (1..=MOST_COUNTED as u64 + 9).map(|visitor| click(visitor, 1, 0));
        assert!(!marks(&mut rule, all).contains(&true));
        assert_eq!(rule.clicks.len(), MOST_COUNTED);
        let first_and_last = [click(1, 1, 0), click(MOST_COUNTED as u64 + 9, 1, 0)];
        assert_eq!(marks(&mut rule, first_and_last), [true, false]);
    }

    /// Real programs with the agents of browsers, none of which is a bot by its agent.
    #[test]
    fn real_programs_are_found_and_hardly_anybody_else() {
        testing::needs_data!("clicks-usagov-2013");
        let path = testing::data("clicks-usagov-2013/events.csv.gz");
        let file = std::fs::File::open(path).expect("readable");
        let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
        let number = |text: &str| {
            let hash = blake3::hash(text.as_bytes());
            u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("eight bytes"))
        };
        let mut events = Vec::new();
        for row in rows.deserialize::<HashMap<String, String>>() {
            let row = row.expect("a row");
            let (ip, agent) = (&row["ip_derived"], &row["user_agent"]);
            let at_s: i64 = row["ts"].parse().expect("a time");
            let network = ip.parse().map(enrich::truncate_ip).unwrap_or_default();
            events.push(Event {
                network,
                ..click(
                    number(&format!("{ip} {agent}")),
                    number(&row["code"]),
                    at_s * 1000,
                )
            });
        }
        // As if each had been taken when it happened.
        events.sort_by_key(|event| event.received_ms);
        let all = events.len();
        RateRule::new(30).mark(&mut events);
        let marked: Vec<&Event> = events.iter().filter(|event| event.too_many).collect();
        let visitors: std::collections::HashSet<u64> =
            marked.iter().map(|event| event.visitor).collect();
        println!(
            "{} of {all} clicks, of {} visitors",
            marked.len(),
            visitors.len()
        );
        assert!((1_800..2_000).contains(&marked.len()), "{}", marked.len());
        assert!(visitors.len() < 20, "{}", visitors.len());
    }

    proptest! {
        /// Of clicks in order of time, it marks those that a count over all of them does, however they are cut into requests.
        #[test]
        fn it_counts_like_a_table(
            clicks in prop::collection::vec((1u64..4, 1u64..3, 0i64..4_000), 0..200),
            cut in 0usize..200,
            most in 1u32..5,
        ) {
            let mut at = 0;
            let events: Vec<Event> = clicks.iter().map(|(visitor, object, pause)| {
                at += pause;
                click(*visitor, *object, at)
            }).collect();
            let mut counts: HashMap<(u64, u64, i64), u32> = HashMap::new();
            let expected: Vec<bool> = events.iter().map(|event| {
                let minute = time::minute_of(event.received_ms);
                let count = counts.entry((event.visitor, event.object, minute)).or_default();
                *count += 1;
                *count > most
            }).collect();
            let mut rule = RateRule::new(most);
            let cut = cut.min(events.len());
            let mut found = marks(&mut rule, events[..cut].to_vec());
            found.extend(marks(&mut rule, events[cut..].to_vec()));
            prop_assert_eq!(found, expected);
        }
    }
}
