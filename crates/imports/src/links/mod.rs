//! Links as other tools export them.

mod bitly;
mod clickmeter;
mod dub;
mod kutt;
mod plain;
mod shlink;
mod yourls;

use std::{collections::BTreeMap, fmt, io::BufRead, str::FromStr};

use replay::Refusal;
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    record::{self, Record},
    times,
};

/// Longest title and note that are kept, characters; longer ones are cut.
const MAX_TITLE: usize = 200;
const MAX_NOTE: usize = 500;
/// Most tags of a link, and the longest, characters: more are left out, longer ones cut.
const MAX_TAGS: usize = 32;
const MAX_TAG: usize = 64;
/// Longest external id, bytes.
const MAX_EXTERNAL_ID: usize = 128;

/// Where a list comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Bitly.
    Bitly,
    /// Dub.
    Dub,
    /// Shlink.
    Shlink,
    /// Kutt.
    Kutt,
    /// YOURLS.
    Yourls,
    /// ClickMeter.
    Clickmeter,
    /// Any table with our columns, or with columns that are mapped to them.
    Csv,
}

/// Every tool, and how it is called.
const TOOLS: [(Tool, &str); 7] = [
    (Tool::Bitly, "bitly"),
    (Tool::Dub, "dub"),
    (Tool::Shlink, "shlink"),
    (Tool::Kutt, "kutt"),
    (Tool::Yourls, "yourls"),
    (Tool::Clickmeter, "clickmeter"),
    (Tool::Csv, "csv"),
];

impl Tool {
    /// How all are called.
    pub const NAMES: [&'static str; 7] = {
        let mut names = [""; 7];
        let mut i = 0;
        while i < 7 {
            names[i] = TOOLS[i].1;
            i += 1;
        }
        names
    };

    /// How it is called.
    pub fn name(self) -> &'static str {
        let tool = TOOLS.iter().find(|(tool, _)| *tool == self);
        tool.map_or("", |(_, name)| name)
    }

    /// Under which names its JSON has the list.
    fn lists(self) -> &'static [&'static str] {
        match self {
            Tool::Bitly => &["links"],
            Tool::Dub => &["links", "data"],
            Tool::Shlink => &["shortUrls", "data"],
            Tool::Kutt => &["data"],
            Tool::Yourls => &["links", "link"],
            Tool::Clickmeter => &["entities", "datapoints"],
            Tool::Csv => &["links", "data"],
        }
    }

    fn rows(self, record: &Record) -> Result<Vec<LinkRow>, Refusal> {
        match self {
            Tool::Bitly => bitly::rows(record),
            Tool::Dub => dub::row(record).map(|row| vec![row]),
            Tool::Shlink => shlink::row(record).map(|row| vec![row]),
            Tool::Kutt => kutt::row(record).map(|row| vec![row]),
            Tool::Yourls => yourls::row(record).map(|row| vec![row]),
            Tool::Clickmeter => clickmeter::row(record).map(|row| vec![row]),
            Tool::Csv => plain::row(record).map(|row| vec![row]),
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tool {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let tool = TOOLS.iter().find(|(_, name)| *name == text);
        let known = || format!("must be one of {}", Tool::NAMES.join(", "));
        tool.map(|(tool, _)| *tool).ok_or_else(known)
    }
}

/// A link as another tool had it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkRow {
    /// What it is called from now on: `bitly:bit.ly:abc`.
    pub external_id: String,
    /// The path it answers at.
    pub slug: String,
    /// Where it leads.
    pub destination: String,
    /// For people.
    pub title: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// For grouping.
    pub tags: Vec<String>,
    /// When it was made, unix milliseconds.
    pub created_ms: Option<i64>,
    /// Before when it leads nobody on, unix milliseconds.
    pub starts_ms: Option<i64>,
    /// From when on it leads nobody on, unix milliseconds.
    pub expires_ms: Option<i64>,
    /// After so many clicks it leads nobody on.
    pub max_clicks: Option<u64>,
    /// Where those are led whom it leads nowhere.
    pub fallback: Option<String>,
    /// Whether it leads nobody on.
    pub archived: bool,
    /// Whether query parameters of the request are handed on.
    pub pass_query: bool,
    /// The campaign, by name or id.
    pub campaign: Option<String>,
    /// `source`, `medium`, `campaign`, `term`, `content`.
    pub utm: BTreeMap<String, String>,
    /// Whom it leads elsewhere.
    pub rules: Vec<Value>,
    /// How many clicks the tool counted.
    pub clicks: Option<u64>,
}

impl LinkRow {
    /// As `PUT /v1/links/bulk` takes it. What the tool does not say is not said here either, so that what was changed by
    /// hand since stays.
    pub fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        let mut set = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        set("external_id", json!(self.external_id));
        set("slug", json!(self.slug));
        set("destination", json!(self.destination));
        let texts = [
            ("title", &self.title),
            ("fallback_url", &self.fallback),
            ("campaign", &self.campaign),
        ];
        for (name, text) in texts {
            text.iter().for_each(|text| set(name, json!(text)));
        }
        self.note()
            .into_iter()
            .for_each(|note| set("note", json!(note)));
        for (name, ms) in [
            ("starts_at", self.starts_ms),
            ("expires_at", self.expires_ms),
        ] {
            let time = ms.and_then(times::rfc3339);
            time.into_iter().for_each(|time| set(name, json!(time)));
        }
        if !self.tags.is_empty() {
            set("tags", json!(self.tags));
        }
        self.max_clicks
            .iter()
            .for_each(|most| set("max_clicks", json!(most)));
        if self.archived {
            set("archived", json!(true));
        }
        if self.pass_query {
            set("pass_query", json!(true));
        }
        if !self.utm.is_empty() {
            set("utm", json!(self.utm));
        }
        if !self.rules.is_empty() {
            set("rules", json!(self.rules));
        }
        body
    }

    /// What people said of it, or at least when it was made: a link's own time is that of its import.
    fn note(&self) -> Option<String> {
        let tool = self.external_id.split(':').next().unwrap_or_default();
        let made = || {
            let time = times::rfc3339(self.created_ms?)?;
            Some(format!("Made {time} ({tool})"))
        };
        self.note.clone().or_else(made)
    }
}

/// A row of a list, or why it is none.
#[derive(Debug)]
pub struct Entry {
    /// Its line, or its place in JSON; from 1.
    pub number: u64,
    /// As it stands in the file.
    pub raw: Vec<u8>,
    /// The links: one, or more if it answers at several paths.
    pub rows: Result<Vec<LinkRow>, Refusal>,
}

/// Reads the links of a file.
///
/// # Errors
///
/// The file cannot be read, or is neither CSV nor JSON; and what `each` fails with.
pub fn read(
    reader: impl BufRead,
    tool: Tool,
    renames: &BTreeMap<String, String>,
    each: &mut dyn FnMut(Entry) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    record::read(reader, tool.lists(), renames, &mut |entry| {
        each(match entry {
            Ok(record) => Entry {
                number: record.number,
                rows: tool.rows(&record).and_then(checked),
                raw: record.raw,
            },
            Err((number, raw, refusal)) => Entry {
                number,
                raw,
                rows: Err(refusal),
            },
        })
    })
}

/// What every link needs; texts that are too long are cut.
fn checked(mut rows: Vec<LinkRow>) -> Result<Vec<LinkRow>, Refusal> {
    for row in &mut rows {
        if row.destination.is_empty() {
            return Err(Refusal::new("no_destination", "it says nowhere to lead"));
        }
        if row.slug.is_empty() {
            return Err(Refusal::new("no_slug", "it has no short path of its own"));
        }
        if row.external_id.len() > MAX_EXTERNAL_ID {
            let detail = format!("what it is called has more than {MAX_EXTERNAL_ID} bytes");
            return Err(Refusal::new("too_long", detail));
        }
        for (text, most) in [(&mut row.title, MAX_TITLE), (&mut row.note, MAX_NOTE)] {
            *text = text
                .take()
                .map(|text| clean(&text, most))
                .filter(|text| !text.is_empty());
        }
        row.tags = row
            .tags
            .iter()
            .map(|tag| clean(tag, MAX_TAG))
            .take(MAX_TAGS)
            .collect();
        row.tags.retain(|tag| !tag.is_empty());
    }
    Ok(rows)
}

/// On one line, at most `most` characters.
fn clean(text: &str, most: usize) -> String {
    let spaced = |c: char| if c.is_control() { ' ' } else { c };
    let cut: String = text.trim().chars().map(spaced).take(most).collect();
    cut.trim_end().to_owned()
}

/// Host and path of a short address: `https://bit.ly/abc` and `bit.ly/abc` are (`bit.ly`, `abc`). The path of one that has
/// no host is all of it.
fn short(text: &str) -> (String, String) {
    let with_scheme = match text.contains("://") {
        true => text.to_owned(),
        false if text.contains('/') => format!("https://{text}"),
        false => return (String::new(), text.trim().to_owned()),
    };
    match Url::parse(&with_scheme) {
        Ok(url) => {
            let port = url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default();
            let host = format!("{}{port}", url.host_str().unwrap_or_default());
            (host, url.path().trim_matches('/').to_owned())
        }
        Err(_) => (String::new(), text.trim().to_owned()),
    }
}

/// What a link is called from now on. An external id has no `/`.
fn external(tool: Tool, host: &str, path: &str) -> String {
    let path = path.replace('%', "%25").replace('/', "%2F");
    match host.is_empty() {
        true => format!("{tool}:{path}"),
        false => format!("{tool}:{host}:{path}"),
    }
}

/// A time of a record, if it says one.
fn time(record: &Record, names: &[&str]) -> Result<Option<i64>, Refusal> {
    let Some(text) = record.text(names) else {
        return Ok(None);
    };
    let wrong = || {
        Refusal::new(
            "invalid_time",
            format!("`{text}` ({}) is no time that is known", names[0]),
        )
    };
    times::parse(&text).ok_or_else(wrong).map(Some)
}

/// A count of a record, if it says one: `1,234` is one, too.
fn count(record: &Record, names: &[&str]) -> Result<Option<u64>, Refusal> {
    let Some(text) = record.text(names) else {
        return Ok(None);
    };
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | ' ' | '_'))
        .collect();
    let wrong = || {
        Refusal::new(
            "invalid_count",
            format!("`{text}` ({}) is no count", names[0]),
        )
    };
    digits.parse().map_err(|_| wrong()).map(Some)
}

/// The five parameters, as most tools call them.
fn utm(record: &Record) -> BTreeMap<String, String> {
    let parts = ["source", "medium", "campaign", "term", "content"];
    let part = |part: &str| {
        let text = record.text(&[&format!("utm_{part}")])?;
        Some((part.to_owned(), text))
    };
    parts.into_iter().filter_map(part).collect()
}

/// Of a link that asks for a password: without one it would be open to all.
fn no_password(record: &Record, names: &[&str]) -> Result<(), Refusal> {
    match record.flag(names) {
        false => Ok(()),
        true => Err(Refusal::new(
            "password",
            "it asks for a password, which Millrace does not; imported it would be open to all",
        )),
    }
}

#[cfg(test)]
mod tests;
