//! History, click by click: what happened, when, to which link, and what is known of who it was.

mod fields;
mod usagov;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::{self, BufRead},
    net::IpAddr,
    str::FromStr,
};

use anyhow::bail;
use replay::{Columns, Records, Refusal, Said};
use serde_json::{Map, Value};

use self::fields::Fields;
use replay::{bare, nearest};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// The same fields as columns.
    Csv,
    /// A web server's log.
    Combined,
    /// The feed of 1.usa.gov: clicks on its links, as Bitly published them.
    Usagov,
}

const FORMATS: [(Format, &str); 4] = [
    (Format::Ndjson, "ndjson"),
    (Format::Csv, "csv"),
    (Format::Combined, "combined"),
    (Format::Usagov, "usagov"),
];

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = FORMATS.iter().find(|(format, _)| format == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let format = FORMATS.iter().find(|(_, name)| *name == text);
        let format = format.map(|(format, _)| *format);
        format.ok_or_else(|| "must be ndjson, csv, combined or usagov".to_owned())
    }
}

/// How rows are to be understood.
#[derive(Debug, Clone)]
pub struct Understanding {
    /// How the file is written.
    pub format: Format,
    /// Fields by the bare names of columns that are called otherwise.
    pub renames: BTreeMap<String, String>,
    /// Bare names of columns that are passed over.
    pub left_out: BTreeSet<String>,
    /// What all of it happened to, whatever rows say.
    pub target: Option<Named>,
}

impl Understanding {
    /// From what a command line has: `columns=fields`, columns, and a link.
    ///
    /// # Errors
    ///
    /// A field does not exist.
    pub fn new(
        format: Format,
        renames: &[String],
        left_out: &[String],
        target: Option<Named>,
    ) -> anyhow::Result<Self> {
        let renames = crate::record::renames(renames)?;
        if let Some(field) = renames.values().find(|field| !fields::is_field(field)) {
            bail!("`{field}` is no field of a row: {}", meant(field));
        }
        Ok(Self {
            format,
            renames,
            left_out: left_out.iter().map(|name| bare(name)).collect(),
            target,
        })
    }

    fn is_plain(&self) -> bool {
        self.renames.is_empty() && self.left_out.is_empty()
    }

    /// Under which names an object's members are fields.
    fn renamed(&self, object: Map<String, Value>) -> Map<String, Value> {
        let renamed = |(name, value): (String, Value)| {
            let known = bare(&name);
            let left_out = self.left_out.contains(&known);
            let field = self.renames.get(&known).cloned().unwrap_or(name);
            (!left_out).then_some((field, value))
        };
        object.into_iter().filter_map(renamed).collect()
    }
}

impl Columns for Understanding {
    fn is_known(&self, name: &str) -> bool {
        let known = bare(name);
        self.renames.contains_key(&known) || fields::is_field(name)
    }

    fn field(&self, number: usize, name: &str) -> anyhow::Result<Option<String>> {
        let known = bare(name);
        if self.left_out.contains(&known) {
            return Ok(None);
        }
        if let Some(field) = self.renames.get(&known) {
            return Ok(Some(fields::canonical(field).unwrap_or(field).to_owned()));
        }
        match fields::canonical(name) {
            Some(field) => Ok(Some(field.to_owned())),
            None => bail!(
                "column {number}, `{name}`, is no field of a row: {} `--leave-out {name}` passes over it, `--map {name}=FIELD` gives it a meaning",
                meant(name)
            ),
        }
    }
}

fn meant(name: &str) -> String {
    match nearest(name, fields::names()) {
        Some(field) => format!("did you mean `{field}`?"),
        None => {
            let all: Vec<&str> = fields::names().collect();
            format!("fields are {}", all.join(", "))
        }
    }
}

/// What something happened to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// A link: its slug, its id, or `ext_` and what it is called.
    Link(String),
    /// A pixel: its name or its id.
    Pixel(String),
    /// A goal: its name or its id.
    Goal(String),
}

/// What happened once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClickRow {
    /// To what.
    pub target: Named,
    /// Where the link leads, and at which path it would answer, if the row says so.
    pub link: Option<NewLink>,
    /// What is told of a conversion.
    pub conversion: Option<Box<ConversionRow>>,
    /// Unix milliseconds.
    pub occurred_ms: i64,
    /// Address of the visitor.
    pub ip: Option<IpAddr>,
    /// User-Agent.
    pub user_agent: String,
    /// Referer.
    pub referrer: String,
    /// Accept-Language.
    pub accept_language: String,
    /// Name of the visitor.
    pub visitor: Option<String>,
    /// ISO 3166-1 alpha-2, or empty.
    pub country: String,
    /// First subdivision, or empty.
    pub region: String,
    /// City, or empty.
    pub city: String,
    /// Which of several destinations was served, or empty.
    pub variant: String,
    /// What led to it, or empty.
    pub trigger: String,
    /// `sub1` to `sub5`.
    pub subs: [Option<String>; 5],
    /// `utm_source`, `utm_medium`, `utm_campaign`, `utm_term`, `utm_content`.
    pub utm: [Option<String>; 5],
}

/// What a row says of a conversion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConversionRow {
    /// The link that led to it: its slug, its id, or `ext_` and what it is called.
    pub link: Option<String>,
    /// What the order is called, unique in its goal.
    pub transaction_id: Option<String>,
    /// What this report of it is called.
    pub idempotency_key: Option<String>,
    /// The click that led to it.
    pub click_id: Option<String>,
    /// A decimal.
    pub value: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What has become of it, in a word of the goal's.
    pub status: Option<String>,
}

/// A link that does not exist yet, as far as a row tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewLink {
    /// The path it should answer at, unless it is the name.
    pub slug: Option<String>,
    /// Where it leads.
    pub destination: Option<String>,
}

/// A row of a file.
#[derive(Debug)]
pub struct Row {
    /// Its first line, from 1.
    pub line: u64,
    /// Its last line.
    pub last: u64,
    /// As it stands there.
    pub raw: Vec<u8>,
    /// What it is.
    pub content: Content,
}

/// What a row is.
#[derive(Debug)]
pub enum Content {
    /// Something that happened.
    Click(Box<ClickRow>),
    /// Nothing to be counted, and why.
    Nothing(String),
    /// It cannot be read.
    Refused(Refusal),
}

/// The rows of a file.
pub struct Rows<R> {
    records: Records<R>,
    how: Understanding,
}

impl<R: BufRead> Rows<R> {
    /// Reads what says how the file is to be read.
    ///
    /// # Errors
    ///
    /// It cannot be read so: a column is unknown, or it is a JSON document instead of lines.
    pub fn new(reader: R, how: Understanding) -> anyhow::Result<Self> {
        let format = match how.format {
            Format::Ndjson | Format::Usagov => replay::Format::Ndjson,
            Format::Csv => replay::Format::Csv,
            Format::Combined => replay::Format::Combined,
        };
        let records = Records::of(reader, format, &how)?;
        Ok(Self { records, how })
    }

    /// The header, as it stands in the file.
    pub fn header(&self) -> Option<&[u8]> {
        self.records.header()
    }

    /// The next row.
    ///
    /// # Errors
    ///
    /// The file cannot be read further.
    pub fn row(&mut self) -> io::Result<Option<Row>> {
        let Some(row) = self.records.row()? else {
            return Ok(None);
        };
        let content = row.said.and_then(|said| self.content(said));
        Ok(Some(Row {
            line: row.line,
            last: row.last,
            raw: row.raw,
            content: content.unwrap_or_else(Content::Refused),
        }))
    }

    fn content(&self, said: Said) -> Result<Content, Refusal> {
        let fields = match said {
            Said::Nothing(why) => return Ok(Content::Nothing(why)),
            Said::Json(text) if self.how.format == Format::Usagov => {
                return usagov::content(&text, self.how.target.as_ref());
            }
            Said::Json(text) if self.how.is_plain() => Fields::parse(&text)?,
            Said::Json(text) => {
                let object =
                    serde_json::from_slice(&text).map_err(|error| fields::not_json(&error))?;
                Fields::of(self.how.renamed(object))?
            }
            Said::Fields(fields) => Fields::of(fields)?,
        };
        let row = fields.row(self.how.target.as_ref())?;
        Ok(Content::Click(Box::new(row)))
    }
}

#[cfg(test)]
mod tests;
