//! From lines to records: whatever a line is, the next one is read.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use anyhow::{Context, bail};
use serde_json::{Map, Value};

use crate::{
    combined::{self, Seen},
    csv::{Cells, Header, Row},
    format::Format,
    lines::{Line, Lines},
    ndjson,
    record::{Content, Record},
    refusal::Refusal,
    rejects,
};

/// The records of a file.
pub(crate) struct Records<R> {
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
    /// Reads what says how the file is to be read.
    pub(crate) fn new(
        reader: R,
        format: Format,
        left_out: &[String],
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
            Format::Csv => records.csv(left_out)?,
        };
        Ok(records)
    }

    /// The header, as it stands in the file.
    pub(crate) fn header(&self) -> Option<&[u8]> {
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

    fn csv(&mut self, left_out: &[String]) -> anyhow::Result<Form> {
        let mut line = self.filled_line().context("the file has no header")?;
        // Excel says first what stands between the cells.
        if line.text.to_ascii_lowercase().starts_with(b"sep=") {
            line = self.filled_line().context("the file has no header")?;
        }
        if line.is_too_long() {
            bail!("the header is longer than {} KiB", crate::MAX_LINE >> 10);
        }
        let header = Header::read(&line.text, left_out)?;
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
        reason.is_some()
    }

    fn from(&mut self, line: Line) -> Record {
        let number = line.number;
        let key = self.next_key.take();
        let key = key.unwrap_or_else(|| format!("{}-{number}", self.key_prefix));
        let mut lines = vec![line];
        let content = match self.form {
            _ if lines[0].is_too_long() => {
                let (bytes, most) = (lines[0].length, crate::MAX_LINE >> 10);
                let detail = format!("the line has {bytes} bytes; at most {most} KiB are read");
                Err(Refusal::new("too_long", detail))
            }
            Form::Ndjson => ndjson::event(&lines[0].text, &key).map(Content::Event),
            Form::Combined => combined::read(&lines[0].text).map(|seen| match seen {
                Seen::Click(click) => Content::Event(with_key(click, &key)),
                Seen::Nothing(why) => Content::Nothing(why),
            }),
            Form::Csv { .. } => self.row(&mut lines).map(|cells| match cells {
                Cells::Event(event) => Content::Event(with_key(event, &key)),
                Cells::Nothing(why) => Content::Nothing(why.to_owned()),
            }),
        };
        let texts: Vec<&[u8]> = lines.iter().map(|line| line.text.as_slice()).collect();
        Record {
            line: number,
            last: lines.last().map_or(number, |last| last.number),
            key,
            raw: match lines[0].is_too_long() {
                true => Vec::new(),
                false => texts.join(&b'\n'),
            },
            content: content.unwrap_or_else(Content::Refused),
        }
    }

    /// The row that begins with the line there; lines that belong to it are added. If it cannot be read, it is
    /// that line alone: the quote that is not closed may be its only fault.
    fn row(&mut self, lines: &mut Vec<Line>) -> Result<Cells, Refusal> {
        let mut at_end = false;
        loop {
            let Form::Csv { header, .. } = &self.form else {
                return Err(Refusal::new("not_csv", "the file has no header"));
            };
            match header.row(lines, at_end) {
                Row::Whole(row) => {
                    if row.is_err() {
                        lines
                            .drain(1..)
                            .rev()
                            .for_each(|line| self.again.push_front(line));
                    }
                    return row;
                }
                Row::Open => match self.line() {
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
