//! Records in groups that are sent, and answered, as one.

use std::io;

use crate::record::{Content, Record};

/// Events in one request.
pub(crate) const MOST_EVENTS: usize = 1000;
/// Records of any kind in one group.
const MOST_RECORDS: usize = 10_000;
/// Bytes of one group's events and lines; the collector takes 10 MiB of events.
const MOST_BYTES: usize = 4 << 20;

/// Some records that follow each other.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Record>,
    events: usize,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, record: Record) {
        self.bytes += record.raw.len();
        if let Content::Event(text) = &record.content {
            self.events += 1;
            self.bytes += text.len();
        }
        self.records.push(record);
    }

    fn is_full(&self, events: usize) -> bool {
        self.events >= events || self.records.len() >= MOST_RECORDS || self.bytes >= MOST_BYTES
    }
}

/// Groups of at most `events` events. An error comes after what was read before it.
pub(crate) fn batches(
    mut records: impl Iterator<Item = io::Result<Record>>,
    events: usize,
) -> impl Iterator<Item = io::Result<Batch>> {
    let mut failed = None;
    std::iter::from_fn(move || {
        if let Some(error) = failed.take() {
            return Some(Err(error));
        }
        let mut batch = Batch::default();
        while !batch.is_full(events) {
            match records.next() {
                Some(Ok(record)) => batch.push(record),
                Some(Err(error)) => {
                    failed = Some(error);
                    break;
                }
                None => break,
            }
        }
        if batch.records.is_empty() {
            return failed.take().map(Err);
        }
        Some(Ok(batch))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: u64, length: usize) -> io::Result<Record> {
        Ok(Record {
            line,
            last: line,
            key: String::new(),
            raw: Vec::new(),
            content: Content::Event("x".repeat(length)),
        })
    }

    fn sizes(records: Vec<io::Result<Record>>, events: usize) -> Vec<Result<usize, String>> {
        batches(records.into_iter(), events)
            .map(|batch| batch.map(|b| b.records.len()).map_err(|e| e.to_string()))
            .collect()
    }

    #[test]
    fn groups_are_bounded_and_an_error_comes_last() {
        assert_eq!(
            sizes((1..=5).map(|n| record(n, 1)).collect(), 2),
            [Ok(2), Ok(2), Ok(1)]
        );
        let long = (1..=9).map(|n| record(n, MOST_BYTES / 4)).collect();
        assert_eq!(sizes(long, 1000), [Ok(4), Ok(4), Ok(1)]);
        let broken = vec![record(1, 1), record(2, 1), Err(io::Error::other("cut off"))];
        assert_eq!(sizes(broken, 1000), [Ok(2), Err("cut off".into())]);
        assert_eq!(
            sizes(vec![Err(io::Error::other("no"))], 1000),
            [Err("no".into())]
        );
        assert_eq!(sizes(Vec::new(), 1000), []);
    }
}
