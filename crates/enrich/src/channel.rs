//! How a visitor came: the channel.

use model::Event;

/// Hosts, and whatever is under them.
const SEARCH: [&str; 14] = [
    "bing.com",
    "duckduckgo.com",
    "search.yahoo.com",
    "baidu.com",
    "ecosia.org",
    "qwant.com",
    "startpage.com",
    "search.brave.com",
    "search.naver.com",
    "search.seznam.cz",
    "ask.com",
    "search.aol.com",
    "sogou.com",
    "kagi.com",
];
/// The first names of hosts that end in one of many countries: `www.google.co.uk`.
const SEARCH_EVERYWHERE: [&str; 2] = ["google", "yandex"];
const SOCIAL: [&str; 30] = [
    "facebook.com",
    "fb.com",
    "fb.me",
    "instagram.com",
    "threads.net",
    "threads.com",
    "twitter.com",
    "x.com",
    "t.co",
    "linkedin.com",
    "lnkd.in",
    "pinterest.com",
    "reddit.com",
    "tiktok.com",
    "youtube.com",
    "youtu.be",
    "vk.com",
    "ok.ru",
    "weibo.com",
    "tumblr.com",
    "snapchat.com",
    "quora.com",
    "bsky.app",
    "mastodon.social",
    "t.me",
    "telegram.org",
    "whatsapp.com",
    "discord.com",
    "messenger.com",
    "news.ycombinator.com",
];
const EMAIL: [&str; 5] = [
    "outlook.live.com",
    "outlook.office.com",
    "outlook.office365.com",
    "mail.ru",
    "mail.proton.me",
];
/// A host that begins so reads mail.
const EMAIL_FIRST: [&str; 2] = ["mail.", "webmail."];

/// What senders write as `utm_medium`.
const MEDIUMS: [(&str, &[&str]); 5] = [
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
    ("referral", &["referral", "affiliate", "partner", "link"]),
];

/// `direct`, `search`, `social`, `email`, `referral` or `paid`. What the sender says of its own link
/// counts before what the browser says.
pub(crate) fn channel(event: &Event, referrer_host: &str) -> &'static str {
    let utm = |i: usize| event.utm.get(i).map_or("", |text| text.trim());
    let medium = utm(1).to_ascii_lowercase();
    if medium.starts_with("paid") {
        return "paid";
    }
    let by_medium = MEDIUMS.iter().find(|(_, words)| words.contains(&&*medium));
    match (by_medium, referrer_host) {
        (Some((channel, _)), _) => channel,
        // A link that names where it stands was not typed in.
        (None, "(none)") if !utm(0).is_empty() => "referral",
        (None, "(none)") => "direct",
        (None, host) => of_host(host),
    }
}

fn of_host(host: &str) -> &'static str {
    let host = host.strip_prefix("www.").unwrap_or(host);
    let is_in = |hosts: &[&str]| hosts.iter().any(|known| is_under(host, known));
    match () {
        () if is_in(&EMAIL) || EMAIL_FIRST.iter().any(|first| host.starts_with(first)) => "email",
        () if is_in(&SEARCH) || is_national(host) => "search",
        () if is_in(&SOCIAL) => "social",
        () => "referral",
    }
}

fn is_under(host: &str, known: &str) -> bool {
    let before = host.strip_suffix(known);
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether a host is one of [`SEARCH_EVERYWHERE`] in some country: one or two short names follow.
fn is_national(host: &str) -> bool {
    let Some((first, rest)) = host.split_once('.') else {
        return false;
    };
    let mut names = rest.split('.');
    SEARCH_EVERYWHERE.contains(&first)
        && names.clone().count() <= 2
        && names.all(|name| (2..=3).contains(&name.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(source: &str, medium: &str, host: &str) -> &'static str {
        let utm = vec![source.to_owned(), medium.to_owned()];
        channel(
            &Event {
                utm,
                ..Event::default()
            },
            host,
        )
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
        ] {
            assert_eq!(
                of(source, medium, host),
                expected,
                "{source} {medium} {host}"
            );
        }
        assert_eq!(channel(&Event::default(), "(none)"), "direct");
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
            ("l.facebook.com", "social"),
            ("x.com", "social"),
            ("netflix.com", "referral"),
            ("blog.example.org", "referral"),
        ] {
            assert_eq!(of("", "", host), expected, "{host}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(source in "\\PC{0,9}", medium in "\\PC{0,9}", host in "\\PC{0,20}") {
            let known = ["direct", "search", "social", "email", "referral", "paid"];
            prop_assert!(known.contains(&of(&source, &medium, &host)));
        }
    }
}
