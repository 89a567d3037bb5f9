//! What a file is, so that it is known again: when it is replayed once more, has grown, or was changed.

use std::io::{self, BufReader, Read};

use serde::{Deserialize, Serialize};

use crate::lines::Lines;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// Of all bytes, unpacked.
    pub(crate) hash: String,
    /// How many these are.
    pub(crate) bytes: u64,
    pub(crate) lines: u64,
    /// Whether the last line has an end.
    pub(crate) ended: bool,
    /// Of the first two lines, of which one may be a header.
    begin: String,
    /// Of the last line.
    end: String,
}

/// How a file is to what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Likeness {
    /// It is the same.
    Same,
    /// It is the same, and more.
    Grown,
    /// It begins or ends alike, but is not the same.
    Changed,
    /// It has nothing to do with it.
    Other,
}

/// What a look at a file gives.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) fingerprint: Fingerprint,
    /// Whether it begins with all that the earlier one had.
    begins_alike: bool,
    /// Whether it could not be read to its end; why is told when it is sent.
    pub(crate) broken: bool,
}

impl Look {
    /// Reads all of a file; `earlier` is what it was before.
    pub(crate) fn at(from: impl Read, earlier: Option<&Fingerprint>) -> Self {
        let hashing = Hashing {
            from,
            hasher: blake3::Hasher::new(),
            bytes: 0,
            mark: earlier.map(|e| e.bytes),
            at_mark: None,
        };
        let mut lines = Lines::new(BufReader::with_capacity(256 << 10, hashing));
        let (mut begin, mut last, mut count, mut ended) =
            (blake3::Hasher::new(), Vec::new(), 0, true);
        let broken = loop {
            match lines.read() {
                Ok(Some(line)) => {
                    count = line.number;
                    if count <= 2 {
                        begin.update(&line.text).update(b"\n");
                    }
                    (last, ended) = (line.text, line.ended);
                }
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        let hashing = lines.reader().get_ref();
        let hash = hashing.hasher.finalize();
        let at_mark = hashing
            .at_mark
            .or_else(|| (hashing.mark == Some(hashing.bytes)).then_some(hash));
        Self {
            broken,
            begins_alike: at_mark.is_some_and(|at| earlier.is_some_and(|e| e.hash == short(at))),
            fingerprint: Fingerprint {
                hash: short(hash),
                bytes: hashing.bytes,
                lines: count,
                ended,
                begin: short(begin.finalize()),
                end: short(blake3::hash(&last)),
            },
        }
    }

    /// How it is to `earlier`, with which it was looked at.
    pub(crate) fn likeness(&self, earlier: &Fingerprint) -> Likeness {
        let now = &self.fingerprint;
        if now.hash == earlier.hash {
            Likeness::Same
        } else if self.begins_alike && earlier.bytes > 0 {
            Likeness::Grown
        } else if now.begin == earlier.begin || now.end == earlier.end {
            Likeness::Changed
        } else {
            Likeness::Other
        }
    }
}

fn short(hash: blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

/// A reader that hashes what it reads.
struct Hashing<R> {
    from: R,
    hasher: blake3::Hasher,
    bytes: u64,
    /// After how many bytes the hash so far is asked for, and that hash.
    mark: Option<u64>,
    at_mark: Option<blake3::Hash>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        let (mut bytes, before) = (&into[..read], self.bytes);
        let to_mark = self.mark.and_then(|mark| mark.checked_sub(before));
        if let Some(to_mark) = to_mark
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| *n < read)
        {
            let (until, after) = bytes.split_at(to_mark);
            self.at_mark = Some(self.hasher.update(until).finalize());
            bytes = after;
        }
        self.hasher.update(bytes);
        self.bytes += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(earlier: &str, now: &str) -> Likeness {
        let earlier = Look::at(earlier.as_bytes(), None).fingerprint;
        Look::at(now.as_bytes(), Some(&earlier)).likeness(&earlier)
    }

    #[test]
    fn a_file_is_known_again() {
        let file = "link\na\nb\nc\n";
        assert_eq!(likeness(file, file), Likeness::Same);
        assert_eq!(likeness(file, "link\na\nb\nc\nd\n"), Likeness::Grown);
        assert_eq!(likeness("link\na\nb", "link\na\nbc\n"), Likeness::Grown);
        assert_eq!(likeness(file, "link\na\nB\nc\n"), Likeness::Changed);
        assert_eq!(likeness(file, "link\nA\nb\nc\n"), Likeness::Changed);
        assert_eq!(likeness(file, "link\na\nb\n"), Likeness::Changed);
        assert_eq!(likeness(file, "link\na\nb\nC\n"), Likeness::Changed);
        assert_eq!(likeness(file, "link\nx\ny\nz\n"), Likeness::Other);
        assert_eq!(likeness("", file), Likeness::Other);
        let long = "0123456789\n".repeat(100_000);
        assert_eq!(likeness(&long, &format!("{long}x")), Likeness::Grown);
        assert_eq!(likeness(&long, &long), Likeness::Same);
    }

    #[test]
    fn lines_and_the_last_ones_end_are_told() {
        let told = |text: &str| {
            let f = Look::at(text.as_bytes(), None).fingerprint;
            (f.lines, f.ended, f.bytes)
        };
        assert_eq!(told("a\nb"), (2, false, 3));
        assert_eq!(told("a\nb\n"), (2, true, 4));
        assert_eq!(told(""), (0, true, 0));
    }
}
