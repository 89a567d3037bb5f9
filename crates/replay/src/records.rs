//! From lines to records: whatever a line is, the next one is read.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use crate::{
    combined::{self, Seen},
    csv::{Cells, Columns, Header, OfEvents, Row as CsvRow},
    format::Format,
    lines::{Line, Lines},
    ndjson,
    record::{Content, Record},
    refusal::Refusal,
    rejects,
};

/// What a record of a file says, as it stands there.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// One JSON text, unread.
    Json(Vec<u8>),
    /// Fields by name.
    Fields(Map<String, Value>),
    /// Nothing to be counted, and why.
    Nothing(String),
}

/// A record of a file, as it stands there.
#[derive(Debug)]
pub struct Row {
    /// Its first line, from 1.
    pub line: u64,
    /// Its last line.
    pub last: u64,
    /// Its text; empty if it is too long to be kept.
    pub raw: Vec<u8>,
    /// What it says, or why it cannot be read.
    pub said: Result<Said, Refusal>,
}

/// The records of a file.
pub struct Records<R> {
    lines: Lines<R>,
    /// Lines to be read once more.
    again: VecDeque<Line>,
    form: Form,
    key_prefix: String,
    /// Whether these are lines that another replay refused, each below its reason.
    rejects: bool,
    /// The key of the next record, if its reason says it.
    next_key: Option<String>,
    ended: bool,
    /// What ended the reading before the file's end; told after what was read before it.
    broken: Option<io::Error>,
}

enum Form {
    Ndjson,
    Csv { header: Header, text: Vec<u8> },
    Combined,
}

impl<R: BufRead> Records<R> {
    /// Reads what says how a file of events is to be read.
    pub(crate) fn new(
        reader: R,
        format: Format,
        left_out: &[String],
        key_prefix: String,
    ) -> anyhow::Result<Self> {
        Self::open(reader, format, &OfEvents(left_out), key_prefix)
    }

    /// Reads what says how a file is to be read, whose columns are others.
    ///
    /// # Errors
    ///
    /// It cannot be read so.
    pub fn of(reader: R, format: Format, columns: &dyn Columns) -> anyhow::Result<Self> {
        Self::open(reader, format, columns, String::new())
    }

    fn open(
        reader: R,
        format: Format,
        columns: &dyn Columns,
        key_prefix: String,
    ) -> anyhow::Result<Self> {
        let mut records = Self {
            lines: Lines::new(reader),
            again: VecDeque::new(),
            form: Form::Ndjson,
            key_prefix,
            rejects: false,
            next_key: None,
            ended: false,
            broken: None,
        };
        records.begin();
        records.form = match format {
            Format::Ndjson => records.ndjson()?,
            Format::Combined => Form::Combined,
            Format::Csv => records.csv(columns)?,
        };
        Ok(records)
    }

    /// The header, as it stands in the file.
    pub fn header(&self) -> Option<&[u8]> {
        match &self.form {
            Form::Csv { text, .. } => Some(text),
            _ => None,
        }
    }

    fn begin(&mut self) {
        if let Some(first) = self.filled_line() {
            self.rejects = rejects::is_head(&first.text);
            if !self.rejects {
                self.again.push_front(first);
            }
        }
    }

    fn ndjson(&mut self) -> anyhow::Result<Form> {
        if let Some(first) = self.filled_line() {
            let text = first.text.trim_ascii();
            if text.starts_with(b"[") {
                bail!(
                    "the file is a JSON array; one object a line is needed: `jq -c '.[]'` makes it so"
                );
            }
            if text == b"{" {
                bail!("an object runs over lines; one a line is needed: `jq -c .` makes it so");
            }
            self.again.push_front(first);
        }
        Ok(Form::Ndjson)
    }

    fn csv(&mut self, columns: &dyn Columns) -> anyhow::Result<Form> {
        let mut line = self.filled_line().context("the file has no header")?;
        // Excel says first what stands between the cells.
        if line.text.to_ascii_lowercase().starts_with(b"sep=") {
            line = self.filled_line().context("the file has no header")?;
        }
        if line.is_too_long() {
            bail!("the header is longer than {} KiB", crate::MAX_LINE >> 10);
        }
        let header = Header::read(&line.text, columns)?;
        Ok(Form::Csv {
            header,
            text: line.text,
        })
    }

    fn filled_line(&mut self) -> Option<Line> {
        std::iter::from_fn(|| self.line()).find(|line| !line.is_blank())
    }

    fn line(&mut self) -> Option<Line> {
        if let Some(line) = self.again.pop_front() {
            return Some(line);
        }
        if self.ended {
            return None;
        }
        let line = self.lines.read().unwrap_or_else(|error| {
            self.broken = Some(error);
            None
        });
        self.ended = line.is_none();
        line
    }

    fn record(&mut self) -> Option<Record> {
        let row = self.next_row()?;
        let key = self.next_key.take();
        let key = key.unwrap_or_else(|| format!("{}-{}", self.key_prefix, row.line));
        let content = row.said.and_then(|said| {
            Ok(match said {
                Said::Json(text) => Content::Event(ndjson::event(&text, &key)?),
                Said::Fields(event) => Content::Event(with_key(event, &key)),
                Said::Nothing(why) => Content::Nothing(why),
            })
        });
        Some(Record {
            line: row.line,
            last: row.last,
            key,
            raw: row.raw,
            content: content.unwrap_or_else(Content::Refused),
        })
    }

    /// The next record as it stands in the file; an error is told once, after what was read before it.
    ///
    /// # Errors
    ///
    /// The file cannot be read further.
    pub fn row(&mut self) -> io::Result<Option<Row>> {
        match self.next_row() {
            Some(row) => Ok(Some(row)),
            None => self.broken.take().map_or(Ok(None), Err),
        }
    }

    fn next_row(&mut self) -> Option<Row> {
        while let Some(line) = self.line() {
            if self.rejects && self.is_reason(&line) {
                continue;
            }
            if !line.is_blank() {
                return Some(self.from(line));
            }
        }
        None
    }

    fn is_reason(&mut self, line: &Line) -> bool {
        let reason = rejects::reason(&line.text);
        self.next_key = reason.map(str::to_owned).or(self.next_key.take());
        reason.is_some() || rejects::is_reason(&line.text)
    }

    fn from(&mut self, line: Line) -> Row {
        let number = line.number;
        let mut lines = vec![line];
        let said = match self.form {
            _ if lines[0].is_too_long() => {
                let (bytes, most) = (lines[0].length, crate::MAX_LINE >> 10);
                let detail = format!("the line has {bytes} bytes; at most {most} KiB are read");
                Err(Refusal::new("too_long", detail))
            }
            Form::Ndjson => Ok(Said::Json(lines[0].text.clone())),
            Form::Combined => combined::read(&lines[0].text).map(|seen| match seen {
                Seen::Click(click) => Said::Fields(click),
                Seen::Nothing(why) => Said::Nothing(why),
            }),
            Form::Csv { .. } => self.cells(&mut lines).map(|cells| match cells {
                Cells::Event(event) => Said::Fields(event),
                Cells::Nothing(why) => Said::Nothing(why.to_owned()),
            }),
        };
        let last = lines.last().map_or(number, |last| last.number);
        let raw = match lines.as_mut_slice() {
            [one] if one.is_too_long() => Vec::new(),
            [one] => std::mem::take(&mut one.text),
            many => {
                let texts: Vec<&[u8]> = many.iter().map(|line| line.text.as_slice()).collect();
                texts.join(&b'\n')
            }
        };
        Row {
            line: number,
            last,
            raw,
            said,
        }
    }

    /// The row that begins with the line there; lines that belong to it are added. If it cannot be read, it is
    /// that line alone: the quote that is not closed may be its only fault.
    fn cells(&mut self, lines: &mut Vec<Line>) -> Result<Cells, Refusal> {
        let mut at_end = false;
        loop {
            let Form::Csv { header, .. } = &self.form else {
                return Err(Refusal::new("not_csv", "the file has no header"));
            };
            match header.row(lines, at_end) {
                CsvRow::Whole(row) => {
                    if row.is_err() {
                        lines
                            .drain(1..)
                            .rev()
                            .for_each(|line| self.again.push_front(line));
                    }
                    return row;
                }
                CsvRow::Open => match self.line() {
                    Some(line) if line.is_too_long() => {
                        self.again.push_front(line);
                        at_end = true;
                    }
                    Some(line) => lines.push(line),
                    None => at_end = true,
                },
            }
        }
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = io::Result<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.record().map(Ok);
        record.or_else(|| self.broken.take().map(Err))
    }
}

/// The event's text, with `key` unless it has one of its own.
fn with_key(event: Map<String, Value>, key: &str) -> String {
    let text = Value::Object(event).to_string();
    ndjson::event(text.as_bytes(), key).unwrap_or(text)
}

#[cfg(test)]
mod tests;
