//! Recorded data from beside the repository. It is read where it lies, never copied into it.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// A file or folder of the test data.
pub fn path(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let path = root.join(name);
    assert!(
        path.exists(),
        "TEST DATA IS MISSING: {} does not exist. The integration tests read recorded data from ../shared/data beside the \
         repository (its README.md says what is in it): put it there, or make a symbolic link to it.",
        path.display()
    );
    path
}

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

fn open(name: &str) -> Box<dyn Read> {
    let path = path(name);
    let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    match name.ends_with(".gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    }
}
