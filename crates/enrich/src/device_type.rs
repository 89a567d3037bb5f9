//! What kind of device a user agent is of.

/// What a television, or a box beside it, says of itself.
const TV: [&str; 17] = [
    "smarttv",
    "smart-tv",
    "smart tv",
    "hbbtv",
    "googletv",
    "google tv",
    "android tv",
    "appletv",
    "apple tv",
    "tvos",
    "bravia",
    "crkey",
    "netcast",
    "web0s",
    "viera",
    "roku",
    "; aft",
];
/// Game consoles say that they are Windows or a phone, too.
const NEITHER: [&str; 3] = ["xbox", "playstation", "nintendo"];
const TABLET: [&str; 7] = [
    "ipad",
    "tablet;",
    "kindle",
    "silk/",
    "playbook",
    "touchpad",
    "android 3.",
];
const MOBILE: [&str; 14] = [
    "mobile",
    "iphone",
    "ipod",
    "phone",
    "opera mini",
    "blackberry",
    "bb10",
    "symbian",
    "nokia",
    "midp",
    "j2me",
    "kaios",
    "webos",
    "series60",
];
const DESKTOP: [&str; 7] = [
    "windows",
    "macintosh",
    "mac os x",
    "x11",
    "cros ",
    "linux",
    "bsd",
];

/// `mobile`, `tablet`, `desktop`, `tv` or `other`, for an agent that is no bot.
pub(crate) fn device_type(user_agent: &str) -> &'static str {
    let agent = user_agent.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| agent.contains(word));
    // The order decides: a television may say Linux and a tablet Mobile; an Android without
    // Mobile is a tablet, as Google asks of browsers.
    match () {
        () if says(&TV) => "tv",
        () if says(&NEITHER) => "other",
        () if says(&TABLET) => "tablet",
        () if says(&MOBILE) => "mobile",
        () if says(&["android"]) => "tablet",
        () if says(&DESKTOP) => "desktop",
        () => "other",
    }
}

/// A type of device by its name, bots among them.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    ["mobile", "tablet", "desktop", "tv", "bot", "other"]
        .into_iter()
        .find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::device_type;

    #[test]
    fn common_agents_are_what_they_are() {
        for (expected, agent) in [
            (
                "desktop",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            ),
            (
                "desktop",
                "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Tablet PC 2.0)",
            ),
            (
                "desktop",
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
            ),
            (
                "desktop",
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            ),
            (
                "desktop",
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            ),
            (
                "mobile",
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            ),
            (
                "mobile",
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            ),
            (
                "mobile",
                "Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10",
            ),
            (
                "tablet",
                "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            ),
            (
                "tablet",
                "Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            ),
            (
                "tablet",
                "Mozilla/5.0 (Android 14; Tablet; rv:126.0) Gecko/126.0 Firefox/126.0",
            ),
            (
                "tv",
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36",
            ),
            (
                "tv",
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.79 Safari/537.36",
            ),
            (
                "tv",
                "Mozilla/5.0 (Linux; Android 9; AFTKA Build/PS7285) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0 Mobile Safari/537.36",
            ),
            (
                "other",
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) AppleWebKit/537.36 Edge/20.02",
            ),
            ("other", "Go-http-client/2.0"),
            ("other", ""),
        ] {
            assert_eq!(device_type(agent), expected, "{agent}");
        }
    }
}
