//! What every client of ours knows of servers of ours: how their addresses look, what their answers mean.

use std::time::Duration;

use anyhow::{Context, bail};
use chrono::DateTime;
use reqwest::{StatusCode, header};
use serde_json::Value;
use url::Url;

/// How much of an answer is shown, characters.
const SHOWN: usize = 300;

/// An address of a server, by http or https; `example` is told where it is none.
///
/// # Errors
///
/// It is none.
pub fn address(text: &str, example: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text.trim()).with_context(|| format!("`{text}`: {example}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        bail!("`{text}`: {example}");
    }
    Ok(url)
}

/// Whether a status is one of those that pass by themselves: what may be sent twice may be sent again.
pub fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// How long to wait, as an answer says: in seconds, or until a date, which is compared with that of the answer.
pub fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text| DateTime::parse_from_rfc2822(text).ok();
    let until = date(asked)? - date(text(header::DATE)?)?;
    until.to_std().ok()
}

/// What a problem says, or the beginning of another text.
pub fn detail(text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    let detail = problem["detail"].as_str().or(problem["title"].as_str());
    shown(detail.unwrap_or(text))
}

/// The beginning of a text, on one line.
pub fn shown(text: &str) -> String {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(SHOWN).map(printable).collect()
}
