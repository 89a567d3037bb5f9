//! Who visits: people with a home, a device and a language, and crawlers.

use crate::random::Random;

/// Where the crawlers are, and nobody else.
pub(crate) const CRAWLERS_NETWORK: &str = "198.19.";

/// Somebody, or something, that sends events.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) ip: String,
    pub(crate) country: &'static str,
    pub(crate) user_agent: &'static str,
    pub(crate) accept_language: Option<&'static str>,
}

/// Weight, country, its languages.
pub(crate) const COUNTRIES: [(u64, (&str, &[&str])); 16] = [
    (
        30,
        ("DE", &["de-DE,de;q=0.9,en;q=0.7", "de", "en-GB,en;q=0.9"]),
    ),
    (
        18,
        (
            "US",
            &["en-US,en;q=0.9", "en-US", "es-US,es;q=0.9,en;q=0.8"],
        ),
    ),
    (
        11,
        ("GB", &["en-GB,en;q=0.9", "en-GB,en-US;q=0.9,en;q=0.8"]),
    ),
    (8, ("FR", &["fr-FR,fr;q=0.9,en;q=0.6", "fr"])),
    (7, ("AT", &["de-AT,de;q=0.9,en;q=0.7"])),
    (
        6,
        (
            "CH",
            &["de-CH,de;q=0.9", "fr-CH,fr;q=0.9", "it-CH,it;q=0.9"],
        ),
    ),
    (5, ("NL", &["nl-NL,nl;q=0.9,en;q=0.8"])),
    (4, ("ES", &["es-ES,es;q=0.9"])),
    (4, ("IT", &["it-IT,it;q=0.9,en;q=0.6"])),
    (4, ("PL", &["pl-PL,pl;q=0.9,en;q=0.7"])),
    (3, ("IN", &["en-IN,en;q=0.9,hi;q=0.8"])),
    (3, ("BR", &["pt-BR,pt;q=0.9,en;q=0.6"])),
    (2, ("SE", &["sv-SE,sv;q=0.9,en;q=0.8"])),
    (2, ("JP", &["ja-JP,ja;q=0.9,en;q=0.5"])),
    (1, ("CA", &["en-CA,en;q=0.9", "fr-CA,fr;q=0.9"])),
    (1, ("AU", &["en-AU,en;q=0.9"])),
];

/// Weight, user agent.
pub(crate) const BROWSERS: [(u64, &str); 16] = [
    (
        20,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    (
        7,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ),
    (
        7,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    ),
    (
        7,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
    ),
    (
        18,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    (
        4,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1",
    ),
    (
        2,
        "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    ),
    (
        16,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    ),
    (
        4,
        "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    ),
    (
        3,
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36",
    ),
    (
        6,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
    ),
    (
        2,
        "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    ),
    (
        1,
        "Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0",
    ),
    (
        6,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    ),
    (
        1,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 OPR/123.0.0.0",
    ),
    (
        1,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ),
];

/// Weight, user agent.
pub(crate) const CRAWLERS: [(u64, &str); 10] = [
    (
        8,
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    ),
    (
        6,
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    ),
    (
        5,
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    ),
    (
        3,
        "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    ),
    (
        3,
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    ),
    (2, "Twitterbot/1.0"),
    (
        2,
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    ),
    (
        2,
        "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    ),
    (
        2,
        "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
    ),
    (1, "curl/8.5.0"),
];

/// Hours by which a country's day is ahead of the sample's (central European) rhythm.
pub(crate) fn hours_ahead(country: &str) -> i64 {
    match country {
        "US" | "CA" => -7,
        "BR" => -4,
        "IN" => 4,
        "JP" => 8,
        "AU" => 9,
        "GB" => -1,
        _ => 0,
    }
}

/// `count` people.
pub(crate) fn people(count: usize, random: &mut Random) -> Vec<Visitor> {
    let person = |_| {
        let (country, languages) = random.weighted(&COUNTRIES);
        let language = random.pick(languages);
        let host = random.below(1 << 16);
        Visitor {
            ip: format!("198.18.{}.{}", host >> 8, host & 255),
            country,
            user_agent: random.weighted(&BROWSERS),
            accept_language: Some(language),
        }
    };
    (0..count).map(person).collect()
}

/// Some crawlers.
pub(crate) fn crawlers(random: &mut Random) -> Vec<Visitor> {
    let crawler = |host| Visitor {
        ip: format!("{CRAWLERS_NETWORK}0.{host}"),
        country: if random.percent(70) { "US" } else { "DE" },
        user_agent: random.weighted(&CRAWLERS),
        accept_language: None,
    };
    (1..=60).map(crawler).collect()
}
