//! Bots and people told apart: against lists of both, and what strangers would try.

mod common;

use std::{collections::HashSet, sync::LazyLock};

use enrich::Rules;
use proptest::prelude::*;
use serde::Deserialize;

static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::new().expect("the rules compile"));

fn reason(agent: &str) -> Option<String> {
    RULES.agent(agent).bot.as_ref().map(ToString::to_string)
}

#[derive(Deserialize)]
struct Labelled {
    user_agent: String,
    label: String,
}

fn labelled() -> Vec<Labelled> {
    common::jsonl("bots-isbot/labelled.jsonl")
}

#[derive(Deserialize)]
struct Instance {
    user_agent: String,
}

/// The list and isbot's people disagree about a few: an in-app browser, a browser for one site.
#[test]
fn every_known_crawler_is_a_bot() {
    testing::needs_data!("bots-crawler-user-agents");
    testing::needs_data!("bots-isbot");
    let people: HashSet<String> = labelled()
        .into_iter()
        .filter(|l| l.label != "bot")
        .map(|l| l.user_agent)
        .collect();
    let instances: Vec<Instance> = common::jsonl("bots-crawler-user-agents/instances.jsonl");
    let missed = instances.iter().map(|i| &i.user_agent);
    let missed: Vec<_> = missed.filter(|agent| reason(agent).is_none()).collect();
    let (disputed, lost): (Vec<_>, Vec<_>) = missed
        .into_iter()
        .partition(|agent| people.contains(*agent));
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(disputed.len() <= 3, "{disputed:#?}");
}

#[test]
fn unseen_bots_and_people_are_told_apart() {
    testing::needs_data!("bots-isbot");
    let all = labelled();
    let (bots, people): (Vec<_>, Vec<_>) = all.iter().partition(|l| l.label == "bot");
    let missed = bots.iter().filter(|l| reason(&l.user_agent).is_none());
    let missed: Vec<_> = missed.map(|l| &l.user_agent).collect();
    let mistaken = people
        .iter()
        .filter_map(|l| Some((reason(&l.user_agent)?, &l.user_agent)));
    let mistaken: Vec<_> = mistaken.collect();
    println!(
        "missed {} of {} bots, mistook {} of {} people",
        missed.len(),
        bots.len(),
        mistaken.len(),
        people.len()
    );
    assert!(missed.len() * 10 <= bots.len(), "{missed:#?}");
    assert!(mistaken.len() * 200 <= people.len(), "{mistaken:#?}");
}

#[derive(Deserialize)]
struct Device {
    user_agent_string: String,
    brand: Option<String>,
}

#[test]
fn phones_televisions_and_consoles_are_somebodys() {
    testing::needs_data!("ua-uap-core");
    let devices: Vec<Device> = common::jsonl("ua-uap-core/test_device.jsonl");
    // WhatsApp looks at links for their previews, and names the phone.
    let is_one = |d: &&Device| {
        let is_known = d.brand.as_ref().is_some_and(|b| b != "Spider");
        is_known && !d.user_agent_string.starts_with("WhatsApp")
    };
    let devices: Vec<_> = devices.iter().filter(is_one).collect();
    let mistaken = devices.iter().map(|d| &d.user_agent_string);
    let mistaken: Vec<_> = mistaken.filter_map(|a| Some((reason(a)?, a))).collect();
    println!("{} of {} devices are bots", mistaken.len(), devices.len());
    assert!(mistaken.len() * 1000 <= devices.len(), "{mistaken:#?}");
}

#[derive(Deserialize)]
struct Woothee {
    target: String,
    category: String,
}

#[test]
fn browsers_of_woothee_are_people() {
    testing::needs_data!("ua-woothee");
    let cases: Vec<Woothee> = common::jsonl("ua-woothee/testsets.jsonl");
    let is_person =
        |c: &&Woothee| ["pc", "smartphone", "mobilephone", "appliance"].contains(&&*c.category);
    let people = cases.iter().filter(is_person).map(|c| &c.target);
    let mistaken: Vec<_> = people.filter_map(|a| Some((reason(a)?, a))).collect();
    // They give the address of the program's maker: VocusBot, and Instapaper's reader.
    assert!(mistaken.len() <= 2, "{mistaken:#?}");
    let crawlers = cases.iter().filter(|c| c.category == "crawler");
    let missed: Vec<_> = crawlers
        .map(|c| &c.target)
        .filter(|a| reason(a).is_none())
        .collect();
    assert!(missed.len() <= 1, "{missed:#?}");
}

#[test]
fn apps_and_odd_devices_are_somebodys() {
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
    let android = |model: &str| {
        format!(
            "Mozilla/5.0 (Linux; Android 15; {model}; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0.6478.71 Mobile Safari/537.36"
        )
    };
    let desktop =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
    let on = |base: &str, what: &[&str]| -> Vec<String> {
        what.iter().map(|what| format!("{base} {what}")).collect()
    };
    let mut people = on(
        iphone,
        &[
            "Instagram 330.0.3.29.91 (iPhone14,3; iOS 17_5; en_IR@calendar=gregorian; en; scale=3.00; 1125x2436; 595323416)",
            "[FBAN/FBIOS;FBAV/470.0.0.36.106;FBBV/612345678;FBDV/iPhone15,2;FBMD/iPhone;FBSN/iOS;FBSV/17.5]",
            "Safari Line/14.8.0",
            "musical_ly_34.1.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/de BytedanceWebview/d8a21c6",
            "Snapchat/12.87.0.44 (like Safari/8618.2.12.11.6, panda)",
            "[Pinterest/iOS]",
            "Twitter for iPhone/10.43",
            "MicroMessenger/8.0.49(0x18003127) NetType/WIFI Language/de",
            "[LinkedInApp]/9.29.4231",
            "GSA/319.0.639420606 Safari/604.1",
            "DuckDuckGo/7 Safari/605.1.15",
            "WhatsApp/2.24.11.78",
            "Viber/22.6.0.3",
            "Reeder/5.4.1",
            "Feedly/90.0.1",
            "Tumblr/34.8",
            "Bluesky/1.88",
            "PayPal/8.61",
            "Goodreads/4.9",
            "upday/4.2",
        ],
    );
    people.extend(on(
        desktop,
        &[
            "Slack/4.38.125 Chrome/124.0.6367.207 Electron/30.0.6 Safari/537.36 Sonic Slack_SSB/4.38.125",
            "discord/1.0.9151 Chrome/124.0.6367.243 Electron/30.1.0 Safari/537.36",
            "Code/1.90.2 Chrome/122.0.6261.156 Electron/29.4.0 Safari/537.36",
            "Trae/1.98.0 Chrome/128.0.6613.186 Electron/32.2.7 Safari/537.36",
            "Notion/3.9.1 Chrome/126.0.6478.127 Electron/31.2.1 Safari/537.36",
            "Asana/2.1.1 Chrome/126.0.6478.127 Electron/31.2.1 Safari/537.36",
            "WhatsApp/2.2424.6 Chrome/126.0.6478.127 Safari/537.36",
            "Chrome/17.0.963.65 Adventurer/1.0.0.1 Safari/535.11",
        ],
    ));
    people.extend([
        android("CPH2617 Build/AP3A.240617.008"),
        android("ViewSonic-ViewPad4 Build/FRG83G"),
        android("CUBOT KINGKONG Build/SP1A"),
        android("HTC Butterfly S Build/KRT16M"),
        android("Robot X Build/AP3A.240617.008"),
        format!(
            "{} MetaIAB Facebook",
            android("Pixel 10 Pro XL Build/CP1A.260305.018")
        ),
        format!(
            "{} SogouMobileBrowser/7.2",
            android("V2309A Build/TP1A.220624.014")
        ),
    ]);
    people.extend(
        [
            "Mozilla/5.0 (Linux; Android 4.2.2; CUBOT C11 Build/JDQ39) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/31.0.1650.57 Mobile Safari/537.36",
            "Opera/9.80 (MAUI Runtime; Opera Mini/4.4.39008/37.9178; U; en) Presto/2.12.423 Version/12.16",
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; SynapseWorkstation.3.2.1)",
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0;  Embedded Web Browser from: http://bsalsa.com/; InfoPath.2)",
            "Mozilla/5.0 (Linux; U; Android 2.3.3; en-us; SonyEricssonR800xhttp://www.sonyericsson.com/UAprof/R800xR301.xml Build/3.0.1.E.1.44) AppleWebKit/533.1",
            "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager",
            "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 (KHTML, like Gecko) 94.0.4606.31/7.0 TV Safari/537.36",
            "Mozilla/5.0 (PlayStation 4 11.00) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/606.4 (KHTML, like Gecko) NF/6.0.1.15.4 NintendoBrowser/5.1.0.20393",
            "Roku/DVP-9.10 (519.10E04111A)",
            "Nokia6280/2.0 (03.60) Profile/MIDP-2.0 Configuration/CLDC-1.1",
            "SonyEricssonT610/R401 Profile/MIDP-1.0 Configuration/CLDC-1.0",
            "Viber/12.8.0.1 CFNetwork/1121.2.2 Darwin/19.3.0",
            "iRobot/7.1 CFNetwork/1240.0.4 Darwin/20.5.0",
            "Lynx/2.9.0dev.5 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.6.13",
            "Mozilla/5.0 (X11; Linux x86_64; rv:126.0) Gecko/20100101 Thunderbird/126.0",
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1),gzip(gfe) (via translate.google.com)",
            "w3m/0.5 (FreeBSD),gzip(gfe) (via translate.google.com)",
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1; http://www.tropicdesigns.net)",
            "Mozilla/5.0",
            "",
        ]
        .map(String::from),
    );
    let mistaken: Vec<_> = people
        .iter()
        .filter_map(|a| Some((reason(a)?, a)))
        .collect();
    assert!(mistaken.is_empty(), "{mistaken:#?}");
}

#[derive(Deserialize)]
struct Click {
    user_agent: String,
    events: u64,
}

/// Of real clicks on short links; among their agents, seldom ones are mostly programs'.
#[test]
fn few_real_clicks_are_of_bots() {
    testing::needs_data!("clicks-usagov-2013");
    let clicks: Vec<Click> = common::csv("clicks-usagov-2013/expected/user_agents.csv.gz");
    let all: u64 = clicks.iter().map(|c| c.events).sum();
    let bots = clicks.iter().filter(|c| reason(&c.user_agent).is_some());
    let bots: u64 = bots.map(|c| c.events).sum();
    println!("{bots} of {all} clicks are of bots");
    assert!(bots * 20 < all, "{bots} of {all}");
}

#[test]
fn the_reason_names_the_rule() {
    for (expected, agent) in [
        (
            r"pattern:Googlebot\/",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ),
        ("rule:library", "ApacheBench/2.3"),
        ("rule:crawler", "AmorankSpider/0.1"),
        ("rule:monitor", "ELB-HealthChecker/2.0"),
        ("rule:library", "GuzzleHttp/7"),
        ("rule:library", "Java/17.0.6"),
        ("rule:library", "Ruby"),
        ("rule:library", "claude-code/2.1.107 (cli)"),
        (
            "rule:bot",
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36 Quietbot",
        ),
        (
            "rule:contact",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 (+https://seen.example/why)",
        ),
        ("rule:compatible", "Mozilla/5.0 (compatible; Seen/1.0)"),
        (
            "rule:compatible",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Seen/1.0) Chrome/120.0.0.0 Safari/537.36",
        ),
        (
            "rule:automation",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Headless Chrome/120.0.0.0 Safari/537.36",
        ),
        ("rule:address", "Seen (ops@seen.example)"),
        ("rule:program", "Seen Link Resolver 2"),
        ("rule:name-and-version", "Seen/2.19.1"),
        ("rule:only-a-name", "sectigo dcv"),
        ("rule:only-a-word", "Mozilla"),
        ("rule:no-engine", "Mozilla/5.0 seen/2.12.4"),
    ] {
        assert_eq!(reason(agent).as_deref(), Some(expected), "{agent}");
    }
}

#[test]
fn whoever_looks_at_a_link_for_its_preview_says_so() {
    for agent in [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Twitterbot/1.0",
        "WhatsApp/2.23.20.0 A",
        "whatsapp/2.2123.8 n",
        "WhatsApp/2.11.112 Android/4.2.1 Device/asus-ASUS_Transformer_Pad_TF300TG",
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
        "Viber/13.6.0",
        "Mozilla/5.0 (compatible; Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app) Chrome/W.X.Y.Z Safari/537.36",
        "Iframely/1.3.1 (+https://iframely.com/docs/about)",
    ] {
        assert_eq!(reason(agent).as_deref(), Some("preview"), "{agent}");
    }
}

#[test]
fn no_more_than_512_bytes_are_looked_at() {
    let long = "(x) ".repeat(enrich::MAX_AGENT / 4);
    assert_eq!(reason(&format!("{long}Googlebot/2.1")), None);
    assert_eq!(
        RULES.agent(&format!("Mozilla/5.0 (iPhone) {long}1")),
        RULES.agent(&format!("Mozilla/5.0 (iPhone) {long}2")),
    );
    // The cut falls inside of a character.
    let wide = format!("x{}", "é".repeat(600));
    assert_eq!(RULES.agent(&wide), RULES.agent(&wide[..511]));
}

#[test]
fn programs_of_known_classes_are_told_apart() {
    let of_browser = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ";
    for (expected, agent) in [
        ("ai_crawler:GPTBot", format!("{of_browser}GPTBot/1.3; +https://openai.com/gptbot)")),
        ("ai_crawler:ClaudeBot", format!("{of_browser}ClaudeBot/1.0; +claudebot@anthropic.com)")),
        ("ai_crawler:CCBot", "CCBot/2.0 (https://commoncrawl.org/faq/)".into()),
        ("ai_crawler:Bytespider", "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)".into()),
        ("ai_crawler:Google-Extended", "Google-Extended/1.0".into()),
        ("ai_crawler:Meta-ExternalAgent", "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)".into()),
        ("ai_crawler:Amazonbot", format!("{of_browser}Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36")),
        ("ai_search:PerplexityBot", format!("{of_browser}PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)")),
        ("ai_search:OAI-SearchBot", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36; compatible; OAI-SearchBot/1.3; +https://openai.com/searchbot".into()),
        ("ai_search:Claude-SearchBot", format!("{of_browser}Claude-SearchBot/1.0; +claude-searchbot@anthropic.com)")),
        ("ai_assistant:ChatGPT-User", format!("{of_browser}ChatGPT-User/1.0; +https://openai.com/bot")),
        ("ai_assistant:Perplexity-User", format!("{of_browser}Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)")),
        ("ai_assistant:Claude-User", format!("{of_browser}Claude-User/1.0; +Claude-User@anthropic.com)")),
        ("ai_assistant:MistralAI-User", format!("{of_browser}MistralAI-User/1.0; +https://docs.mistral.ai/robots)")),
        ("ai_assistant:DuckAssistBot", "DuckAssistBot/1.2; (+http://duckduckgo.com/duckassistbot.html)".into()),
        ("mail_scanner:Barracuda", "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))".into()),
        ("mail_scanner:Mimecast", "Mimecast URL Protect/1.0".into()),
        // A preview is one first, and a crawler for a search engine of the old kind is no AI agent.
        ("preview", "meta-externalhit/1.1".into()),
        (r"pattern:Googlebot\/", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".into()),
    ] {
        assert_eq!(reason(&agent).as_deref(), Some(expected), "{agent}");
    }
    assert_eq!(
        reason(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 ChatGPT/1.2025.140"
        ),
        None
    );
}

proptest! {
    #[test]
    fn any_text_has_an_answer(agent in "(.{0,40}|(Mozilla/5.0 \\(.{0,20}\\) ){0,40}é{0,300})") {
        prop_assert_eq!(RULES.agent(&agent), RULES.agent(&agent));
    }
}
