//! What a file has, record by record.

use crate::refusal::Refusal;

/// One record: mostly a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its first line, from 1.
    pub line: u64,
    /// Its last line.
    pub last: u64,
    /// The key that its event has, unless the sender gave one.
    pub key: String,
    /// As it stands in the file, without the end of its last line.
    pub raw: Vec<u8>,
    /// What it is.
    pub content: Content,
}

/// What a record is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// An event, as the JSON text that is sent.
    Event(String),
    /// It cannot be read.
    Refused(Refusal),
    /// Nothing to be counted, and why.
    Nothing(String),
}
