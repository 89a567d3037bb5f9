//! Rows of a CSV file, whose columns are named like the fields of an event.

mod header;
mod split;

pub use header::Columns;
pub(crate) use header::{Header, OfEvents};

use serde_json::{Map, Value};

use crate::{lines::Line, ndjson, refusal::Refusal};
use split::{Split, split};

/// Most lines of one row: a cell may hold line ends, but one that holds many was not closed.
const MOST_LINES: usize = 16;
/// Unix times of the years 2000 to 2100, in seconds.
const SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// What the lines of a row are, so far.
pub(crate) enum Row {
    /// A cell is open at its end: with the next line it is longer.
    Open,
    /// All of a row.
    Whole(Result<Cells, Refusal>),
}

/// A row's cells.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cells {
    /// An event.
    Event(Map<String, Value>),
    /// Nothing to be counted, and why.
    Nothing(&'static str),
}

impl Header {
    /// Reads a row of one or more lines, of which there are no more if `at_end`.
    pub(crate) fn row(&self, lines: &[Line], at_end: bool) -> Row {
        let texts: Vec<&[u8]> = lines.iter().map(|line| line.text.as_slice()).collect();
        let text = texts.join(&b'\n');
        let unclosed = |what: String| {
            let number = lines[0].number;
            let detail = format!("the quote that opens in line {number} {what}");
            Row::Whole(Err(Refusal::new("unclosed_quote", detail)))
        };
        let many = lines.len() > 1;
        match split(&text, self.delimiter()) {
            Split::Cells(cells) => match many.then(|| self.swallowed(lines)).flatten() {
                Some(row) => unclosed(format!("runs over line {row}, which is a row of its own")),
                None => Row::Whole(self.cells(&text, &cells)),
            },
            Split::Open if at_end => unclosed("is not closed before the end of the file".into()),
            Split::Open if lines.len() >= MOST_LINES => {
                unclosed(format!("is not closed within {MOST_LINES} lines"))
            }
            Split::Open if text.len() > crate::MAX_LINE => unclosed(format!(
                "is not closed within {} KiB",
                crate::MAX_LINE >> 10
            )),
            Split::Open => Row::Open,
            Split::Broken(column) => unclosed(format!(
                "in column {column} does not close: a quote within a cell is written twice"
            )),
        }
    }

    /// A line within an open cell that has as many cells as a row.
    fn swallowed(&self, lines: &[Line]) -> Option<u64> {
        let within = &lines[1..lines.len() - 1];
        let is_row = |line: &&Line| match split(&line.text, self.delimiter()) {
            Split::Cells(cells) => cells.len() > 1 && cells.len() == self.columns(),
            _ => false,
        };
        within.iter().find(is_row).map(|line| line.number)
    }

    fn cells(&self, text: &[u8], cells: &[Vec<u8>]) -> Result<Cells, Refusal> {
        if str::from_utf8(text).is_err() {
            return Err(ndjson::not_utf8(text));
        }
        if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            return Ok(Cells::Nothing("empty row"));
        }
        if cells.len() != self.columns() {
            let (has, needs) = (cells.len(), self.columns());
            let detail = format!("the row has {has} cells, the header {needs} columns");
            return Err(Refusal::new("ragged_row", detail));
        }
        if self.repeats(cells) {
            return Ok(Cells::Nothing("header again"));
        }
        let mut event = Map::new();
        for (field, cell) in self.fields().zip(cells) {
            let cell = String::from_utf8_lossy(cell);
            if let Some(field) = field.filter(|_| !cell.trim().is_empty()) {
                event.insert(field.to_owned(), value(field, cell.trim())?);
            }
        }
        Ok(Cells::Event(event))
    }
}

fn value(field: &str, cell: &str) -> Result<Value, Refusal> {
    let number = (field == "occurred_at").then(|| cell.parse::<i64>());
    match number {
        Some(Ok(seconds)) if SECONDS.contains(&seconds) => Err(Refusal::new(
            "invalid_time",
            format!("{seconds} looks like seconds: unix times are in milliseconds"),
        )),
        Some(Ok(ms)) => Ok(Value::from(ms)),
        _ => Ok(Value::from(cell)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(text: &str) -> Vec<Line> {
        let line = |(i, text): (usize, &str)| Line {
            number: i as u64 + 2,
            text: text.as_bytes().to_vec(),
            length: text.len() as u64,
            ended: true,
        };
        text.split('\n').enumerate().map(line).collect()
    }

    fn header() -> Header {
        Header::read(b"link,timestamp,sub1", &OfEvents(&[])).unwrap()
    }

    fn row(text: &str) -> Result<Cells, Refusal> {
        match header().row(&lines(text), true) {
            Row::Whole(row) => row,
            Row::Open => panic!("at the end nothing is open"),
        }
    }

    fn event(text: &str) -> Value {
        match row(text).unwrap() {
            Cells::Event(event) => Value::Object(event),
            Cells::Nothing(why) => panic!("{why}"),
        }
    }

    #[test]
    fn cells_become_fields() {
        assert_eq!(
            event(r#"a,1431849903000,"x, ""y""""#),
            json!({"link": "a", "occurred_at": 1_431_849_903_000_i64, "sub1": "x, \"y\""})
        );
        assert_eq!(
            event("a,2015-05-17T10:05:03Z,"),
            json!({"link": "a", "occurred_at": "2015-05-17T10:05:03Z"})
        );
        assert_eq!(
            event("a, 1431849903000, x "),
            json!({"link": "a", "occurred_at": 1_431_849_903_000_i64, "sub1": "x"})
        );
        assert_eq!(event("a,,\"one\ntwo\"")["sub1"], "one\ntwo");
        assert_eq!(event("a,,5\" disk")["sub1"], "5\" disk");
    }

    #[test]
    fn a_row_that_is_none_is_refused_or_passed_over() {
        let code = |text| row(text).unwrap_err().code;
        assert_eq!(code("a,b"), "ragged_row");
        assert_eq!(code("a,b,c,d"), "ragged_row");
        assert_eq!(code("a,1431849903,x"), "invalid_time");
        assert_eq!(row(",,"), Ok(Cells::Nothing("empty row")));
        assert_eq!(row(" , ,"), Ok(Cells::Nothing("empty row")));
        assert_eq!(
            row("Link,timestamp,sub1"),
            Ok(Cells::Nothing("header again"))
        );
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told_with_its_line() {
        let told = |text: &str| row(text).unwrap_err();
        for text in [
            "a,1,\"x",
            "a,1,\"x\nb,2,\"y\"",
            "a,\"1,x\nb,2,y\nc,3,y\"z",
            "a,1,\"x\nb,2,y\nc,3,y\"",
        ] {
            let refusal = told(text);
            assert_eq!(refusal.code, "unclosed_quote", "{text}");
            assert!(refusal.detail.contains("line 2"), "{text}: {refusal}");
        }
        let long = format!("a,1,\"{}", "x\n".repeat(MOST_LINES));
        let Row::Whole(Err(refusal)) = header().row(&lines(&long), false) else {
            panic!("that many lines are no row");
        };
        assert!(refusal.detail.contains("16 lines"));
        assert!(matches!(header().row(&lines("a,1,\"x"), false), Row::Open));
    }
}
