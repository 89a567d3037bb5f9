//! Whose request it is, behind proxies. Pure.
//!
//! Whoever is not a trusted proxy is believed nothing: it is the client. A trusted one says whom it
//! passes a request on for, in one of these headers:
//!
//! - the one that is set (`--client-ip-header`), and no other: `CF-Connecting-IP`, `X-Real-IP`,
//!   `Forwarded`, …
//! - unless one is set, `X-Forwarded-For`; where that is missing, `Forwarded` (RFC 7239). When both are
//!   there the first counts alone: a proxy that sets it passes on what clients write into the other.
//!   Of a proxy that sets `Forwarded` only, the header has to be set: its clients could send
//!   `X-Forwarded-For`.
//!
//! The addresses are read from the last one, which the nearest proxy wrote, back to the first that is no
//! trusted proxy's. A hop that cannot be read ends this: what is before it was written by nobody knows
//! whom. The client is then the last address that was understood.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName, header::InvalidHeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED: HeaderName = http::header::FORWARDED;

/// Which proxies are believed, and by which header.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    header: Option<HeaderName>,
}

impl TrustedProxies {
    /// Proxies in `networks`; `header` names the one that they set, if it is another than the usual.
    pub fn new(networks: Vec<IpNet>, header: Option<&str>) -> Result<Self, InvalidHeaderName> {
        let header = header.map(|name| name.trim().parse()).transpose()?;
        Ok(Self { networks, header })
    }

    /// The address of the client whose request came from `peer`, an IPv4 one never as IPv6.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !is_in(&self.networks, client) {
            return client;
        }
        let header = self.header(headers);
        let lines = headers.get_all(&header).iter().rev();
        let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()));
        for line in lines {
            for element in from_the_end(&line, ',') {
                let hop = match header == FORWARDED {
                    true => forwarded_for(element),
                    false => address(element),
                };
                let Some(hop) = hop else {
                    return client;
                };
                client = hop;
                if !is_in(&self.networks, client) {
                    return client;
                }
            }
        }
        client
    }

    fn header(&self, headers: &HeaderMap) -> HeaderName {
        match &self.header {
            Some(header) => header.clone(),
            None if headers.contains_key(X_FORWARDED_FOR) => X_FORWARDED_FOR,
            None => FORWARDED,
        }
    }
}

/// Whether an address is in one of the networks.
pub(crate) fn is_in(networks: &[IpNet], ip: IpAddr) -> bool {
    networks.iter().any(|n| n.contains(&ip.to_canonical()))
}

/// The address in a text as proxies write it: with a port, in brackets, in quotes, with a zone. An IPv4
/// address in an IPv6 one is the IPv4 address. `unknown` and `_hidden` are none.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let text = unquoted(text.trim())?;
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, port) = rest.split_once(']')?;
        let is_end = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return is_end.then(|| v6(inside)).flatten();
    }
    if let Some((host, port)) = text.split_once(':')
        && let Ok(v4) = host.parse::<Ipv4Addr>()
    {
        return is_port(port).then_some(v4.into());
    }
    let v4 = text.parse::<Ipv4Addr>().ok();
    v4.map(IpAddr::V4).or_else(|| v6(text))
}

/// An IPv6 address, without the zone that it has on its own host.
fn v6(text: &str) -> Option<IpAddr> {
    let address = match text.split_once('%') {
        Some((_, "")) => return None,
        Some((address, _)) => address,
        None => text,
    };
    let v6 = address.parse::<Ipv6Addr>().ok()?;
    Some(IpAddr::V6(v6).to_canonical())
}

/// A port, or what stands for one that is hidden (RFC 7239 §6).
fn is_port(text: &str) -> bool {
    let is_hidden = text.len() > 1 && text.starts_with('_');
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    is_hidden || is_number && text.parse::<u16>().is_ok()
}

/// What stands in quotes; a text without any is itself.
fn unquoted(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let inside = rest.strip_suffix('"')?;
    Some(inside.replace('\\', ""))
}

/// Whom an element of `Forwarded` is for; `None` unless it says so, once and readably.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = from_the_end(element, ';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let (_, whom) = named.next()?;
    named.next().is_none().then(|| address(whom)).flatten()
}

/// The parts between `separator`s outside of quotes, from the last to the first, without empty ones.
/// From the end, since that is what a trusted proxy wrote: a client's open quote swallows none of it.
fn from_the_end(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let parts = std::iter::from_fn(move || {
        let text = rest?;
        let mut is_quoted = false;
        let cut = text.char_indices().rev().find(|(at, c)| {
            let is_quote = *c == '"' && !text[..*at].ends_with('\\');
            is_quoted ^= is_quote;
            *c == separator && !is_quoted
        });
        let part = cut.map_or(text, |(at, c)| &text[at + c.len_utf8()..]);
        rest = cut.map(|(at, _)| &text[..at]);
        Some(part)
    });
    parts.filter(|part| !part.trim().is_empty())
}

#[cfg(test)]
mod tests;
