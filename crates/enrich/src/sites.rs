//! The list of referrers whose channel is known.

use hashbrown::HashMap;

use crate::{agent::RulesError, domain::Host};

/// The list; where it is from stands in it.
pub(crate) const REFERRERS: &str = include_str!("../data/referrers.txt");

const FILE: &str = "referrers.txt";
/// The channels that the list gives.
const CHANNELS: [&str; 6] = ["search", "social", "email", "paid", "ai", "referral"];
/// So many names of a host are looked at, from its end: no host of the list has more.
const MOST_NAMES: usize = 6;

/// Channels by host. Of one that stands for every country it is what is before the suffix, with its dot.
pub(crate) struct Sites(HashMap<&'static str, &'static str>);

impl Sites {
    /// Reads the list.
    pub(crate) fn new() -> Result<Self, RulesError> {
        Self::parse(REFERRERS)
    }

    fn parse(list: &'static str) -> Result<Self, RulesError> {
        let mut sites = HashMap::new();
        let lines = list.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let channel = words
                .next()
                .and_then(|word| CHANNELS.iter().find(|c| **c == word));
            let Some(channel) = channel else {
                let why = format!(
                    "`{line}` does not begin with one of {}",
                    CHANNELS.join(", ")
                );
                return Err(RulesError::rule(FILE, why));
            };
            for host in words {
                let host = host.strip_suffix('*').unwrap_or(host);
                if sites
                    .insert(host, *channel)
                    .is_some_and(|old| old != *channel)
                {
                    return Err(RulesError::rule(FILE, format!("`{host}` has two channels")));
                }
            }
        }
        Ok(Self(sites))
    }

    /// The channel of a host, by the longest host of the list that it is, or is under.
    pub(crate) fn channel(&self, host: Host<'_>) -> Option<&'static str> {
        let whole = host.whole;
        starts(whole).find_map(|start| {
            let here = self.0.get(whole.get(start..)?);
            let anywhere = || self.0.get(whole.get(start..host.before_suffix)?);
            here.or_else(anywhere).copied()
        })
    }
}

/// Where the last names of a host begin, the longest part of it first.
fn starts(host: &str) -> impl Iterator<Item = usize> {
    let mut starts = [0; MOST_NAMES];
    let mut names = 0;
    let dots = host.rmatch_indices('.').map(|(at, _)| at + 1);
    for (place, start) in starts.iter_mut().zip(dots.chain([0])) {
        *place = start;
        names += 1;
    }
    starts.into_iter().take(names).rev()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_host_decides() {
        let sites = Sites::new().unwrap();
        for (host, channel) in [
            ("google.com", Some("search")),
            ("www.google.co.uk", Some("search")),
            ("mail.google.com", Some("email")),
            ("docs.google.com", Some("referral")),
            ("gemini.google.com", Some("ai")),
            ("google.example.com", None),
            ("notgoogle.com", None),
            ("a.b.c.d.e.f.g.chatgpt.com", Some("ai")),
            ("com", None),
            ("", None),
        ] {
            assert_eq!(sites.channel(Host::of(host)), channel, "{host}");
        }
    }

    #[test]
    fn a_line_that_says_nothing_is_told() {
        for (list, said) in [("shops a.example", "shops"), ("ai a.b\nemail a.b", "a.b")] {
            let error = Sites::parse(list).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn no_host_is_longer_than_what_is_looked_at() {
        let names = |host: &&str| host.split('.').count();
        let sites = Sites::new().unwrap();
        assert!(sites.0.keys().map(names).max() <= Some(MOST_NAMES));
        let odd = |host: &&&str| {
            host.chars()
                .any(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit() && !"-.".contains(c))
        };
        assert_eq!(sites.0.keys().find(odd), None);
    }
}
