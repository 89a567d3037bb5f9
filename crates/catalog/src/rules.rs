//! What texts may look like.

use super::error::CatalogError;

/// Longest slug, in characters.
pub const MAX_SLUG: usize = 128;
/// Longest name or title, in characters.
pub const MAX_NAME: usize = 200;
/// Most tags of one object.
pub const MAX_TAGS: usize = 32;
/// Longest tag, in characters.
pub const MAX_TAG: usize = 64;
/// Most origins that one account may allow.
pub const MAX_ORIGINS: usize = 50;
/// Most networks that one account may exclude.
pub const MAX_NETWORKS: usize = 1_000;

/// Paths that the collector or the API answers themselves.
pub const RESERVED_SLUGS: [&str; 13] = [
    "p",
    "c",
    "v1",
    "health",
    "metrics",
    "favicon.ico",
    "robots.txt",
    "openapi.json",
    "docs",
    "assets",
    ".well-known",
    "internal",
    "mr.js",
];

/// A slug: 1 to 128 of `A-Z a-z 0-9 . _ ~ -`, not reserved, not `.` or `..`.
pub fn slug(text: &str) -> Result<(), CatalogError> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    if text.is_empty() || text.len() > MAX_SLUG || !text.bytes().all(allowed) {
        let why = "must be 1 to 128 letters, digits, `.`, `_`, `~` or `-`";
        return Err(CatalogError::invalid("slug", why));
    }
    let reserved = RESERVED_SLUGS.iter().any(|r| r.eq_ignore_ascii_case(text));
    if reserved || text == "." || text == ".." {
        let why = format!("must not be `{text}`, which is reserved");
        return Err(CatalogError::invalid("slug", why));
    }
    Ok(())
}

/// A name or title: 1 to 200 characters, none of them a control character.
pub fn name(field: &'static str, text: &str) -> Result<(), CatalogError> {
    let length = text.chars().count();
    if (1..=MAX_NAME).contains(&length) && !text.contains(char::is_control) {
        return Ok(());
    }
    let why = "must be 1 to 200 characters without control characters";
    Err(CatalogError::invalid(field, why))
}

/// At most 32 tags of 1 to 64 characters.
pub fn tags(tags: &[Box<str>]) -> Result<(), CatalogError> {
    let fits = |tag: &str| (1..=MAX_TAG).contains(&tag.chars().count());
    let good = |tag: &str| fits(tag) && !tag.contains(char::is_control);
    if tags.len() <= MAX_TAGS && tags.iter().all(|tag| good(tag)) {
        return Ok(());
    }
    let why = "must be at most 32, each of 1 to 64 characters without control characters";
    Err(CatalogError::invalid("tags", why))
}

/// At most 50 origins of pages, as browsers write them: scheme, host, and a port that is not the usual one.
pub fn origins(origins: &[Box<str>]) -> Result<(), CatalogError> {
    let good = |text: &str| {
        let url = url::Url::parse(text).ok();
        let web = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        web.is_some_and(|url| url.origin().ascii_serialization() == text)
    };
    if origins.len() <= MAX_ORIGINS && origins.iter().all(|origin| good(origin)) {
        return Ok(());
    }
    let why = format!("must be at most {MAX_ORIGINS}, each such as https://intern.example");
    Err(CatalogError::invalid("allowed_origins", why))
}

/// A currency: three capital letters.
pub fn currency(text: &str) -> Result<(), CatalogError> {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        return Ok(());
    }
    let why = "must be an ISO 4217 code such as EUR";
    Err(CatalogError::invalid("currency", why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for good in ["a", "Summer-Sale_2026.x~1", &"x".repeat(128)] {
            slug(good).unwrap();
        }
        for bad in [
            "",
            "a b",
            "ä",
            "a/b",
            "V1",
            "favicon.ico",
            "..",
            &"x".repeat(129),
        ] {
            slug(bad).unwrap_err();
        }
    }

    #[test]
    fn origins_are_as_browsers_write_them() {
        origins(&["https://a.example".into(), "http://a.example:8080".into()]).unwrap();
        for bad in [
            "*",
            "null",
            "a.example",
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "ftp://a.example",
        ] {
            origins(&[bad.into()]).unwrap_err();
        }
    }

    #[test]
    fn names_tags_and_currencies() {
        name("name", "Größe ✓").unwrap();
        name("name", "").unwrap_err();
        name("name", "a\nb").unwrap_err();
        name("name", &"x".repeat(201)).unwrap_err();
        tags(&vec!["x".into(); 32]).unwrap();
        tags(&vec!["x".into(); 33]).unwrap_err();
        tags(&["".into()]).unwrap_err();
        currency("EUR").unwrap();
        currency("eur").unwrap_err();
    }
}
