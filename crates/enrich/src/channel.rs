//! How a visitor came: the channel.

use model::Event;

use crate::{domain::Host, sites::Sites};

/// What senders write as `utm_medium`.
const MEDIUMS: [(&str, &[&str]); 6] = [
    (
        "paid",
        &[
            "cpc",
            "ppc",
            "cpm",
            "cpv",
            "cpa",
            "cpp",
            "sem",
            "display",
            "banner",
            "retargeting",
        ],
    ),
    (
        "email",
        &["email", "e-mail", "e_mail", "mail", "newsletter"],
    ),
    (
        "social",
        &[
            "social",
            "social-network",
            "social-media",
            "social_media",
            "sm",
        ],
    ),
    ("search", &["organic", "search", "seo"]),
    ("ai", &["ai", "chatbot", "llm", "ai-assistant"]),
    ("referral", &["referral", "affiliate", "partner", "link"]),
];

/// Parameters that advertising networks add to the address of whoever clicked on an advertisement, by their own help pages:
/// Google Ads and its display network, Microsoft, Yandex, TikTok, X, LinkedIn, Pinterest, Reddit, Snapchat, Quora, Taboola,
/// Outbrain, Criteo. Meta's `fbclid` is none of them: every link that leaves Facebook has it.
const AD_PARAMETERS: [&str; 19] = [
    "gclid",
    "gbraid",
    "wbraid",
    "dclid",
    "gad_source",
    "gad_campaignid",
    "msclkid",
    "yclid",
    "ttclid",
    "twclid",
    "li_fat_id",
    "epik",
    "rdt_cid",
    "sccid",
    "qclid",
    "tblci",
    "obclid",
    "dicbo",
    "cto_pld",
];

/// The first parameter of a request that an advertising network has added; its value is whoever's click it was, and is not
/// looked at.
pub fn ad_parameter<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
    let known = |name: &str| {
        AD_PARAMETERS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name))
    };
    names.into_iter().find_map(|name| known(name).copied())
}

/// Apps whose links say `android-app://` and their name, by the names that they have in the shop for Android apps.
const APPS: [(&str, &str); 21] = [
    ("com.google.android.googlequicksearchbox", "search"),
    ("com.microsoft.bing", "search"),
    ("com.duckduckgo.mobile.android", "search"),
    ("com.google.android.gm", "email"),
    ("com.google.android.gm.lite", "email"),
    ("com.microsoft.office.outlook", "email"),
    ("com.yahoo.mobile.client.android.mail", "email"),
    ("ch.protonmail.android", "email"),
    ("com.facebook.katana", "social"),
    ("com.facebook.orca", "social"),
    ("com.instagram.android", "social"),
    ("com.twitter.android", "social"),
    ("com.linkedin.android", "social"),
    ("com.pinterest", "social"),
    ("com.reddit.frontpage", "social"),
    ("com.slack", "social"),
    ("org.telegram.messenger", "social"),
    ("com.whatsapp", "social"),
    ("com.openai.chatgpt", "ai"),
    ("ai.perplexity.app.android", "ai"),
    ("com.anthropic.claude", "ai"),
];

/// Names of hosts behind which people read mail, whoever runs them: `webmail.example.com`.
const MAIL_NAMES: [&str; 9] = [
    "email",
    "wmail",
    "webmailer",
    "owa",
    "roundcube",
    "squirrelmail",
    "zimbra",
    "horde",
    "poczta",
];
/// The same for names that begin so: `mail02`, `mailbusiness`, `lightmailer-bs`, `deref-mail`.
const MAIL_STARTS: [&str; 4] = ["mail", "webmail", "lightmailer", "deref-"];
/// Names of hosts behind which people search, whoever runs them.
const SEARCH_NAMES: [&str; 9] = [
    "search",
    "isearch",
    "websearch",
    "suche",
    "szukaj",
    "recherche",
    "ricerca",
    "buscador",
    "pesquisa",
];

/// `direct`, `search`, `social`, `email`, `referral`, `paid` or `ai`. What the sender says of its own link
/// counts before what an advertising network says, and that before what the browser says.
pub(crate) fn channel(sites: &Sites, event: &Event, referrer: Host<'_>) -> &'static str {
    let medium = event.utm(1).trim().to_ascii_lowercase();
    if medium.starts_with("paid") {
        return "paid";
    }
    let by_medium = MEDIUMS.iter().find(|(_, words)| words.contains(&&*medium));
    if let Some((channel, _)) = by_medium {
        return channel;
    }
    if !event.ad_parameter.is_empty() {
        return "paid";
    }
    let source = event.utm(0).trim();
    match referrer.whole {
        // Some say where a link stands by their host: `utm_source=chatgpt.com`.
        _ if source.contains('.')
            && let Some(channel) = sites.channel(Host::of(&source.to_lowercase())) =>
        {
            channel
        }
        _ if let Some(listed) = Sites::named(&event.listed_channel) => listed,
        // A link that names where it stands was not typed in.
        "(none)" if !source.is_empty() => "referral",
        "(none)" => "direct",
        "(other)" => of_app(&event.referrer).unwrap_or("referral"),
        _ => of_host(sites, referrer),
    }
}

fn of_app(referrer: &str) -> Option<&'static str> {
    let app = referrer.trim().strip_prefix("android-app://")?;
    let app = app.split(['/', '?', '#']).next()?;
    let known = APPS.iter().find(|(name, _)| *name == app);
    known.map(|(_, channel)| *channel)
}

fn of_host(sites: &Sites, host: Host<'_>) -> &'static str {
    sites
        .channel(host)
        .or_else(|| by_its_names(host))
        .unwrap_or("referral")
}

/// What the first names of a host say, those before what somebody registered.
fn by_its_names(host: Host<'_>) -> Option<&'static str> {
    let names = host.whole.strip_suffix(host.domain)?.split('.');
    let is_mail = |name: &str| {
        MAIL_NAMES.contains(&name) || MAIL_STARTS.iter().any(|start| name.starts_with(start))
    };
    names
        .filter(|name| !name.is_empty())
        .find_map(|name| match name {
            _ if is_mail(name) => Some("email"),
            _ if SEARCH_NAMES.contains(&name) => Some("search"),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    static SITES: LazyLock<Sites> = LazyLock::new(|| Sites::new().unwrap());

    fn of(source: &str, medium: &str, host: &str) -> &'static str {
        let utm = vec![source.to_owned(), medium.to_owned()];
        let event = Event {
            utm,
            ..Event::default()
        };
        channel(&SITES, &event, Host::of(host))
    }

    #[test]
    fn the_medium_counts_before_the_referrer() {
        for (source, medium, host, expected) in [
            ("", "", "(none)", "direct"),
            ("flyer", "", "(none)", "referral"),
            ("google", " CPC", "www.google.de", "paid"),
            ("", "paid-social", "t.co", "paid"),
            ("news", "E-Mail", "(none)", "email"),
            ("", "something", "t.co", "social"),
            ("", "", "(other)", "referral"),
            ("ChatGPT.com", "", "(none)", "ai"),
            ("chatgpt.com", "referral", "(none)", "referral"),
            ("my.shop.example", "", "t.co", "social"),
        ] {
            assert_eq!(
                of(source, medium, host),
                expected,
                "{source} {medium} {host}"
            );
        }
        assert_eq!(
            channel(&SITES, &Event::default(), Host::of("(none)")),
            "direct"
        );
    }

    #[test]
    fn an_advertisement_is_paid_whatever_the_browser_says() {
        let event = |medium: &str| Event {
            ad_parameter: "gclid".into(),
            utm: vec![String::new(), medium.to_owned()],
            ..Event::default()
        };
        for host in ["(none)", "www.google.com", "blog.example"] {
            assert_eq!(channel(&SITES, &event(""), Host::of(host)), "paid");
            assert_eq!(
                channel(&SITES, &event("newsletter"), Host::of(host)),
                "email"
            );
        }
    }

    #[test]
    fn apps_say_who_they_are() {
        let from = |referrer: &str| {
            let event = Event {
                referrer: referrer.into(),
                ..Event::default()
            };
            channel(&SITES, &event, Host::of(&crate::referrer_host(referrer)))
        };
        assert_eq!(from("android-app://com.google.android.gm/"), "email");
        assert_eq!(from("android-app://com.slack"), "social");
        assert_eq!(from("android-app://com.slackers/"), "referral");
    }

    #[test]
    fn hosts_are_known_whole() {
        for (host, expected) in [
            ("www.google.co.uk", "search"),
            ("google.com", "search"),
            ("yandex.ru", "search"),
            ("cn.bing.com", "search"),
            ("google.example.com", "referral"),
            ("notbing.com", "referral"),
            ("mail.google.com", "email"),
            ("e.mail.ru", "email"),
            ("webmail.school.example", "email"),
            ("mailchimp.example", "referral"),
            ("search.library.example", "search"),
            ("l.facebook.com", "social"),
            ("x.com", "social"),
            ("netflix.com", "referral"),
            ("blog.example.org", "referral"),
            ("www.perplexity.ai", "ai"),
            ("gemini.google.com", "ai"),
            ("googleads.g.doubleclick.net", "paid"),
        ] {
            assert_eq!(of("", "", host), expected, "{host}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(source in "\\PC{0,9}", medium in "\\PC{0,9}", host in "\\PC{0,20}") {
            let known = ["direct", "search", "social", "email", "referral", "paid", "ai"];
            prop_assert!(known.contains(&of(&source, &medium, &host)));
        }
    }
}
