//! How a file is written.

use std::{fmt, path::Path, str::FromStr};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One event a line, as `POST /v1/events` takes it.
    Ndjson,
    /// The same fields as columns.
    Csv,
    /// A web server's log.
    Combined,
}

impl Format {
    /// What a file's name says, packed (`.gz`) and rotated (`.1`, `-20261126`) or not; NDJSON if it says nothing.
    pub fn of_name(path: &Path) -> Self {
        let name = path.to_string_lossy().to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let name = name.trim_end_matches(['.', '-']);
        match name.rsplit_once('.').map(|(_, end)| end) {
            Some("csv" | "tsv") => Self::Csv,
            Some("log") => Self::Combined,
            _ => Self::Ndjson,
        }
    }
}

const NAMES: [(Format, &str); 3] = [
    (Format::Ndjson, "ndjson"),
    (Format::Csv, "csv"),
    (Format::Combined, "combined"),
];

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(format, _)| format == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let format = NAMES.iter().find(|(_, name)| *name == text);
        format
            .map(|(format, _)| *format)
            .ok_or_else(|| "must be ndjson, csv or combined".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_format() {
        for (name, format) in [
            ("a.ndjson", Format::Ndjson),
            ("a.CSV.gz", Format::Csv),
            ("a.tsv", Format::Csv),
            ("access.log.gz", Format::Combined),
            ("access.log.1", Format::Combined),
            ("access.log.2.gz", Format::Combined),
            ("access.log-20261126.gz", Format::Combined),
            ("clicks-2026.ndjson", Format::Ndjson),
            ("a", Format::Ndjson),
        ] {
            assert_eq!(Format::of_name(Path::new(name)), format, "{name}");
        }
        for (format, name) in NAMES {
            assert_eq!(name.parse(), Ok(format));
            assert_eq!(format.to_string(), name);
        }
    }
}
