//! Web servers' logs: the combined format of Apache and nginx, with or without a virtual host before it, and the
//! common one, which ends before referrer and agent. A successful GET of a link is a click on it.

mod parts;
mod target;
mod unescape;

use std::net::{IpAddr, SocketAddr};

use serde_json::{Map, Value};

use crate::refusal::Refusal;
use parts::Parts;
use target::Target;
use unescape::text;

/// What a line tells.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen {
    /// A click.
    Click(Map<String, Value>),
    /// Nothing to be counted, and why.
    Nothing(String),
}

/// Reads a line of a log.
pub(crate) fn read(line: &[u8]) -> Result<Seen, Refusal> {
    let parts = Parts::of(line).map_err(|why| Refusal::new("not_combined", why))?;
    if let Some(why) = no_click(&parts) {
        return Ok(Seen::Nothing(why));
    }
    let request = text(parts.request);
    let Some(target) = Target::of(&request) else {
        return Err(Refusal::new("not_combined", "the request has no path"));
    };
    if target.slug.is_empty() {
        return Ok(Seen::Nothing("path / without a link".into()));
    }
    let mut click = Map::from_iter([
        ("type".to_owned(), Value::from("click")),
        ("link".to_owned(), Value::from(target.slug)),
        ("occurred_at".to_owned(), Value::from(parts.time_ms)),
    ]);
    let ip = client(&text(parts.front)).map(|ip| ip.to_string());
    let said = |quoted: &[u8]| Some(text(quoted)).filter(|t| !t.is_empty() && t != "-");
    let fields = [
        ("ip", ip),
        ("referrer", said(parts.referrer)),
        ("user_agent", said(parts.agent)),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    for (name, value) in fields.into_iter().chain(target.parameters) {
        click.extend(value.map(|value| (name, Value::from(value))));
    }
    Ok(Seen::Click(click))
}

/// Why a request is no click.
fn no_click(parts: &Parts<'_>) -> Option<String> {
    match parts.status {
        None | Some(0) => return Some("no status".into()),
        Some(status) if !(200..400).contains(&status) => return Some(format!("status {status}")),
        Some(_) => {}
    }
    if matches!(parts.request, b"" | b"-") {
        return Some("no request".into());
    }
    const OTHERS: [&str; 8] = [
        "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "CONNECT", "PROPFIND",
    ];
    let method = parts.request.split(|b| *b == b' ').next();
    let method = method.unwrap_or_default();
    if method == b"GET" {
        return None;
    }
    let known = OTHERS.iter().find(|known| known.as_bytes() == method);
    Some(format!("method {}", known.unwrap_or(&"unknown")))
}

/// The address of the visitor in what stands before the time: `[host[:port]] client ident user`. A client may be
/// given by its host's name: then there is none. Some log what proxies forwarded: the client is the first of several.
fn client(front: &str) -> Option<IpAddr> {
    let words: Vec<&str> = front.split(' ').filter(|word| !word.is_empty()).collect();
    let first = *words.first()?;
    if first.contains(',') {
        return address(first);
    }
    let second = words.get(1).filter(|_| words.len() >= 4).copied();
    let second_ip = second.and_then(address);
    second_ip.or_else(|| address(first))
}

/// The first address of `a,b`, which may have a zone, a port, or brackets.
fn address(word: &str) -> Option<IpAddr> {
    let word = word.split(',').next()?;
    if let Some(bracketed) = word.strip_prefix('[') {
        return zoneless(bracketed.split(']').next()?);
    }
    let socket = word.parse::<SocketAddr>().ok();
    zoneless(word).or(socket.map(|socket| socket.ip()))
}

fn zoneless(word: &str) -> Option<IpAddr> {
    word.split('%').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
