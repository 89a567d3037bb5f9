//! One row of CSV, strictly (RFC 4180): a quote opens at the beginning of a cell only, and what follows the closing
//! one is the end of the cell. Readers that are lenient here take one stray quote for many rows' end.

/// A row, as far as it goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// Its cells.
    Cells(Vec<Vec<u8>>),
    /// The last cell's quote is not closed.
    Open,
    /// Text follows the closing quote of a column, from 1.
    Broken(usize),
}

/// Splits the text of a row, without its line end.
pub(super) fn split(text: &[u8], delimiter: u8) -> Split {
    let mut cells = Vec::new();
    let mut rest = text;
    loop {
        let (cell, after) = match rest.strip_prefix(b"\"") {
            Some(quoted) => match unquote(quoted) {
                Some(cell) => cell,
                None => return Split::Open,
            },
            None => {
                let end = rest.iter().position(|b| *b == delimiter);
                let (cell, after) = rest.split_at(end.unwrap_or(rest.len()));
                (cell.to_vec(), after)
            }
        };
        cells.push(cell);
        match after.split_first() {
            None => return Split::Cells(cells),
            Some((b, after)) if *b == delimiter => rest = after,
            Some(_) => return Split::Broken(cells.len()),
        }
    }
}

/// What stands up to the closing quote, and what follows it.
fn unquote(mut text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut cell = Vec::new();
    loop {
        let quote = text.iter().position(|b| *b == b'"')?;
        cell.extend_from_slice(&text[..quote]);
        text = &text[quote + 1..];
        match text.strip_prefix(b"\"") {
            Some(after) => {
                cell.push(b'"');
                text = after;
            }
            None => return Some((cell, text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_csv_library_writes_is_read_back(
            cells in prop::collection::vec("[ a,;\"\n\tü]{0,6}", 1..6),
            delimiter in prop::sample::select(vec![b',', b';', b'\t']),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let text = writer.into_inner().unwrap();
            let text = text.strip_suffix(b"\n").unwrap();
            let expected = cells.iter().map(|c| c.as_bytes().to_vec()).collect();
            prop_assert_eq!(split(text, delimiter), Split::Cells(expected));
        }

        #[test]
        fn any_bytes_are_a_row_or_are_told(text in prop::collection::vec(any::<u8>(), 0..60)) {
            split(&text, b',');
        }
    }
}
