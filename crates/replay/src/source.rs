//! The file: unpacked if it is packed, and refused with words if it is something else.

use std::{
    fs::{File, TryLockError},
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use anyhow::{Context, bail};
use flate2::bufread::GzDecoder;

/// Bytes read from the file at once.
const BUFFER: usize = 256 << 10;

/// What is read: the bytes of the lines.
pub type Bytes = Box<dyn Read + Send>;

const GZIP: &[u8] = b"\x1f\x8b";
/// How other things begin, and what to do with them.
const OTHERS: [(&[u8], &str); 7] = [
    (
        b"\xff\xfe",
        "UTF-16 text; `iconv -f utf-16 -t utf-8` makes it readable",
    ),
    (
        b"\xfe\xff",
        "UTF-16 text; `iconv -f utf-16 -t utf-8` makes it readable",
    ),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; `unzstd` unpacks it"),
    (b"BZh", "packed with bzip2; `bunzip2` unpacks it"),
    (b"\xfd7zXZ", "packed with xz; `unxz` unpacks it"),
    (
        b"PK\x03\x04",
        "a ZIP archive or a spreadsheet; unpack it, or save it as CSV",
    ),
    (b"PAR1", "a Parquet file; export it as CSV or NDJSON"),
];

/// Opens a file. Whether it is packed its first bytes tell, not its name.
///
/// # Errors
///
/// It cannot be opened, or is no text that can be read as lines.
pub fn open(path: &Path) -> anyhow::Result<BufReader<Bytes>> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
    if file.metadata()?.is_dir() {
        bail!("{name} is a folder");
    }
    let reading = || format!("cannot read {name}");
    let (head, file) = peek(file).with_context(reading)?;
    if !head.starts_with(GZIP) {
        check(path, &head)?;
        return Ok(BufReader::with_capacity(BUFFER, file));
    }
    let packed = BufReader::with_capacity(BUFFER, file);
    let (head, text) = peek(Members::new(packed)).with_context(reading)?;
    check(path, &head)?;
    Ok(BufReader::with_capacity(BUFFER, text))
}

/// Holds a file as long as what is given lives: two replays of it at once would write over each other's progress. Where
/// there are no locks, nothing is held.
pub(crate) fn hold(path: &Path) -> anyhow::Result<Option<File>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => bail!(
            "{} is being replayed by another process: wait for it, or replay a copy",
            path.display()
        ),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn check(path: &Path, head: &[u8]) -> anyhow::Result<()> {
    match OTHERS.iter().find(|(begin, _)| head.starts_with(begin)) {
        Some((_, what)) => bail!("{} is {what}", path.display()),
        None => Ok(()),
    }
}

/// The first bytes, and all of it.
fn peek(mut from: impl Read + Send + 'static) -> io::Result<(Vec<u8>, Bytes)> {
    let mut head = Vec::new();
    (&mut from).take(8).read_to_end(&mut head)?;
    let whole = Cursor::new(head.clone()).chain(from);
    Ok((head, Box::new(whole)))
}

/// What is packed in one or more members of gzip. Zeros behind them are padding, as `gunzip` has it.
struct Members<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    fn new(packed: R) -> Self {
        Self {
            member: Some(GzDecoder::new(packed)),
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            let packed = self.member.take().map(GzDecoder::into_inner);
            self.member = packed.map(next_member).transpose()?.flatten();
        }
        Ok(0)
    }
}

fn next_member<R: BufRead>(mut packed: R) -> io::Result<Option<GzDecoder<R>>> {
    loop {
        match packed.fill_buf()? {
            [] => return Ok(None),
            [0, ..] => packed.consume(1),
            _ => return Ok(Some(GzDecoder::new(packed))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn read(bytes: &[u8]) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        // The name says nothing.
        let path = folder.path().join("a.gz");
        fs::write(&path, bytes)?;
        let mut text = String::new();
        open(&path)?.read_to_string(&mut text)?;
        Ok(text)
    }

    #[test]
    fn packed_and_plain_files_are_told_by_their_bytes() {
        assert_eq!(read(b"a\nb").unwrap(), "a\nb");
        assert_eq!(read(b"").unwrap(), "");
        assert_eq!(read(b"a").unwrap(), "a");
        assert_eq!(read(&gzip(b"a\nb")).unwrap(), "a\nb");
        assert_eq!(read(&gzip(b"")).unwrap(), "");
        let members = [gzip(b"a\n"), gzip(b""), gzip(b"b\n")].concat();
        assert_eq!(read(&members).unwrap(), "a\nb\n");
        let padded = [gzip(b"a"), vec![0; 512]].concat();
        assert_eq!(read(&padded).unwrap(), "a");
        for broken in [
            [gzip(b"a"), b"garbage".to_vec()].concat(),
            gzip(b"abc")[..15].to_vec(),
        ] {
            assert!(read(&broken).is_err());
        }
    }

    #[test]
    fn a_file_is_held_by_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let held = hold(file.path()).unwrap();
        assert!(hold(file.path()).is_err());
        drop(held);
        assert!(hold(file.path()).is_ok());
    }

    #[test]
    fn what_is_neither_is_refused_with_words() {
        for (bytes, word) in [
            (&b"\xff\xfea\0"[..], "iconv"),
            (b"\x28\xb5\x2f\xfd....", "unzstd"),
            (b"PK\x03\x04....", "ZIP"),
            (b"PAR1....", "Parquet"),
        ] {
            assert!(read(bytes).unwrap_err().to_string().contains(word));
            assert!(read(&gzip(bytes)).unwrap_err().to_string().contains(word));
        }
        let told = |path| open(Path::new(path)).err().unwrap().to_string();
        assert!(told("/nonexistent").contains("cannot open"));
        assert!(told("/").contains("is a folder"));
    }
}
