//! Channels and registrable domains against reference answers.

mod common;

use std::sync::LazyLock;

use enrich::{Rules, registrable_domain};
use model::Event;
use serde::Deserialize;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new().expect("the rules compile"));

#[derive(Deserialize)]
struct Case {
    uri: String,
    medium: String,
}

/// Another list's opinion. Ours is not made of it, but it was looked at when `channel.rs` learned the names of mail hosts.
#[test]
fn nearly_all_referrers_have_the_medium_that_others_give_them() {
    testing::needs_data!("referers-snowplow");
    let path = testing::data("referers-snowplow/referer-tests.json");
    let text = std::fs::read_to_string(path).expect("readable");
    let cases: Vec<Case> = serde_json::from_str(&text).expect("JSON");
    let differs = |case: &&Case| {
        let event = Event {
            referrer: case.uri.clone(),
            ..Event::default()
        };
        let expected = match &*case.medium {
            "chatbot" => "ai",
            "unknown" | "internal" => "referral",
            medium => medium,
        };
        RULES.facts(&event).channel != expected
    };
    let wrong: Vec<_> = cases.iter().filter(differs).map(|c| &c.uri).collect();
    println!("{} of {} differ: {wrong:#?}", wrong.len(), cases.len());
    assert!(cases.len() > 50);
    assert!(wrong.len() * 20 <= cases.len(), "{wrong:#?}");
}

#[derive(Deserialize)]
struct Domain {
    input: Option<String>,
    registrable_domain: Option<String>,
}

#[test]
fn registrable_domains_are_those_of_the_public_suffix_list() {
    testing::needs_data!("psl");
    let cases: Vec<Domain> = common::jsonl("psl/test_psl.jsonl");
    let mut checked = 0;
    for case in &cases {
        // The host of a referrer is in lower case, and has no dot at its begin.
        let host = case.input.as_deref().unwrap_or_default().to_lowercase();
        if host.is_empty() || host.starts_with('.') {
            continue;
        }
        let expected = case.registrable_domain.as_deref().unwrap_or(&host);
        assert_eq!(registrable_domain(&host), expected, "{host}");
        checked += 1;
    }
    assert!(checked > 30);
}
