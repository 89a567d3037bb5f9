//! The first line of a CSV file: what its columns are, and what stands between them.

use anyhow::{Context, bail};

use super::split::{Split, split};
use crate::fields;

const DELIMITERS: [u8; 4] = *b",;\t|";

/// What the columns are.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    delimiter: u8,
    /// Each column's name as it stands there, and its field; none of a column that is left out.
    columns: Vec<(Vec<u8>, Option<String>)>,
}

/// What columns may be named, and which field each is.
pub trait Columns {
    /// Whether a column's name is one that is known: what stands between names is found by that.
    fn is_known(&self, name: &str) -> bool;

    /// The field of a column, from 1; none if it is not read.
    ///
    /// # Errors
    ///
    /// Nobody knows what it is.
    fn field(&self, number: usize, name: &str) -> anyhow::Result<Option<String>>;
}

/// Fields of an event, but for columns that are left out.
pub(crate) struct OfEvents<'a>(pub(crate) &'a [String]);

impl Columns for OfEvents<'_> {
    fn is_known(&self, name: &str) -> bool {
        fields::field(name).is_some()
    }

    fn field(&self, number: usize, name: &str) -> anyhow::Result<Option<String>> {
        match self.0.iter().any(|l| l.trim() == name.trim()) {
            true => Ok(None),
            false => column(number, name).map(|field| Some(field.to_owned())),
        }
    }
}

impl Header {
    /// Reads the header.
    pub(crate) fn read(line: &[u8], columns: &dyn Columns) -> anyhow::Result<Self> {
        let text = str::from_utf8(line).context("the header is not UTF-8")?;
        if text.contains('\r') {
            bail!("lines end with a lone carriage return; `tr '\\r' '\\n'` makes them readable");
        }
        // Whatever gives the most columns that we know is what stands between them.
        let known = |delimiter: &u8| {
            let names = names(text, *delimiter).unwrap_or_default();
            let known = names.iter().filter(|name| columns.is_known(name));
            (known.count(), names.len())
        };
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(known);
        let delimiter = delimiter.unwrap_or(b',');
        let names = names(text, delimiter).context("the quotes of the header do not match")?;
        let mut read: Vec<(Vec<u8>, Option<String>)> = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let field = columns.field(i + 1, name)?;
            if let Some((other, _)) = read.iter().find(|(_, f)| f.is_some() && *f == field) {
                let other = String::from_utf8_lossy(other);
                bail!(
                    "the columns `{other}` and `{name}` are both {}",
                    field.unwrap_or_default()
                );
            }
            read.push((name.as_bytes().to_vec(), field));
        }
        let columns = read;
        Ok(Self { delimiter, columns })
    }

    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter
    }

    pub(super) fn columns(&self) -> usize {
        self.columns.len()
    }

    /// The columns' fields, in their order.
    pub(super) fn fields(&self) -> impl Iterator<Item = Option<&str>> {
        self.columns.iter().map(|(_, field)| field.as_deref())
    }

    /// Whether a row is the header once more, as in files that were put together.
    pub(super) fn repeats(&self, cells: &[Vec<u8>]) -> bool {
        let names = self.columns.iter().map(|(name, _)| name.as_slice());
        names
            .zip(cells)
            .all(|(name, cell)| name.eq_ignore_ascii_case(cell))
    }
}

fn names(text: &str, delimiter: u8) -> Option<Vec<String>> {
    match split(text.as_bytes(), delimiter) {
        Split::Cells(cells) => {
            let name = |cell: Vec<u8>| String::from_utf8_lossy(&cell).into_owned();
            Some(cells.into_iter().map(name).collect())
        }
        _ => None,
    }
}

fn column(number: usize, name: &str) -> anyhow::Result<&'static str> {
    if let Some(field) = fields::field(name) {
        return Ok(field);
    }
    if name.trim().is_empty() {
        bail!("column {number} has no name; name it, or pass over it with `--leave-out ''`");
    }
    let meant = match fields::nearest(name) {
        Some(field) => format!("did you mean `{field}`?"),
        None => format!("columns are named {}", fields::all()),
    };
    bail!(
        "column {number}, `{name}`, is no field of an event: {meant} `--leave-out {name}` passes over it"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: OfEvents<'_> = OfEvents(&[]);

    fn fields_of(line: &str) -> Vec<Option<String>> {
        let header = Header::read(line.as_bytes(), &ALL).unwrap();
        header.fields().map(|f| f.map(str::to_owned)).collect()
    }

    #[test]
    fn the_delimiter_is_found() {
        for (line, delimiter) in [
            ("link,time", b','),
            ("link;time", b';'),
            ("link\ttime", b'\t'),
            ("link|time", b'|'),
            ("\"link\";\"Occurred At\"", b';'),
            ("link", b','),
        ] {
            let header = Header::read(line.as_bytes(), &ALL).unwrap();
            assert_eq!(header.delimiter() as char, delimiter as char, "{line}");
        }
        assert_eq!(
            fields_of(" Link ; User Agent;IP"),
            ["link", "user_agent", "ip"].map(|field| Some(field.to_owned()))
        );
    }

    #[test]
    fn an_unknown_column_is_refused_with_what_is_meant() {
        let told = |line: &str| Header::read(line.as_bytes(), &ALL).unwrap_err().to_string();
        assert!(told("link,timestmp").contains("did you mean `occurred_at`"));
        assert!(told("link,zzz").contains("occurred_at, ip"));
        assert!(told("link,").contains("column 2 has no name"));
        assert!(told("link,time,timestamp").contains("both occurred_at"));
        assert!(told("link,time\ra,1\rb,2").contains("carriage return"));
        assert!(told("\"link,time").contains("quotes"));
        let left_out = ["seq".into(), "zzz".into(), String::new()];
        let header = Header::read(b"seq,link,zzz", &OfEvents(&left_out)).unwrap();
        assert_eq!(
            header.fields().collect::<Vec<_>>(),
            [None, Some("link"), None]
        );
        assert!(Header::read(b",link", &OfEvents(&left_out)).is_ok());
    }
}
