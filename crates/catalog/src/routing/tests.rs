use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const VISIT: Visit<'_> = Visit {
    country: "DE",
    region: "Bavaria",
    city: "Munich",
    continent: "EU",
    device: "mobile",
    os: "Android",
    browser: "Chrome Mobile",
    language: "de",
    referrer_host: "www.news.example",
    link: 1,
    query: &[],
    ip: None,
    bot: false,
    visitor: 7,
    chance: 0,
    // 2026-09-20, a Sunday, 22:30 UTC.
    at_ms: 1_789_943_400_000,
    timezone: chrono_tz::UTC,
};

fn rules(value: serde_json::Value) -> Vec<Rule> {
    serde_json::from_value(value).unwrap()
}

fn when(value: serde_json::Value) -> When {
    serde_json::from_value(value).unwrap()
}

fn missed(value: serde_json::Value) -> Option<&'static str> {
    when(value).missed(&VISIT)
}

#[test]
fn all_that_is_given_must_hold_and_any_of_a_list_does() {
    for fits in [
        json!({}),
        json!({"country": "de"}),
        json!({"country": ["US", "DE"], "device": "mobile", "language": "DE", "continent": "eu"}),
        json!({"region": "bavaria", "city": "MUNICH"}),
        json!({"browser": "chrome"}),
        json!({"browser": "Chrome Mobile", "os": "android"}),
        json!({"referrer_domain": "news.example"}),
        json!({"referrer_domain": ["x.example", "www.news.example"]}),
        json!({"bot": false}),
        json!({"days": ["sun", "Mon"]}),
        json!({"hours": {"from": "22:00", "to": "23:00"}}),
        json!({"hours": {"from": "22:30", "to": "02:00"}}),
        json!({"hours": {"from": "00:00", "to": "24:00"}}),
        json!({"days": ["mon"], "hours": {"from": "00:00", "to": "01:00"}, "timezone": "Europe/Berlin"}),
    ] {
        assert_eq!(missed(fits.clone()), None, "{fits}");
    }
    for (misses, why) in [
        (json!({"country": "AT"}), "country"),
        (
            json!({"country": "DE", "device": ["desktop", "tv"]}),
            "device",
        ),
        (json!({"browser": "Chrome Mobile WebView"}), "browser"),
        (json!({"referrer_domain": "ews.example"}), "referrer_domain"),
        (
            json!({"referrer_domain": "a.www.news.example"}),
            "referrer_domain",
        ),
        (json!({"bot": true}), "bot"),
        (json!({"days": ["mon"]}), "days"),
        (json!({"hours": {"from": "23:00", "to": "22:30"}}), "hours"),
        (json!({"query": {"a": null}}), "query"),
        (json!({"ip": ["10.0.0.0/8"]}), "ip"),
    ] {
        assert_eq!(missed(misses.clone()), Some(why), "{misses}");
    }
    // 2026-09-21, a Monday, 01:30 UTC: the night of Sunday.
    let night = Visit {
        at_ms: VISIT.at_ms + 3 * 3_600_000,
        ..VISIT
    };
    let missed = |value| when(value).missed(&night);
    let from_ten = json!({"from": "22:00", "to": "04:00"});
    assert_eq!(missed(json!({"days": ["sun"], "hours": from_ten})), None);
    assert_eq!(
        missed(json!({"days": ["mon"], "hours": from_ten})),
        Some("days")
    );
    assert_eq!(
        missed(json!({"days": ["mon"], "hours": {"from": "00:00", "to": "00:00"}})),
        None
    );
    let nothing = Visit {
        country: "",
        ..VISIT
    };
    assert_eq!(
        when(json!({"country": "DE"})).missed(&nothing),
        Some("country")
    );
}

#[test]
fn parameters_and_addresses_are_looked_at() {
    let query = [
        ("a".into(), "1".into()),
        ("a".into(), "2".into()),
        ("b".into(), String::new()),
    ];
    let visit = Visit {
        query: &query,
        ip: Some("::ffff:10.1.2.3".parse().unwrap()),
        ..VISIT
    };
    let missed = |value| when(value).missed(&visit);
    assert_eq!(
        missed(json!({"query": {"a": "2", "b": null}, "ip": ["192.0.2.0/24", "10.0.0.0/8"]})),
        None
    );
    assert_eq!(missed(json!({"query": {"a": "3"}})), Some("query"));
    assert_eq!(missed(json!({"query": {"A": "1"}})), Some("query"));
}

#[test]
fn the_first_rule_that_fits_decides() {
    let rules = rules(json!([
        {"name": "swiss", "when": {"country": "CH"}, "to": "https://ch.example"},
        {"when": {"device": "mobile"}, "to": "https://m.example"},
        {"to": "https://all.example"},
    ]));
    let choice = choose(&rules, &VISIT).unwrap();
    assert_eq!(
        (choice.rule, choice.to.text(), choice.variant),
        (1, "https://m.example", "")
    );
    assert_eq!(
        (rules[0].name(0), rules[1].name(1)),
        ("swiss".into(), "2".into())
    );
    assert_eq!(choose(&rules[..1], &VISIT), None);
}

#[test]
fn rules_are_stored_as_they_are_given() {
    let given = json!([
        {"name": "a", "when": {"country": ["DE"], "query": {"x": null, "y": "1"}, "ip": ["10.0.0.0/8"],
            "hours": {"from": "08:00", "to": "24:00"}, "days": ["mon", "sun"], "timezone": "Europe/Berlin", "bot": false},
         "to": [{"name": "old", "weight": 0, "to": "https://a.example"}, {"name": "new", "weight": 3, "to": "https://b.example/?c={click_id}"}]},
        {"to": "https://c.example"},
    ]);
    let rules = rules(given.clone());
    assert_eq!(serde_json::to_value(&rules).unwrap(), given);
    check(&rules, &[]).unwrap();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |value: serde_json::Value| match serde_json::from_value::<Vec<Rule>>(value) {
        Ok(rules) => check(&rules, &[]).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    let to = "https://a.example";
    for (value, hint) in [
        (json!([{"when": {"contry": "DE"}, "to": to}]), "contry"),
        (
            json!([{"when": {"country": "Germany"}, "to": to}]),
            "no country",
        ),
        (json!([{"when": {"device": "phone"}, "to": to}]), "tablet"),
        (
            json!([{"when": {"hours": {"from": "8:00", "to": "9:00"}}, "to": to}]),
            "08:30",
        ),
        (
            json!([{"when": {"hours": {"from": "08:00", "to": "24:01"}}, "to": to}]),
            "24:01",
        ),
        (
            json!([{"when": {"days": ["someday"]}, "to": to}]),
            "someday",
        ),
        (json!([{"when": {"timezone": "Mars"}, "to": to}]), "Mars"),
        (
            json!([{"when": {"referrer_domain": "https://a.example"}, "to": to}]),
            "no host",
        ),
        (
            json!([{"when": {"ip": ["::ffff:10.0.0.0/104"]}, "to": to}]),
            "never fits",
        ),
        (json!([{"to": "javascript:alert(1)"}]), "javascript"),
        (json!([{"to": "https://a.example/{nonsense}"}]), "nonsense"),
        (json!([{"to": "https://{country}.a.example/"}]), "host"),
        (json!([{"to": []}]), "1 to 20"),
        (
            json!([{"to": [{"name": "a", "weight": 0, "to": to}]}]),
            "above 0",
        ),
        (
            json!([{"to": [{"name": "a", "to": to}, {"name": "a", "to": to}]}]),
            "named `a`",
        ),
        (json!([{"name": "2", "to": to}, {"to": to}]), "named `2`"),
        (json!([{"name": "", "to": to}]), "1 to 64"),
    ] {
        let why = refused(value.clone());
        assert!(why.contains(hint), "{value}: {why}");
    }
    assert!(
        check(
            &vec![rules(json!([{"to": to}]))[0].clone(); MAX_RULES + 1],
            &[]
        )
        .is_err()
    );
}

fn split(weights: &[u32]) -> Vec<Rule> {
    let named = weights.iter().enumerate();
    let variants: Vec<_> = named
        .map(|(n, weight)| json!({"name": format!("v{n}"), "weight": weight, "to": "https://a.example"}))
        .collect();
    rules(json!([{"to": variants}]))
}

fn chosen(rules: &[Rule], visitor: u64) -> String {
    let visit = Visit { visitor, ..VISIT };
    choose(rules, &visit).unwrap().variant.to_owned()
}

/// Numbers of visitors are hashes.
fn visitors(count: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(mix)
}

#[test]
fn variants_have_their_shares() {
    let rules = split(&[1, 2, 5, 0]);
    let mut counts: HashMap<String, f64> = HashMap::new();
    let all = 40_000;
    visitors(all).for_each(|visitor| *counts.entry(chosen(&rules, visitor)).or_default() += 1.0);
    for (name, weight) in [("v0", 1.0), ("v1", 2.0), ("v2", 5.0)] {
        let expected = all as f64 * weight / 8.0;
        // Five standard deviations of a binomial.
        let deviation = (expected * (1.0 - weight / 8.0)).sqrt();
        assert!(
            (counts[name] - expected).abs() < 5.0 * deviation,
            "{counts:?}"
        );
    }
    assert!(!counts.contains_key("v3"));
    // Nobody is told apart: chance decides.
    let nobody = |chance| {
        choose(
            &rules,
            &Visit {
                visitor: 0,
                chance,
                ..VISIT
            },
        )
        .unwrap()
        .variant
    };
    assert!((0..50).any(|chance| nobody(chance) != nobody(0)));
}

proptest! {
    /// Another weight moves visitors to the variant that has more of it, or away from the one that has less; others stay.
    #[test]
    fn another_weight_moves_only_whom_it_must(
        weights in proptest::collection::vec(1u32..100, 2..6), which in any::<prop::sample::Index>(), weight in 1u32..200,
    ) {
        let which = which.index(weights.len());
        let mut changed = weights.clone();
        changed[which] = weight;
        let (before, after) = (split(&weights), split(&changed));
        let name = format!("v{which}");
        for visitor in visitors(300) {
            let (old, new) = (chosen(&before, visitor), chosen(&after, visitor));
            prop_assert_eq!(&old, &chosen(&before, visitor), "a visitor stays");
            if old != new {
                let expected = if weight > weights[which] { &new } else { &old };
                prop_assert_eq!(expected, &name);
            }
        }
    }

    /// Whatever is put in, the address keeps its host and its parts.
    #[test]
    fn what_stands_for_a_macro_never_breaks_out(value in ".{0,40}") {
        let template = Template::new("https://a.example/x/{sub1}?q={query.q}&r=1#{slug}");
        let filled = template.filled(|_| value.as_str().into());
        let url = url::Url::parse(&filled).unwrap();
        prop_assert_eq!(url.host_str(), Some("a.example"));
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(&pairs[..], &[("q".to_owned(), value.clone()), ("r".to_owned(), "1".to_owned())]);
        prop_assert!(filled.bytes().all(|b| b.is_ascii_graphic()));
    }

    #[test]
    fn any_text_is_an_address_of_some_kind(text in ".{0,60}") {
        let template = Template::new(&text);
        prop_assert_eq!(template.text(), &text);
        let filled = template.filled(|_| "x".into());
        prop_assert!(!template.is_plain() || filled == text);
        let _ = template::check(&text);
    }
}

/// Two experiments would tell the same otherwise.
#[test]
fn in_another_link_visitors_are_dealt_out_anew() {
    let rules = split(&[1, 1]);
    let same = visitors(2_000).filter(|visitor| {
        let of = |link| {
            choose(
                &rules,
                &Visit {
                    link,
                    visitor: *visitor,
                    ..VISIT
                },
            )
            .unwrap()
            .variant
        };
        of(1) == of(2)
    });
    // Five standard deviations of 1,000.
    let same = same.count() as f64;
    assert!((same - 1_000.0).abs() < 5.0 * 22.4, "{same}");
}

#[test]
fn macros_before_the_path_are_none() {
    for text in [
        "https://{query.h}/",
        "https://{query.h}@a.example/",
        "ftp:{query.h}/x",
        "mailto:{query.to}",
        "https:///{slug}",
    ] {
        assert!(Template::new(text).is_plain(), "{text}");
        assert!(template::check(text).is_err(), "{text}");
    }
    assert!(template::check("myapp:open?a={slug}&u=https://x.example/").is_ok());
    let template = Template::new("https://a.example/u/{query.u}/x");
    assert_eq!(template.filled(|_| "..".into()), "https://a.example/u//x");
    let template = Template::new("https://a.example/?q={query.u}#{slug}");
    assert_eq!(
        template.filled(|_| "..".into()),
        "https://a.example/?q=..#.."
    );
}

#[test]
fn braces_that_are_no_macros_stay() {
    let template = Template::new("https://a.example/{}/{A}/{\"a\":{country}}?{sub6}={sub5}}{");
    let filled = template.filled(|name| format!("<{name:?}>").into());
    assert_eq!(
        filled,
        "https://a.example/{}/{A}/{\"a\":%3CCountry%3E}?{sub6}=%3CSub%284%29%3E}{"
    );
    assert!(template::check("https://a.example/{}/{A}/{\"a\":1}").is_ok());
    assert!(template::check("https://a.example/{sub6}").is_err());
    assert!(template::check("https://a.example/{query.}").is_err());
    assert!(template::check("https://a.example?x={query.Name}").is_ok());
    assert!(template::check("https://a.example{query.x}/").is_err());
    assert!(template::check("https://me{slug}@a.example/").is_err());
}
