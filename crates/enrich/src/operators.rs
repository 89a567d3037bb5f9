//! Whose networks are machines': data centres, and services that look at mails.

use std::{collections::HashMap, sync::Arc};

use crate::agent::RulesError;

/// The list; where it is from stands in it.
pub(crate) const NETWORKS: &str = include_str!("../data/networks.txt");

const FILE: &str = "networks.txt";
const DATACENTER: &str = "datacenter";
const MAIL_SCANNER: &str = "mail_scanner";

/// Browsers that load pages by way of servers of their makers, many of them rented: somebody sits before them.
const BY_WAY_OF_SERVERS: [&str; 5] = ["silk/", "puffin/", "opera mini", "ucbrowser", "ucweb"];

/// Why visits from an autonomous system are bots', by its number.
pub(crate) struct Operators(HashMap<u32, Reason>);

struct Reason {
    text: Arc<str>,
    is_datacenter: bool,
}

impl Operators {
    /// Reads the list.
    pub(crate) fn new() -> Result<Self, RulesError> {
        Self::parse(NETWORKS)
    }

    fn parse(list: &str) -> Result<Self, RulesError> {
        let wrong = |line: &str| {
            let why = format!("`{line}` is not a class, a name and numbers, each once");
            RulesError::rule(FILE, why)
        };
        let mut reasons = HashMap::new();
        let lines = list.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let (class, name) = (
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default(),
            );
            let text: Arc<str> = match class {
                DATACENTER => DATACENTER.into(),
                MAIL_SCANNER => format!("{MAIL_SCANNER}:{name}").into(),
                _ => return Err(wrong(line)),
            };
            for number in words {
                let number = number.parse().map_err(|_| wrong(line))?;
                let reason = Reason {
                    text: Arc::clone(&text),
                    is_datacenter: class == DATACENTER,
                };
                if reasons.insert(number, reason).is_some() {
                    return Err(wrong(line));
                }
            }
        }
        Ok(Self(reasons))
    }

    /// Why a visit from there is a bot's: `datacenter`, or `mail_scanner:` and whose; `None`: it may be somebody's. With
    /// `datacenters_count` data centres are like any other place.
    pub(crate) fn reason(
        &self,
        asn: Option<u32>,
        user_agent: &str,
        datacenters_count: bool,
    ) -> Option<Arc<str>> {
        let reason = self.0.get(&asn?)?;
        if reason.is_datacenter && (datacenters_count || is_by_way_of_servers(user_agent)) {
            return None;
        }
        Some(Arc::clone(&reason.text))
    }
}

fn is_by_way_of_servers(user_agent: &str) -> bool {
    let agent = user_agent.to_ascii_lowercase();
    BY_WAY_OF_SERVERS.iter().any(|name| agent.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

    #[test]
    fn machines_are_told_by_their_network() {
        let operators = Operators::new().unwrap();
        let reason = |asn, agent, count| operators.reason(asn, agent, count).map(|r| r.to_string());
        let datacenter = Some(DATACENTER.to_owned());
        for asn in [16509, 396982, 8075, 16276, 24940, 14061] {
            assert_eq!(reason(Some(asn), FIREFOX, false), datacenter, "{asn}");
            assert_eq!(reason(Some(asn), FIREFOX, true), None, "{asn}");
        }
        let proofpoint = Some("mail_scanner:Proofpoint".to_owned());
        assert_eq!(reason(Some(22843), FIREFOX, false), proofpoint);
        assert_eq!(reason(Some(22843), FIREFOX, true), proofpoint);
        // A telephone company's, Cloudflare's (privacy relays), a gateway's of offices; none that is known.
        for asn in [Some(3320), Some(13335), Some(22616), Some(0), None] {
            assert_eq!(reason(asn, FIREFOX, false), None, "{asn:?}");
        }
        let silk = "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.3 like Chrome/120.0 Safari/537.36";
        assert_eq!(reason(Some(16509), silk, false), None);
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told() {
        for list in [
            "school A 1",
            "datacenter A 1\ndatacenter B 1",
            "datacenter A AS1",
            "datacenter A 4294967296",
        ] {
            let error = Operators::parse(list).err().unwrap().to_string();
            assert!(error.contains(list.lines().last().unwrap()), "{error}");
        }
    }
}
