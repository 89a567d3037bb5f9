//! Where the reference data is, and how it is read.
#![allow(dead_code)]

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

/// A file of the reference data, which lies beside the repository.
pub(crate) fn path(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    assert!(
        path.exists(),
        "reference data is missing: {}; these tests need it",
        path.display()
    );
    path
}

/// All rows of a CSV file, gzipped or not.
pub(crate) fn csv<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let file = File::open(path(name)).expect("readable");
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
    let text = std::fs::read_to_string(path(name)).expect("readable");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{name}: {e}: {line}")))
        .collect()
}
