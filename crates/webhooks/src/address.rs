//! Where messages may go: a customer's address must not lead into the operator's own network.
//!
//! Addresses are judged twice: as a text, when somebody sets them, and as what their names resolve to, each time that
//! something is sent. The ranges are those of the IANA special-purpose address registries (RFC 6890, as of 2025), and
//! of services that clouds have for their own machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Longest address, bytes.
pub const MAX_URL: usize = 2_048;
/// The ports below 1024 that are of the web.
const WEB_PORTS: [u16; 2] = [80, 443];
/// Names, with all below them, that are of one's own machine or network.
const OWN_NAMES: [&str; 5] = ["localhost", "local", "internal", "localdomain", "home.arpa"];

/// Where messages may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// To https addresses of the public internet.
    #[default]
    Public,
    /// Anywhere, over http too: for intranets and tests.
    Anywhere,
}

/// Why nothing may go to an address. As text it follows "`url` ".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("must be an address such as https://shop.example/hooks of at most 2048 bytes")]
    NoUrl,
    /// Anybody on the way could read it.
    #[error("must begin with https://")]
    NotHttps,
    /// They would be in logs.
    #[error("must not have a user name or password: receivers check the signature")]
    Credentials,
    /// Other services than those of the web listen there.
    #[error("must have port 80, 443, or one from 1024 on")]
    Port,
    /// It is not of the public internet.
    #[error("leads to {0}, which is not of the public internet; the operator may allow that")]
    Private(String),
}

impl Policy {
    /// An address as a text.
    ///
    /// # Errors
    ///
    /// Why nothing may go there, as far as that can be seen without resolving its name.
    pub fn check(self, text: &str) -> Result<Url, AddressError> {
        let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace());
        let url = Url::parse(text)
            .ok()
            .filter(|_| is_plain && text.len() <= MAX_URL);
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or(AddressError::NoUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        if self == Self::Anywhere {
            return Ok(url);
        }
        if url.scheme() != "https" {
            return Err(AddressError::NotHttps);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port < 1024 && !WEB_PORTS.contains(&port) {
            return Err(AddressError::Port);
        }
        match url.host() {
            // The parser has read decimal, octal and hexadecimal forms, too.
            Some(Host::Ipv4(address)) => self.check_ip(address.into())?,
            Some(Host::Ipv6(address)) => self.check_ip(address.into())?,
            Some(Host::Domain(name)) => check_name(name)?,
            None => return Err(AddressError::NoUrl),
        }
        Ok(url)
    }

    /// What a name has been resolved to.
    ///
    /// # Errors
    ///
    /// That it is not of the public internet.
    pub fn check_ip(self, address: IpAddr) -> Result<(), AddressError> {
        match self == Self::Anywhere || is_public(address) {
            true => Ok(()),
            false => Err(AddressError::Private(address.to_string())),
        }
    }
}

fn check_name(name: &str) -> Result<(), AddressError> {
    let plain = name.trim_end_matches('.').to_ascii_lowercase();
    let is_own = |own: &str| {
        let rest = plain.strip_suffix(own);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    // A name without a dot is looked up in the machine's own domain.
    match !plain.contains('.') || OWN_NAMES.into_iter().any(is_own) {
        true => Err(AddressError::Private(format!("`{plain}`"))),
        false => Ok(()),
    }
}

/// Whether an address is of the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    let is_special = match (a, b, c) {
        // This network, private, loopback.
        (0 | 10 | 127, ..) => true,
        // Shared between carriers and their customers; one cloud's metadata, too.
        (100, 64..=127, _) => true,
        // Link-local: the metadata of most clouds.
        (169, 254, _) => true,
        (172, 16..=31, _) | (192, 168, _) => true,
        // Protocol assignments, documentation, relays of 6to4.
        (192, 0, 0 | 2) | (192, 88, 99) => true,
        // Benchmarks, documentation.
        (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast, reserved, broadcast.
        (224..=255, ..) => true,
        // What Azure tells its machines, at a public address.
        (168, 63, 129) => d == 16,
        _ => false,
    };
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let segments = address.segments();
    // NAT64: the last 32 bits are the address that is meant.
    if segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    match segments {
        // Protocol assignments and Teredo; documentation; 6to4, which nobody needs any more.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] => false,
        [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast. All else is loopback, local, mapped, multicast or reserved.
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Url, AddressError> {
        Policy::Public.check(text)
    }

    #[test]
    fn addresses_of_ones_own_network_are_refused() {
        for host in [
            "127.0.0.1",
            "127.1",
            "127.255.255.254",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "012.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "169.254.43518",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "127.0.0.1.",
            "１２７.0.0.1",
            "127。0。0。1",
            "[::]",
            "[::1]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "[64:ff9b:1::1]",
            "[100::1]",
            "[2001::1]",
            "[2001:db8::1]",
            "[2002:7f00:1::]",
            "[2002:a9fe:a9fe::]",
            "[3fff::1]",
            "[5f00::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
            "metadata.google.internal.",
            "intranet",
            "intranet.",
        ] {
            let found = check(&format!("https://{host}/hook"));
            assert!(
                matches!(found, Err(AddressError::Private(_))),
                "{host}: {found:?}"
            );
        }
    }

    #[test]
    fn addresses_of_the_internet_are_taken() {
        for text in [
            "https://shop.example.com/hooks",
            "https://shop.example.com./hooks?x=1",
            "https://shop.example.com:443/",
            "https://shop.example.com:80/",
            "https://shop.example.com:8443/",
            "https://notlocalhost.com/",
            "https://8.8.8.8/",
            "https://100.128.0.1/",
            "https://172.32.0.1/",
            "https://168.63.129.17/",
            "https://[2606:4700::1111]/",
            "https://[::ffff:8.8.8.8]/",
            "https://[64:ff9b::8.8.8.8]/",
            "https://münchen.example.com/",
        ] {
            check(text).unwrap_or_else(|error| panic!("{text} {error}"));
        }
    }

    #[test]
    fn what_else_is_wrong_with_an_address_is_said() {
        let long = format!("https://shop.example.com/{}", "x".repeat(MAX_URL));
        for (text, expected) in [
            ("", AddressError::NoUrl),
            ("shop.example.com/hooks", AddressError::NoUrl),
            ("ftp://shop.example.com/", AddressError::NoUrl),
            ("file:///etc/passwd", AddressError::NoUrl),
            ("gopher://127.0.0.1:6379/_", AddressError::NoUrl),
            ("https://", AddressError::NoUrl),
            ("https://shop.example.com/a b", AddressError::NoUrl),
            ("https://shop.example.com/\r\nHost: x", AddressError::NoUrl),
            (&long, AddressError::NoUrl),
            ("http://shop.example.com/", AddressError::NotHttps),
            ("https://me@shop.example.com/", AddressError::Credentials),
            (
                "https://:secret@shop.example.com/",
                AddressError::Credentials,
            ),
            (
                "https://shop.example.com@127.0.0.1/",
                AddressError::Credentials,
            ),
            ("https://shop.example.com:22/", AddressError::Port),
            ("https://shop.example.com:25/", AddressError::Port),
            ("https://shop.example.com:0/", AddressError::Port),
        ] {
            assert_eq!(check(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn an_operator_may_allow_ones_own_network() {
        for text in [
            "http://127.0.0.1:22/",
            "http://localhost/",
            "https://[::1]/",
        ] {
            Policy::Anywhere.check(text).unwrap();
        }
        let found = Policy::Anywhere.check("http://me@localhost/");
        assert_eq!(found, Err(AddressError::Credentials));
        Policy::Anywhere.check("ftp://localhost/").unwrap_err();
    }
}
