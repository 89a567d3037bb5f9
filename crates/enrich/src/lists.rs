//! Lists of the operator's own: who else is a bot, who is none, and which hosts are of which channel. They change without a
//! release. What they say of an event is written in it when it is taken, so that another file changes no count that was.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use ipnet::IpNet;
use model::{Event, EventKind};
use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::{MAX_AGENT, domain::Host, referrer_host, sites::Sites};

/// So much memory all patterns of a file may take when they are compiled, bytes.
const MOST_COMPILED: usize = 8 << 20;
/// Longest file, bytes.
pub const MAX_LISTS: usize = 1 << 20;
/// Longest name of an entry, bytes: it stands in every event that fits.
const MAX_NAME: usize = 64;

/// Why a file of lists cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ListsError {
    /// It is no TOML, or has something that is not known.
    #[error("{0}see docs/ENRICHMENT.md for what a file of lists has")]
    Form(String),
    /// A pattern is no regular expression, or all together take too much.
    #[error("the patterns of [[{table}]] do not compile: {reason}")]
    Patterns {
        /// The table.
        table: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// Something in it makes no sense.
    #[error("{0}")]
    Wrong(String),
}

/// A file of lists as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    version: String,
    bots: Vec<Entry>,
    people: Vec<Entry>,
    channels: std::collections::BTreeMap<String, Vec<String>>,
}

/// Whom an entry is about: whoever fits one of these.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Entry {
    name: String,
    agents: Vec<String>,
    networks: Vec<IpNet>,
    asns: Vec<u32>,
}

/// A file of lists, compiled.
pub struct Lists {
    text: String,
    version: String,
    bots: Table,
    people: Table,
    channels: Sites,
}

struct Table {
    entries: Vec<Entry>,
    agents: RegexSet,
    /// Of which entry each pattern is.
    whose: Vec<usize>,
}

impl Lists {
    /// Reads a file's content.
    pub fn parse(text: &str) -> Result<Self, ListsError> {
        if text.len() > MAX_LISTS {
            let why = format!("it has {} bytes, and {MAX_LISTS} are the most", text.len());
            return Err(ListsError::Wrong(why));
        }
        let written: Written =
            toml::from_str(text).map_err(|error| ListsError::Form(error.to_string()))?;
        let hash = &blake3::hash(text.as_bytes()).to_hex()[..12];
        let hosts = written.channels.iter();
        let hosts = hosts.flat_map(|(channel, hosts)| hosts.iter().map(move |h| (&**channel, h)));
        Ok(Self {
            version: match &*written.version {
                "" => hash.to_owned(),
                named => format!("{named} ({hash})"),
            },
            channels: Sites::of(hosts).map_err(ListsError::Wrong)?,
            bots: Table::new("bots", written.bots)?,
            people: Table::new("people", written.people)?,
            text: text.to_owned(),
        })
    }

    /// What the file calls itself, and a hash of it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file's content.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether an entry is about a part of this network alone: of whom it is about only who knew the whole address can tell.
    pub fn is_partly(&self, network: &IpNet) -> bool {
        let all = self.bots.entries.iter().chain(&self.people.entries);
        let mut networks = all.flat_map(|entry| &entry.networks);
        networks.any(|listed| listed != network && network.contains(listed))
    }

    /// Writes into an event what these lists say of it, in place of what others said. `from` is whom it came from: an
    /// address, or the network that is kept of one.
    pub fn judge(&self, event: &mut Event, from: Option<IpNet>) {
        let is_visit = event.kind() != EventKind::Conversion;
        let of = |table: &Table| is_visit.then(|| table.entry(event, from)).flatten();
        let bot = of(&self.bots).unwrap_or_default();
        let person = bot.is_empty() && of(&self.people).is_some();
        let channel = self
            .channels
            .channel(Host::of(&referrer_host(&event.referrer)));
        (event.listed_bot, event.listed_person) = (bot, person);
        event.listed_channel = channel.unwrap_or_default().to_owned();
    }
}

impl Table {
    fn new(table: &'static str, entries: Vec<Entry>) -> Result<Self, ListsError> {
        for (place, entry) in entries.iter().enumerate() {
            entry.check(table, place)?;
        }
        let patterns = || entries.iter().flat_map(|entry| &entry.agents);
        let agents = RegexSetBuilder::new(patterns())
            .case_insensitive(true)
            .size_limit(MOST_COMPILED)
            .build()
            .map_err(|error| ListsError::Patterns {
                table,
                reason: error.to_string(),
            })?;
        let each = entries.iter().enumerate();
        let whose = each.flat_map(|(place, entry)| entry.agents.iter().map(move |_| place));
        Ok(Self {
            whose: whose.collect(),
            agents,
            entries,
        })
    }

    /// The name of the first entry that fits.
    fn entry(&self, event: &Event, from: Option<IpNet>) -> Option<String> {
        let agent = &event.user_agent;
        let agent = &agent[..agent.floor_char_boundary(MAX_AGENT)];
        let by_agent = self.agents.matches(agent).into_iter().next();
        let by_agent = by_agent.and_then(|pattern| self.whose.get(pattern).copied());
        let by_network = self
            .entries
            .iter()
            .position(|entry| entry.is_from(event, from));
        let first = [by_agent, by_network].into_iter().flatten().min()?;
        self.entries.get(first).map(|entry| entry.name.clone())
    }
}

impl Entry {
    fn check(&self, table: &str, place: usize) -> Result<(), ListsError> {
        let of = format!("[[{table}]], entry {}", place + 1);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if self.name.is_empty() || self.name.len() > MAX_NAME || !self.name.chars().all(plain) {
            let why = format!(
                "{of} needs a `name` of at most {MAX_NAME} letters, digits, `-`, `_` and `.`: it is what answers show"
            );
            return Err(ListsError::Wrong(why));
        }
        if self.agents.is_empty() && self.networks.is_empty() && self.asns.is_empty() {
            let why = format!(
                "{of} ({}) fits nobody: it needs `agents`, `networks` or `asns`",
                self.name
            );
            return Err(ListsError::Wrong(why));
        }
        // One that fits an agent that says nothing fits everybody.
        let everybody = self
            .agents
            .iter()
            .find(|pattern| RegexSet::new([pattern]).is_ok_and(|one| one.is_match("")));
        match everybody {
            Some(pattern) => Err(ListsError::Wrong(format!(
                "{of} ({}): `{pattern}` fits every user agent",
                self.name
            ))),
            None => Ok(()),
        }
    }

    fn is_from(&self, event: &Event, from: Option<IpNet>) -> bool {
        let is_in = |from: IpNet| self.networks.iter().any(|network| network.contains(&from));
        event.asn.is_some_and(|asn| self.asns.contains(&asn)) || from.is_some_and(is_in)
    }
}

/// The lists in use, or none. Cheap to clone: all clones use the same, and see at once what is put in their place.
#[derive(Clone, Default)]
pub struct OwnLists(Arc<ArcSwapOption<Lists>>);

impl OwnLists {
    /// Takes the place of what is in use.
    pub fn replace(&self, lists: Option<Arc<Lists>>) {
        self.0.store(lists);
    }

    /// Writes into an event what the lists in use say of it.
    pub fn judge(&self, event: &mut Event, from: Option<IpNet>) {
        if let Some(lists) = &*self.0.load() {
            lists.judge(event, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        version = "2026-11"
        [[bots]]
        name = "acme-monitor"
        agents = ["AcmeMonitor/", "^acme "]
        [[bots]]
        name = "office"
        networks = ["203.0.113.0/24", "2001:db8::/32"]
        asns = [64500]
        [[people]]
        name = "reader"
        agents = ["NiceReader"]
        [channels]
        ai = ["assistant.example"]
        social = ["forum.example"]
    "#;

    /// Reason, whether it is a person's, channel.
    fn said(agent: &str, from: &str, asn: Option<u32>, referrer: &str) -> (String, bool, String) {
        let mut event = Event {
            user_agent: agent.into(),
            referrer: referrer.into(),
            asn,
            listed_bot: "old".into(),
            ..Event::default()
        };
        Lists::parse(FILE)
            .unwrap()
            .judge(&mut event, from.parse().ok());
        (event.listed_bot, event.listed_person, event.listed_channel)
    }

    #[test]
    fn who_fits_is_told_by_name() {
        let bot = |name: &str| (name.to_owned(), false, String::new());
        assert_eq!(
            said("Mozilla acmemonitor/2", "", None, ""),
            bot("acme-monitor")
        );
        assert_eq!(said("x", "203.0.113.7/32", None, ""), bot("office"));
        assert_eq!(
            said("x", "203.0.113.0/24", None, ""),
            bot("office"),
            "what is kept of it"
        );
        assert_eq!(
            said("x", "203.0.0.0/16", None, ""),
            bot(""),
            "more than the network"
        );
        assert_eq!(said("x", "2001:db8:1::/48", None, ""), bot("office"));
        assert_eq!(said("x", "", Some(64_500), ""), bot("office"));
        assert_eq!(
            said("acme 1", "203.0.113.7/32", None, ""),
            bot("acme-monitor"),
            "the first"
        );
        assert!(said("NiceReader/3", "", None, "").1);
        assert!(
            !said("NiceReader acme 1 AcmeMonitor/", "", None, "").1,
            "a bot first"
        );
        assert_eq!(said("x", "", None, "https://a.forum.example/t").2, "social");
        assert_eq!(said("x", "", None, "https://forum.example.org/").2, "");
    }

    #[test]
    fn conversions_are_nobodys() {
        let mut event = Event {
            kind: EventKind::Conversion as i32,
            user_agent: "AcmeMonitor/1".into(),
            ..Event::default()
        };
        Lists::parse(FILE).unwrap().judge(&mut event, None);
        assert_eq!(event.listed_bot, "");
    }

    #[test]
    fn a_wrong_file_says_what_is_wrong() {
        for (text, why) in [
            ("bots = 3", "invalid type"),
            (
                "[[bots]]\nname = \"a\"\nagent = [\"x\"]",
                "unknown field `agent`",
            ),
            ("[[bots]]\nname = \"a\"", "fits nobody"),
            ("[[bots]]\nagents = [\"x\"]", "needs a `name`"),
            (
                "[[bots]]\nname = \"a b\"\nagents = [\"x\"]",
                "needs a `name`",
            ),
            ("[[bots]]\nname = \"a\"\nagents = [\"(\"]", "do not compile"),
            (
                "[[people]]\nname = \"a\"\nagents = [\"x*\"]",
                "every user agent",
            ),
            (
                "[[bots]]\nname = \"a\"\nagents = [\"(\\\\w{1000}){1000}x\"]",
                "do not compile",
            ),
            (
                "[[bots]]\nname = \"a\"\nnetworks = [\"10.0.0.0/33\"]",
                "invalid",
            ),
            ("[channels]\nshops = [\"a.example\"]", "shops"),
            ("[channels]\nai = [\"A b\"]", "A b"),
            (
                "[channels]\nai = [\"a.example\"]\nsocial = [\"a.example\"]",
                "two channels",
            ),
        ] {
            let error = Lists::parse(text).err().expect(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(Lists::parse(&" ".repeat(MAX_LISTS + 1)).is_err());
        assert_eq!(Lists::parse("").unwrap().version().len(), 12);
        assert!(
            Lists::parse(FILE)
                .unwrap()
                .version()
                .starts_with("2026-11 (")
        );
    }
}
