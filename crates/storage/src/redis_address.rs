//! Where Redis is, and as whom we come: from the setting to what the client needs.

use std::path::PathBuf;

use model::Hidden;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::error::LiveError;

const DEFAULT_PORT: u16 = 6379;

/// How Redis is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedisSettings {
    /// `redis://user:password@host:port/db`, `rediss://…` over TLS, `redis+cluster://user:password@host:port,host:port`
    /// or `rediss+cluster://…`. It may hold a password.
    pub url: Hidden<String>,
    /// File with the certificates (PEM) that sign the servers' ones, instead of the system's.
    pub ca_file: Option<PathBuf>,
}

/// A setting, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// One address for a single server, those of some nodes for a cluster; with user and password each.
    pub(crate) nodes: Hidden<Vec<String>>,
    pub(crate) is_cluster: bool,
    pub(crate) is_tls: bool,
}

impl Address {
    /// Understands `url`, or says what is wrong with it; never what it holds.
    pub(crate) fn parse(url: &str) -> Result<Self, LiveError> {
        let wrong = |why: &str| LiveError::Address(why.to_owned());
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| wrong("it has no scheme"))?;
        let (is_tls, is_cluster) = match scheme.to_ascii_lowercase().as_str() {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis+cluster" => (false, true),
            "rediss+cluster" => (true, true),
            _ => return Err(wrong("its scheme is none of these")),
        };
        let scheme = if is_tls { "rediss" } else { "redis" };
        if !is_cluster {
            let whole = format!("{scheme}://{rest}");
            let parsed = Url::parse(&whole).map_err(|_| wrong("it cannot be read"))?;
            has_host(&parsed).ok_or_else(|| wrong("it names no host"))?;
            let nodes = Hidden::new(vec![whole]);
            return Ok(Self {
                nodes,
                is_cluster,
                is_tls,
            });
        }
        Self::cluster(scheme, rest, is_tls)
    }

    /// User and password stand before the first node, or before each, and are the same for all.
    fn cluster(scheme: &str, rest: &str, is_tls: bool) -> Result<Self, LiveError> {
        let wrong = |why: &str| LiveError::Address(why.to_owned());
        // A password has its commas and slashes escaped, as an address wants it.
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if !matches!(&rest[end..], "" | "/" | "/0") {
            return Err(wrong("a cluster has database 0 only, and no parameters"));
        }
        let mut login: Option<(String, String)> = None;
        let mut hosts = Vec::new();
        for node in rest[..end].split(',') {
            let node = Url::parse(&format!("{scheme}://{}", node.trim()));
            let node = node.map_err(|_| wrong("the name of a node cannot be read"))?;
            let host = has_host(&node).ok_or_else(|| wrong("a node has no name"))?;
            hosts.push(format!("{host}:{}", node.port().unwrap_or(DEFAULT_PORT)));
            let own = (node.username(), node.password().unwrap_or_default());
            let own = (own.0.to_owned(), own.1.to_owned());
            if own == Default::default() {
                continue;
            }
            if login.as_ref().is_some_and(|login| *login != own) {
                return Err(wrong(
                    "all nodes of a cluster have one user and one password",
                ));
            }
            login = Some(own);
        }
        let login = login.map_or(String::new(), |(user, password)| {
            format!("{user}:{password}@")
        });
        let nodes = hosts.iter().map(|host| format!("{scheme}://{login}{host}"));
        Ok(Self {
            nodes: Hidden::new(nodes.collect()),
            is_cluster: true,
            is_tls,
        })
    }
}

fn has_host(url: &Url) -> Option<&str> {
    url.host_str().filter(|host| !host.is_empty())
}

/// A text as it can stand for a user or a password in an address.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(url: &str) -> Vec<String> {
        Address::parse(url).unwrap().nodes.reveal().clone()
    }

    #[test]
    fn every_node_of_a_cluster_gets_the_password() {
        let both = ["redis://u:p%2C%40@a:1", "redis://u:p%2C%40@b:6379"];
        for url in [
            "redis+cluster://u:p%2C%40@a:1,b",
            "redis+cluster://u:p%2C%40@a:1, u:p%2C%40@b:6379/",
            "redis+cluster://a:1,u:p%2C%40@b/0",
        ] {
            assert_eq!(nodes(url), both, "{url}");
        }
        assert_eq!(nodes("redis+cluster://:p@a"), ["redis://:p@a:6379"]);
        let v6 = nodes("rediss+cluster://[::1]:7000,[2001:db8::1]");
        assert_eq!(v6, ["rediss://[::1]:7000", "rediss://[2001:db8::1]:6379"]);
    }

    #[test]
    fn a_single_server_stays_as_it_is() {
        for url in ["redis://a", "redis://u:p@a:1/3", "rediss://[::1]:1"] {
            assert_eq!(nodes(url), [url]);
        }
        assert!(Address::parse("REDISS://a").unwrap().is_tls);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        for url in [
            "",
            "a:1",
            "http://:secret@a",
            "redis://:secret@",
            "redis+cluster://:secret@a,:other@b",
            "redis+cluster://:secret@a,,b",
            "redis+cluster://:secret@a/1",
            "redis+cluster://:secret@a?x=1",
            "redis://:secret@a:port",
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
            assert!(error.contains("redis+cluster://"), "{error}");
        }
    }

    #[test]
    fn any_password_can_be_written() {
        let text = "a,b/c@d:e#f?g%h ü";
        let url = format!("redis+cluster://:{}@a,b", escaped(text));
        for node in nodes(&url) {
            let node = Url::parse(&node).unwrap();
            let password = percent_encoding::percent_decode_str(node.password().unwrap());
            assert_eq!(password.decode_utf8().unwrap(), text);
        }
    }
}
