//! Mail clients that load pictures through a proxy: somebody reads, and nobody can tell who, or where.

use model::EventKind;

/// What such proxies say of themselves, in lower case: Gmail's (`… (via ggpht.com GoogleImageProxy)`),
/// Yahoo's and Seznam's (`YahooMailProxy`, `SeznamEmailProxy/2.0`), Rambler's, ukr.net's, Shortwave's.
const NAMED: [&str; 6] = [
    "googleimageproxy",
    "mailproxy",
    "mail proxy",
    "ramblermail/",
    "mail.ukr.net proxy",
    "shortwave image fetcher",
];

/// All that Apple's Mail Privacy Protection says.
const APPLE: &str = "Mozilla/5.0";

/// Whether a user agent is of a mail client's image proxy.
///
/// Apple's loads pictures only: on a link, its agent says as little of anybody else.
pub fn is_mail_proxy(user_agent: &str, kind: EventKind) -> bool {
    let agent = user_agent.trim();
    let is_apple = kind == EventKind::View && agent == APPLE;
    let agent = agent.to_ascii_lowercase();
    is_apple || NAMED.iter().any(|name| agent.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_proxies_are_known_by_what_they_say() {
        let gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        let chrome_like = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0 (via ggpht.com GoogleImageProxy)";
        for agent in [
            gmail,
            chrome_like,
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            "SeznamEmailProxy/2.0.127",
            "RamblerMail/6.0 (incompatible; ImageProxy/6.0)",
        ] {
            assert!(is_mail_proxy(agent, EventKind::View), "{agent}");
            assert!(is_mail_proxy(agent, EventKind::Click), "{agent}");
        }
        assert!(is_mail_proxy("Mozilla/5.0", EventKind::View));
        assert!(!is_mail_proxy("Mozilla/5.0", EventKind::Click));
        for agent in [
            "",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "StartpagePrivateImageProxy/1.0",
            "imgproxy/3.1",
            "Outlook-iOS/709.2189947.prod.iphone (3.24.0)",
        ] {
            assert!(!is_mail_proxy(agent, EventKind::View), "{agent}");
        }
    }
}
