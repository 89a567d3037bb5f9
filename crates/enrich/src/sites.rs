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
pub(crate) struct Sites(HashMap<Box<str>, &'static str>);

impl Sites {
    /// Reads the list.
    pub(crate) fn new() -> Result<Self, RulesError> {
        Self::parse(REFERRERS)
    }

    fn parse(list: &str) -> Result<Self, RulesError> {
        let lines = list.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let hosts = lines.flat_map(|line| {
            let (channel, hosts) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            hosts.split_whitespace().map(move |host| (channel, host))
        });
        Self::of(hosts).map_err(|why| RulesError::rule(FILE, why))
    }

    /// Of channels and their hosts; the error says what is wrong.
    pub(crate) fn of<'a>(
        hosts: impl Iterator<Item = (&'a str, impl AsRef<str>)>,
    ) -> Result<Self, String> {
        let mut sites = HashMap::new();
        for (channel, host) in hosts {
            let Some(channel) = CHANNELS.iter().find(|known| **known == channel) else {
                let known = CHANNELS.join(", ");
                return Err(format!("`{channel}` is no channel: there are {known}"));
            };
            let host = host.as_ref();
            let name = host.strip_suffix('*').unwrap_or(host);
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            if name.is_empty() || !name.chars().all(plain) || name.split('.').count() > MOST_NAMES {
                return Err(format!(
                    "`{host}` is no host such as forum.example.com, in lower case"
                ));
            }
            let before = sites.insert(name.into(), *channel);
            if before.is_some_and(|old| old != *channel) {
                return Err(format!("`{host}` has two channels"));
            }
        }
        Ok(Self(sites))
    }

    /// A channel that lists give, by its name.
    pub(crate) fn named(channel: &str) -> Option<&'static str> {
        CHANNELS.iter().find(|known| **known == channel).copied()
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
        for (list, said) in [
            ("shops a.example", "no channel"),
            ("ai a.b\nemail a.b", "a.b"),
        ] {
            let error = Sites::parse(list).err().unwrap().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn a_host_that_would_never_be_found_is_refused() {
        for host in ["A.example", "a b", "", "*", "1.2.3.4.5.6.7"] {
            assert!(Sites::of([("ai", host)].into_iter()).is_err(), "{host}");
        }
    }
}
