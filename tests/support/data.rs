//! Recorded data from beside the repository. It is read where it lies, never copied into it.

use std::{fs::File, io::Read};

use serde::de::DeserializeOwned;
use testing::data;

/// All rows of a CSV file with a header; `.gz` is unpacked.
pub fn rows<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let reader = csv::Reader::from_reader(open(name));
    reader
        .into_deserialize()
        .map(|row| row.unwrap_or_else(|e| panic!("{name}: {e}")))
        .collect()
}

/// The same as texts.
pub fn rows_of_texts(name: &str) -> Vec<Vec<String>> {
    let reader = csv::Reader::from_reader(open(name));
    let texts = |row: csv::StringRecord| row.iter().map(str::to_owned).collect();
    reader
        .into_records()
        .map(|row| row.map(texts).unwrap_or_else(|e| panic!("{name}: {e}")))
        .collect()
}

/// The names of its columns.
pub fn columns(name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(open(name));
    let header = reader.headers().unwrap_or_else(|e| panic!("{name}: {e}"));
    header.iter().map(str::to_owned).collect()
}

fn open(name: &str) -> Box<dyn Read> {
    let path = data(name);
    let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    match name.ends_with(".gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    }
}
