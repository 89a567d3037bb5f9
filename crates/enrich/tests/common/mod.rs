//! Where the reference data is, and how it is read.
#![allow(dead_code)]

use std::{fs::File, io::Read};

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;
use testing::data;

/// All rows of a CSV file, gzipped or not.
pub(crate) fn csv<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let file = File::open(data(name)).expect("readable");
    let reader: Box<dyn Read> = if name.ends_with(".gz") {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    csv::Reader::from_reader(reader)
        .deserialize()
        .map(|row| row.unwrap_or_else(|e| panic!("{name}: {e}")))
        .collect()
}

/// All lines of a JSON-lines file.
pub(crate) fn jsonl<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let text = std::fs::read_to_string(data(name)).expect("readable");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}")))
        .collect()
}
