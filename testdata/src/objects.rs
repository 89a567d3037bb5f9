//! What the sample's account owns. No name tells a date: the sample is of any time.

use crate::{
    CURRENCY,
    types::{Campaign, Goal, Link, Pixel},
};

const RELEASE: &str = "Big release";
const NEWS: &str = "Newsletter";
const PARTNERS: &str = "Partners";
const SOCIAL: &str = "Social";
/// What partners are paid for a click.
const PARTNERS_PRICE: &str = "0.35";

/// Slug, path of the destination, title, campaign, weight among the clicks.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    u64,
);

const LINKS: [Row; 30] = [
    ("release", "/release/5", "Release page", Some(RELEASE), 240),
    ("download", "/download", "Download", Some(RELEASE), 150),
    (
        "whats-new",
        "/release/5/new",
        "What is new",
        Some(RELEASE),
        90,
    ),
    (
        "upgrade",
        "/account/upgrade",
        "Upgrade offer",
        Some(RELEASE),
        60,
    ),
    (
        "launch-talk",
        "/events/launch",
        "Launch talk",
        Some(RELEASE),
        40,
    ),
    ("press", "/press/release-5", "Press kit", Some(RELEASE), 14),
    ("nl-latest", "/blog/latest", "Latest issue", Some(NEWS), 70),
    ("nl-tips", "/blog/ten-tips", "Ten tips", Some(NEWS), 48),
    ("nl-offer", "/offers/season", "Season offer", Some(NEWS), 44),
    ("nl-survey", "/survey", "Reader survey", Some(NEWS), 18),
    ("nl-archive", "/blog", "Archive", Some(NEWS), 8),
    (
        "p-northwind",
        "/partner/northwind",
        "Northwind",
        Some(PARTNERS),
        36,
    ),
    (
        "p-contoso",
        "/partner/contoso",
        "Contoso",
        Some(PARTNERS),
        30,
    ),
    ("p-globex", "/partner/globex", "Globex", Some(PARTNERS), 22),
    (
        "p-initech",
        "/partner/initech",
        "Initech",
        Some(PARTNERS),
        12,
    ),
    ("p-umbra", "/partner/umbra", "Umbra", Some(PARTNERS), 6),
    ("s-video", "/videos/tour", "Video tour", Some(SOCIAL), 64),
    (
        "s-thread",
        "/blog/behind-the-scenes",
        "Behind the scenes",
        Some(SOCIAL),
        52,
    ),
    ("s-meme", "/fun/friday", "Friday fun", Some(SOCIAL), 34),
    ("s-jobs", "/jobs", "We are hiring", Some(SOCIAL), 20),
    ("s-meetup", "/events/meetup", "Meet-up", Some(SOCIAL), 12),
    ("home", "/", "Home page", None, 56),
    ("docs-start", "/docs/start", "First steps", None, 40),
    ("pricing", "/pricing", "Pricing", None, 38),
    ("support", "/support", "Support", None, 26),
    ("status", "/status", "Status page", None, 10),
    ("app-ios", "/get/ios", "App for iOS", None, 28),
    ("app-android", "/get/android", "App for Android", None, 30),
    ("qr-poster", "/poster", "Code on the poster", None, 9),
    ("legacy", "/old/path?kept=1", "Old printed link", None, 2),
];

/// The sample's campaigns.
pub fn campaigns() -> Vec<Campaign> {
    let named = |(name, tags): (&str, &[&str])| Campaign {
        name: name.to_string(),
        tags: tags.iter().map(|tag| tag.to_string()).collect(),
    };
    let all: [(&str, &[&str]); 4] = [
        (RELEASE, &["product"]),
        (NEWS, &["mail"]),
        (PARTNERS, &["external"]),
        (SOCIAL, &["external", "organic"]),
    ];
    all.into_iter().map(named).collect()
}

/// The sample's links.
pub fn links() -> Vec<Link> {
    let link = |(slug, path, title, campaign, weight): Row| Link {
        slug: slug.to_string(),
        destination: format!("https://www.example.com{path}"),
        title: title.to_string(),
        campaign: campaign.map(str::to_string),
        tags: match weight {
            50.. => vec!["top".to_string()],
            _ => Vec::new(),
        },
        cost_per_click: (campaign == Some(PARTNERS)).then(|| PARTNERS_PRICE.to_string()),
    };
    LINKS.into_iter().map(link).collect()
}

/// Slugs with their weights among the clicks.
pub(crate) fn slugs() -> Vec<(u64, &'static str)> {
    LINKS.iter().map(|row| (row.4, row.0)).collect()
}

/// The sample's pixels.
pub fn pixels() -> Vec<Pixel> {
    let pixel = |(name, campaign): (&str, Option<&str>)| Pixel {
        name: name.to_string(),
        campaign: campaign.map(str::to_string),
    };
    let all = [
        ("newsletter-open", Some(NEWS)),
        ("landing-page", Some(RELEASE)),
        ("thank-you-page", None),
    ];
    all.into_iter().map(pixel).collect()
}

/// The sample's goals.
pub fn goals() -> Vec<Goal> {
    let goal = |(name, currency): (&str, Option<&str>)| Goal {
        name: name.to_string(),
        currency: currency.map(str::to_string),
    };
    let all = [
        ("purchase", Some(CURRENCY)),
        ("sign-up", None),
        ("app-install", None),
    ];
    all.into_iter().map(goal).collect()
}
