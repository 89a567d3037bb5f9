//! The feed of 1.usa.gov (<https://github.com/usagov/1.USA.gov-Data>): one click a line, with heartbeats between them.
//! Bitly took out addresses; what is left of a visitor is the browser, the language and the place.

use std::borrow::Cow;

use replay::Refusal;
use serde::Deserialize;

use super::{ClickRow, Content, Named, NewLink, fields::not_json};

#[derive(Debug, Deserialize)]
struct Line<'a> {
    /// A heartbeat: when.
    #[serde(rename = "_heartbeat_", default)]
    heartbeat: Option<i64>,
    /// User-Agent.
    #[serde(borrow, default)]
    a: Option<Cow<'a, str>>,
    /// Country.
    #[serde(borrow, default)]
    c: Option<Cow<'a, str>>,
    /// Region.
    #[serde(borrow, default)]
    gr: Option<Cow<'a, str>>,
    /// City.
    #[serde(borrow, default)]
    cy: Option<Cow<'a, str>>,
    /// Time zone.
    #[serde(borrow, default)]
    tz: Option<Cow<'a, str>>,
    /// Accept-Language.
    #[serde(borrow, default)]
    al: Option<Cow<'a, str>>,
    /// Referer, or `direct`.
    #[serde(borrow, default)]
    r: Option<Cow<'a, str>>,
    /// The short link's path.
    #[serde(borrow, default)]
    h: Option<Cow<'a, str>>,
    /// The short link's host.
    #[serde(borrow, default)]
    hh: Option<Cow<'a, str>>,
    /// Where it leads.
    #[serde(borrow, default)]
    u: Option<Cow<'a, str>>,
    /// When, unix seconds.
    #[serde(default)]
    t: Option<i64>,
}

/// Reads a line.
pub(super) fn content(text: &[u8], target: Option<&Named>) -> Result<Content, Refusal> {
    let line: Line<'_> = serde_json::from_slice(text).map_err(|error| not_json(&error))?;
    if line.heartbeat.is_some() {
        return Ok(Content::Nothing("heartbeat".into()));
    }
    let seconds = line
        .t
        .ok_or_else(|| Refusal::new("no_time", "it does not say when it happened"))?;
    let (host, path) = (owned(&line.hh), owned(&line.h));
    let target = match target {
        Some(target) => target.clone(),
        None if path.is_empty() => return Err(Refusal::new("no_link", "it names no link")),
        None => Named::Link(format!("ext_usagov:{host}:{path}")),
    };
    let visitor = [&line.a, &line.al, &line.c, &line.gr, &line.cy, &line.tz]
        .map(|part| part.as_deref().unwrap_or_default());
    Ok(Content::Click(Box::new(ClickRow {
        target,
        link: Some(NewLink {
            slug: Some(path),
            destination: Some(owned(&line.u)).filter(|to| !to.is_empty()),
        }),
        conversion: None,
        occurred_ms: seconds.saturating_mul(1_000),
        ip: None,
        user_agent: owned(&line.a),
        referrer: line
            .r
            .as_deref()
            .filter(|from| *from != "direct")
            .unwrap_or_default()
            .to_owned(),
        accept_language: owned(&line.al),
        // Who has the same browser, language and place is the same: what an address and a browser would be.
        visitor: Some(
            blake3::hash(visitor.join("\n").as_bytes())
                .to_hex()
                .to_string(),
        ),
        country: line
            .c
            .as_deref()
            .filter(|c| is_country(c))
            .unwrap_or_default()
            .to_owned(),
        region: owned(&line.gr),
        city: owned(&line.cy),
        variant: String::new(),
        trigger: String::new(),
        subs: Default::default(),
        utm: Default::default(),
    })))
}

fn owned(text: &Option<Cow<'_, str>>) -> String {
    text.as_deref().unwrap_or_default().to_owned()
}

/// The feed has codes, too, that are no countries, such as `A1` for proxies.
fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())
}
