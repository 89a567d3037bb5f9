//! Counts per link, of tools that export nothing finer: of a day, or in all.

use std::{collections::BTreeMap, io::BufRead};

use replay::{Refusal, bare};

use crate::{
    links::{self, Tool},
    record::{self, Record},
    times,
};

/// How many clicks a link had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalRow {
    /// The link: its slug, its id, or `ext_` and what it is called.
    pub link: String,
    /// The day (UTC) of which it is, `2026-01-02`; none: of all time until the list was made.
    pub day: Option<String>,
    /// Of a count of all time: since when the link was there, RFC 3339, if that is known.
    pub since: Option<String>,
    /// So many.
    pub clicks: u64,
}

/// A row of a list, or why it is none. A link may have no count: then it is no row of totals.
#[derive(Debug)]
pub struct Entry {
    /// Its line, or its place in JSON; from 1.
    pub number: u64,
    /// As it stands in the file.
    pub raw: Vec<u8>,
    /// The count.
    pub row: Result<Option<TotalRow>, Refusal>,
}

/// Reads counts: those that a tool's list of links has, or a table with the columns `link` (or `external_id`, `slug`), `clicks` and,
/// of counts by day, `day`.
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
    if tool == Tool::Csv {
        return record::read(reader, &["totals", "data"], renames, &mut |entry| {
            each(match entry {
                Ok(record) => Entry {
                    number: record.number,
                    row: plain(&record).map(Some),
                    raw: record.raw,
                },
                Err((number, raw, refusal)) => Entry {
                    number,
                    raw,
                    row: Err(refusal),
                },
            })
        });
    }
    links::read(reader, tool, renames, &mut |entry| {
        let row = entry.rows.map(|rows| rows.iter().find_map(of_link));
        each(Entry {
            number: entry.number,
            raw: entry.raw,
            row,
        })
    })
}

/// What a list of links says of one.
pub fn of_link(link: &links::LinkRow) -> Option<TotalRow> {
    Some(TotalRow {
        link: format!("ext_{}", link.external_id),
        day: None,
        since: link.created_ms.and_then(times::rfc3339),
        clicks: link.clicks?,
    })
}

fn plain(record: &Record) -> Result<TotalRow, Refusal> {
    let external = record.text(&["external_id"]).map(|id| format!("ext_{id}"));
    let link = record.text(&["link", "slug"]).or(external);
    let link = link.ok_or_else(|| Refusal::new("no_link", "it names no link"))?;
    let day = record.text(&["day", "date"]).map(|text| {
        let date = times::date(&text);
        date.map(|date| date.to_string()).ok_or_else(|| {
            Refusal::new(
                "invalid_day",
                format!("`{}` is no date such as 2026-01-02", bare(&text)),
            )
        })
    });
    let day = day.transpose()?;
    let clicks = record.text(&["clicks", "count"]).unwrap_or_default();
    let clicks = clicks.parse();
    let clicks = clicks
        .map_err(|_| Refusal::new("invalid_count", "clicks must be a whole number, 0 or more"))?;
    let since = record
        .text(&["since", "created_at"])
        .and_then(|text| times::parse(&text));
    Ok(TotalRow {
        link,
        since: since.filter(|_| day.is_none()).and_then(times::rfc3339),
        day,
        clicks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(tool: Tool, text: &str) -> Vec<Result<Option<TotalRow>, String>> {
        let mut rows = Vec::new();
        let mut keep = |entry: Entry| {
            rows.push(entry.row.map_err(|refusal| refusal.code.into_owned()));
            Ok(())
        };
        read(text.as_bytes(), tool, &BTreeMap::new(), &mut keep).unwrap();
        rows
    }

    #[test]
    fn counts_are_of_a_day_or_of_all_time() {
        let row = |link: &str, day: Option<&str>, clicks| {
            let (link, day) = (link.to_owned(), day.map(str::to_owned));
            let since = None;
            Ok(Some(TotalRow {
                link,
                day,
                since,
                clicks,
            }))
        };
        let table = "link,day,clicks\na,2024-01-02,5\nb,,7\n,2024-01-02,1\na,tomorrow,1\na,,-1\n";
        assert_eq!(
            rows(Tool::Csv, table),
            [
                row("a", Some("2024-01-02"), 5),
                row("b", None, 7),
                Err("no_link".into()),
                Err("invalid_day".into()),
                Err("invalid_count".into()),
            ]
        );
        let yourls = "keyword,url,clicks\na,https://a.example,42\nb,https://b.example,\n";
        assert_eq!(
            rows(Tool::Yourls, yourls),
            [row("ext_yourls:a", None, 42), Ok(None)]
        );
    }
}
