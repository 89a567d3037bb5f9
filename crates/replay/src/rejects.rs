//! The file of refused lines: each as it was, below the reason, so that it can be mended there and sent again. A
//! line keeps its key in that file, so that it counts once whichever file it is sent from.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::{format::Format, refusal::Refusal};

const HEAD: &str = "# Lines that millrace replay did not count, each below the reason; mend them and replay this file. Format: ";
const LINE: &str = "# line ";
const KEY: &str = ", key ";

/// Whether a file that begins so is one of refused lines.
pub(crate) fn is_head(line: &[u8]) -> bool {
    line.starts_with(HEAD.as_bytes())
}

/// The format that the first line of a file of refused lines names.
pub(crate) fn format(line: &[u8]) -> Option<Format> {
    let format = line.strip_prefix(HEAD.as_bytes())?;
    str::from_utf8(format).ok()?.trim().parse().ok()
}

/// The key of the line below, if this is a reason.
pub(crate) fn reason(line: &[u8]) -> Option<&str> {
    let rest = line.strip_prefix(LINE.as_bytes())?;
    let end = rest.windows(2).position(|w| w == b": ")?;
    let (_, key) = str::from_utf8(&rest[..end]).ok()?.split_once(KEY)?;
    (!key.is_empty()).then_some(key)
}

/// A refused line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) line: u64,
    pub(crate) key: String,
    /// Empty if it was not kept.
    pub(crate) raw: Vec<u8>,
    pub(crate) refusal: Refusal,
}

/// The file; there is none as long as nothing is refused.
#[derive(Debug)]
pub(crate) struct Rejects {
    path: PathBuf,
    format: Format,
    header: Option<Vec<u8>>,
    file: Option<File>,
    bytes: u64,
}

impl Rejects {
    /// A new file. One from before is kept beside, with `.old` after its name: somebody may have mended it.
    pub(crate) fn begin(path: &Path, format: Format, header: Option<&[u8]>) -> io::Result<Self> {
        if path.exists() {
            let mut old = path.as_os_str().to_owned();
            old.push(".old");
            fs::rename(path, old)?;
        }
        Ok(Self::of(path, format, header))
    }

    /// The file as it was when it had `bytes`; what was written later is written again.
    pub(crate) fn resume(
        path: &Path,
        format: Format,
        header: Option<&[u8]>,
        bytes: u64,
    ) -> io::Result<Self> {
        if bytes == 0 || fs::metadata(path).map_or(0, |m| m.len()) < bytes {
            return Self::begin(path, format, header);
        }
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.set_len(bytes)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file: Some(file),
            bytes,
            ..Self::of(path, format, header)
        })
    }

    fn of(path: &Path, format: Format, header: Option<&[u8]>) -> Self {
        Self {
            path: path.to_owned(),
            format,
            header: header.map(<[u8]>::to_vec),
            file: None,
            bytes: 0,
        }
    }

    /// Adds lines.
    pub(crate) fn write(&mut self, refused: &[Refused]) -> io::Result<()> {
        if refused.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                text.extend_from_slice(format!("{HEAD}{}\n", self.format).as_bytes());
                if let Some(header) = &self.header {
                    text.extend_from_slice(header);
                    text.push(b'\n');
                }
                create(&self.path)?
            }
        };
        refused.iter().for_each(|refused| add(&mut text, refused));
        let file = self.file.insert(file);
        file.write_all(&text)?;
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Makes what was written durable, and says how much that is.
    pub(crate) fn sync(&self) -> io::Result<u64> {
        if let Some(file) = &self.file {
            file.sync_data()?;
        }
        Ok(self.bytes)
    }

    /// Where it is, if anything was refused.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.is_some().then_some(&*self.path)
    }
}

fn add(text: &mut Vec<u8>, refused: &Refused) {
    let Refused {
        line,
        key,
        refusal,
        raw,
    } = refused;
    // A reason is one line, whatever it quotes.
    let reason = refusal.to_string().replace(['\n', '\r'], " ");
    text.extend_from_slice(format!("{LINE}{line}{KEY}{key}: {reason}\n").as_bytes());
    text.extend_from_slice(raw);
    text.push(b'\n');
}

/// The lines are about people: nobody else reads them.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: u64) -> Refused {
        Refused {
            line,
            key: format!("f-{line}"),
            raw: b"a\xff,1".to_vec(),
            refusal: Refusal::new("not_utf8", "two\nlines: yes"),
        }
    }

    #[test]
    fn lines_stand_below_their_reasons_with_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        let mut rejects = Rejects::begin(&path, Format::Csv, Some(b"link,time")).unwrap();
        rejects.write(&[]).unwrap();
        assert!(!path.exists() && rejects.path().is_none());
        rejects.write(&[refused(3)]).unwrap();
        let bytes = rejects.sync().unwrap();
        let text = fs::read(&path).unwrap();
        assert_eq!(bytes, text.len() as u64);
        let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
        assert!(is_head(lines[0]));
        assert_eq!(format(lines[0]), Some(Format::Csv));
        assert_eq!(lines[1], b"link,time");
        assert_eq!(lines[2], b"# line 3, key f-3: not_utf8: two lines: yes");
        assert_eq!(reason(lines[2]), Some("f-3"));
        assert_eq!(lines[3], b"a\xff,1");
        assert_eq!(reason(lines[3]), None);
    }

    #[test]
    fn a_resumed_file_has_each_line_once_and_an_old_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        let mut rejects = Rejects::begin(&path, Format::Ndjson, None).unwrap();
        rejects.write(&[refused(3)]).unwrap();
        let bytes = rejects.sync().unwrap();
        rejects.write(&[refused(4)]).unwrap();
        let whole = fs::read(&path).unwrap();
        let mut rejects = Rejects::resume(&path, Format::Ndjson, None, bytes).unwrap();
        rejects.write(&[refused(4)]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
        let mut rejects = Rejects::begin(&path, Format::Ndjson, None).unwrap();
        rejects.write(&[refused(9)]).unwrap();
        assert_eq!(fs::read(folder.path().join("r.old")).unwrap(), whole);
        assert!(fs::read(&path).unwrap().len() < whole.len());
    }
}
