//! Whatever is asked: property tests of what reads the parameters of `/v1/stats`.

use catalog::AccountSettings;
use proptest::{collection::vec, prelude::*};

use web::Problem;

use super::{Query, StatsQuery, calendar::Interval};

const NOW: i64 = 1_764_000_000_000; // 2025-11-24T16:00:00Z
const MAX_BUCKETS: usize = 20_000;

fn parse(text: &str, zone: &str) -> Result<Query, Problem> {
    let settings = AccountSettings {
        timezone: zone.into(),
        ..AccountSettings::default()
    };
    StatsQuery::parse(text)?.understand(&settings, NOW)
}

/// Values that are valid somewhere, and such as nobody should send.
fn value() -> impl Strategy<Value = String> {
    let valid = prop::sample::select(vec![
        "clicks",
        "views,clicks",
        "unique_visitors",
        "value",
        "none",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "today",
        "mtd",
        "24h",
        "4000d",
        "country",
        "link",
        "campaign",
        "currency",
        "true",
        "false",
        "1",
        "50000",
        "UTC",
        "Europe/Berlin",
        "America/St_Johns",
        "Pacific/Apia",
        "2025-11-01",
        "2025-03-30T02:30:00Z",
        "2025-11-24T16:00:00+05:45",
        "0001-01-01",
        "9999-12-31",
        "-262143-01-01",
        "+262142-12-31",
        "9999-12-31T23:59:00-23:59",
        "clicks:asc",
        "-clicks",
        "clicks desc",
    ]);
    prop_oneof![6 => valid.prop_map(str::to_owned), 1 => "[ -~]{0,12}", 1 => any::<String>(), 1 => any::<i64>().prop_map(|n| n.to_string())]
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "metrics",
        "start",
        "end",
        "range",
        "interval",
        "group_by",
        "timezone",
        "exclude_bots",
        "limit",
        "order",
        "link",
        "campaign",
    ]);
    prop_oneof![20 => known.prop_map(str::to_owned), 1 => "[a-z]{0,6}"]
}

proptest! {
    #[test]
    fn a_question_makes_sense_or_is_refused(pairs in vec((name(), value()), 0..6), zone in value()) {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        let text = text.extend_pairs(&pairs).finish();
        match parse(&text, &zone) {
            Ok(query) => {
                prop_assert!(query.start < query.end);
                prop_assert!(!query.metrics.is_empty());
                prop_assert!((1..=50_000).contains(&query.limit));
                prop_assert!(query.buckets.len() <= MAX_BUCKETS);
                prop_assert!(query.buckets.is_sorted());
                if query.interval != Interval::None {
                    prop_assert!(!query.buckets.is_empty());
                    prop_assert!(query.buckets.last().unwrap() < &query.end);
                    prop_assert!(query.buckets[0] <= query.start);
                }
                if query.group.is_some() {
                    prop_assert_eq!((query.start.rem_euclid(15), query.end.rem_euclid(15)), (0, 0));
                }
                query.told(model::EntityId::new(model::EntityKind::Account, 1));
            }
            Err(problem) => {
                prop_assert_eq!(problem.status.as_u16(), 400);
                prop_assert!(problem.detail.len() < 1000, "{}", problem.detail);
            }
        }
    }

    #[test]
    fn any_query_text_is_survived(text in "[ -~]{0,80}") {
        if let Err(problem) = parse(&text, "") {
            prop_assert_eq!(problem.status.as_u16(), 400);
        }
    }
}
