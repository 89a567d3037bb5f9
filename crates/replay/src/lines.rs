//! Lines of a file, of which none is held that is longer than a bound.

use std::io::{self, BufRead, Read};

/// Longest line that is read, bytes: the collector takes no longer event.
pub const MAX_LINE: usize = 64 << 10;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Without its end and without a byte order mark; of a line that is too long, its beginning.
    pub text: Vec<u8>,
    /// Its length in the file, bytes, without its end.
    pub length: u64,
    /// Whether a line end follows: the last line may have none.
    pub ended: bool,
}

impl Line {
    /// Whether only its beginning is here.
    pub fn is_too_long(&self) -> bool {
        self.length > MAX_LINE as u64
    }

    /// Whether there is nothing on it.
    pub fn is_blank(&self) -> bool {
        self.text.trim_ascii().is_empty() && !self.is_too_long()
    }
}

/// The lines of a reader; ends are `\n` or `\r\n`.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Reads from the first line on.
    pub fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// What is read from.
    pub fn reader(&self) -> &R {
        &self.reader
    }

    /// The next line. A line that an error cuts off is not given out.
    pub fn read(&mut self) -> io::Result<Option<Line>> {
        let mut text = Vec::new();
        // With room for the line's end.
        let most = MAX_LINE as u64 + 2;
        let mut length = part(&mut self.reader, most, &mut text)?;
        if length == 0 {
            return Ok(None);
        }
        let mut last = [text[text.len().saturating_sub(2)], text[text.len() - 1]];
        let mut rest = Vec::new();
        while last[1] != b'\n' {
            rest.clear();
            let more = part(&mut self.reader, most, &mut rest)?;
            if more == 0 {
                break;
            }
            length += more;
            last = match rest.as_slice() {
                [one] => [last[1], *one],
                [.., before, end] => [*before, *end],
                [] => last,
            };
        }
        let ended = last[1] == b'\n';
        length -= match last {
            [b'\r', b'\n'] if length > 1 => 2,
            [_, b'\n'] => 1,
            _ => 0,
        };
        text.truncate(usize::try_from(length).unwrap_or(MAX_LINE).min(MAX_LINE));
        if text.starts_with(BOM) {
            text.drain(..BOM.len());
            length -= BOM.len() as u64;
        }
        self.number += 1;
        let number = self.number;
        Ok(Some(Line {
            number,
            text,
            length,
            ended,
        }))
    }
}

/// Reads up to and with the next `\n`, or `most` bytes.
fn part(reader: &mut impl BufRead, most: u64, into: &mut Vec<u8>) -> io::Result<u64> {
    reader
        .take(most)
        .read_until(b'\n', into)
        .map(|read| read as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(bytes);
        std::iter::from_fn(|| lines.read().unwrap()).collect()
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        let text = |line: Line| String::from_utf8(line.text).unwrap();
        read(bytes).into_iter().map(text).collect()
    }

    #[test]
    fn line_ends_and_byte_order_marks_are_no_part_of_a_line() {
        assert_eq!(
            texts(b"\xef\xbb\xbfa\r\nb\n\n\xef\xbb\xbfc"),
            ["a", "b", "", "c"]
        );
        assert_eq!(texts(b"\r\n\n\r"), ["", "", "\r"]);
        assert!(!read(b"a\nb")[1].ended);
        assert!(read(b"a\nb\n")[1].ended);
        assert_eq!(texts(b""), [""; 0]);
    }

    #[test]
    fn of_a_line_that_is_too_long_only_the_beginning_is_held() {
        let exactly = [vec![b'x'; MAX_LINE], b"\r\nb".to_vec()].concat();
        assert!(!read(&exactly)[0].is_too_long());
        for more in [1, 2, 3, MAX_LINE, 10 * MAX_LINE] {
            let bytes = [vec![b'x'; MAX_LINE + more], b"\r\nb".to_vec()].concat();
            let lines = read(&bytes);
            assert!(lines[0].is_too_long());
            assert_eq!(lines[0].length, (MAX_LINE + more) as u64);
            assert_eq!(lines[0].text.len(), MAX_LINE);
            assert!(lines[0].ended);
            assert_eq!((lines[1].number, &lines[1].text[..]), (2, &b"b"[..]));
        }
    }
}
