//! The text of a CSV file, packed or not, and what its fields are divided by.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::csv::CsvError;

/// Most bytes of a file, unpacked.
const MAX_BYTES: u64 = 1 << 30;
const GZIP: &[u8] = &[0x1f, 0x8b];
/// How other files begin.
const OTHERS: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "a ZIP or Excel file"),
    (b"\xd0\xcf\x11\xe0", "an Excel file"),
    (b"PAR1", "a Parquet file"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd"),
    (b"BZh", "packed with bzip2"),
    (b"\xfd7zXZ", "packed with xz"),
    (b"%PDF", "a PDF file"),
];

/// Reads a whole file.
pub(super) fn read_file(path: &Path) -> Result<String, CsvError> {
    let fail = |error| CsvError::Open {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(fail)?;
    if file.metadata().map_err(fail)?.is_dir() {
        return Err(CsvError::Folder(PathBuf::from(path)));
    }
    read(file)
}

/// Reads text that may be packed with gzip and may begin with a mark.
pub(super) fn read(mut input: impl Read) -> Result<String, CsvError> {
    let mut head = Vec::new();
    input
        .by_ref()
        .take(8)
        .read_to_end(&mut head)
        .map_err(CsvError::Read)?;
    let packed = head.starts_with(GZIP);
    let whole = head.as_slice().chain(input);
    let bytes = match packed {
        true => bounded(MultiGzDecoder::new(whole)),
        false => bounded(whole),
    };
    let bytes = bytes?;
    for (begin, what) in OTHERS {
        if bytes.starts_with(begin) {
            return Err(CsvError::Kind(what));
        }
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(CsvError::Kind("text in UTF-16"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(CsvError::Binary {
            line: line_at(&bytes, at),
        });
    }
    let text = String::from_utf8(bytes).map_err(|error| CsvError::NotUtf8 {
        line: line_at(error.as_bytes(), error.utf8_error().valid_up_to()),
    })?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}

fn bounded(input: impl Read) -> Result<Vec<u8>, CsvError> {
    let mut bytes = Vec::new();
    input
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(CsvError::Read)?;
    match bytes.len() as u64 > MAX_BYTES {
        true => Err(CsvError::TooLarge(MAX_BYTES >> 20)),
        false => Ok(bytes),
    }
}

/// Counts lines as a reader's place moves on: the library's count is wrong after empty lines and `\r\n`.
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Lines<'a> {
        Lines {
            bytes: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of what is at or after this byte; bytes are asked for in order.
    pub(super) fn line(&mut self, byte: u64) -> u64 {
        let mut to = (byte as usize).clamp(self.at, self.bytes.len());
        while self
            .bytes
            .get(to)
            .is_some_and(|b| matches!(b, b'\r' | b'\n'))
        {
            to += 1;
        }
        self.line += ends(&self.bytes[self.at..to]);
        self.at = to;
        self.line
    }
}

fn line_at(bytes: &[u8], at: usize) -> u64 {
    1 + ends(&bytes[..at])
}

/// Ends of lines: `\n`, `\r\n` or `\r`.
fn ends(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().enumerate().filter(|(i, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(i + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_an_editor() {
        let text = "a\r\n\r\nb\n\nc\rd";
        let mut lines = Lines::new(text);
        let found: Vec<u64> = ["a", "b", "c", "d"]
            .map(|c| lines.line(text.find(c).expect(c) as u64))
            .into();
        assert_eq!(found, [1, 3, 5, 6]);
        let mut lines = Lines::new(text);
        assert_eq!(lines.line(0), 1);
        assert_eq!(
            lines.line(2),
            3,
            "the line feed of the line before is skipped"
        );
    }
}
