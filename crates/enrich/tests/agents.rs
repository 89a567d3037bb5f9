//! User agents against the reference cases of the rules' authors, and against real clicks.

mod common;

use std::{
    sync::{Arc, LazyLock},
    time::Instant,
};

use enrich::{Agent, Rules};
use serde::Deserialize;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new().expect("the rules compile"));

#[derive(Deserialize)]
struct Click {
    user_agent: String,
    browser_family: String,
    os_family: String,
    device_family: String,
}

#[test]
fn real_clicks_are_classified_as_by_the_reference() {
    testing::needs_data!("clicks-usagov-2013");
    let clicks: Vec<Click> = common::csv("clicks-usagov-2013/expected/user_agents.csv.gz");
    assert_eq!(clicks.len(), 12_402);
    let start = Instant::now();
    let wrong: Vec<_> = clicks
        .iter()
        .filter(|c| !agrees(c, &RULES.agent(&c.user_agent)))
        .collect();
    let micros = start.elapsed().as_micros() as f64 / clicks.len() as f64;
    println!("{micros:.1} µs per user agent not seen before");
    for click in wrong.iter().take(20) {
        println!(
            "{} -> {:?}",
            click.user_agent,
            RULES.agent(&click.user_agent)
        );
    }
    assert_eq!(wrong.len(), 0, "of {} user agents", clicks.len());
}

fn agrees(click: &Click, agent: &Agent) -> bool {
    *agent.browser == click.browser_family
        && *agent.os == click.os_family
        && *agent.device == click.device_family
}

#[derive(Deserialize)]
struct Case {
    user_agent_string: String,
    family: Option<String>,
}

#[test]
fn browser_families_of_uap_core() {
    testing::needs_data!("ua-uap-core");
    families("ua-uap-core/test_ua.jsonl", |agent| &agent.browser);
}

#[test]
fn os_families_of_uap_core() {
    testing::needs_data!("ua-uap-core");
    families("ua-uap-core/test_os.jsonl", |agent| &agent.os);
}

#[test]
fn device_families_of_uap_core() {
    testing::needs_data!("ua-uap-core");
    families("ua-uap-core/test_device.jsonl", |agent| &agent.device);
}

fn families(file: &str, part: fn(&Agent) -> &str) {
    let cases: Vec<Case> = common::jsonl(file);
    let wrong = cases.iter().filter(|case| {
        let agent = RULES.agent(&case.user_agent_string);
        let expected = case.family.as_deref().unwrap_or("Other");
        let differs = part(&agent) != expected;
        if differs {
            println!(
                "{:?} not {expected:?}: {}",
                part(&agent),
                case.user_agent_string
            );
        }
        differs
    });
    assert_eq!(wrong.count(), 0, "{file}: of {} cases", cases.len());
}

#[test]
fn a_bot_has_its_reason_and_a_stranger_has_none() {
    let bot =
        RULES.agent("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)");
    assert_eq!(bot.bot.as_deref(), Some(r"pattern:Googlebot\/"));
    let stranger = RULES.agent("");
    let other: Arc<str> = "Other".into();
    let expected = Agent {
        browser: other.clone(),
        os: other.clone(),
        device: other,
        device_type: "other",
        bot: None,
    };
    assert_eq!(*stranger, expected);
}

#[test]
fn answers_are_remembered() {
    let endless = "x".repeat(100_000);
    for agent in ["curl/8.0", &endless] {
        assert!(Arc::ptr_eq(&RULES.agent(agent), &RULES.agent(agent)));
    }
}

#[test]
fn the_version_names_the_rules() {
    assert_eq!(RULES.version().len(), 12);
    assert_eq!(
        RULES.version(),
        Rules::new().expect("the rules compile").version()
    );
}
