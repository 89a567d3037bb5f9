//! The file of refused lines: each as it was, below the reason, so that it can be mended there and sent again. A
//! line keeps its key in that file, so that it counts once whichever file it is sent from.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    aside::{create, set_aside},
    format::Format,
    refusal::Refusal,
};

const HEAD: &str = "# Lines that millrace replay did not count, each below the reason; mend them and replay this file. Format: ";
/// How files begin in which an import keeps rows that it did not take: they are read in the same way.
pub const IMPORT_HEAD: &str = "# Rows that millrace import did not take, each below the reason; mend them and import this file.";
const LINE: &str = "# line ";
const KEY: &str = ", key ";

/// Whether a file that begins so is one of refused lines.
pub(crate) fn is_head(line: &[u8]) -> bool {
    line.starts_with(HEAD.as_bytes()) || line.starts_with(IMPORT_HEAD.as_bytes())
}

/// Whether this is a reason, with a key or without one.
pub(crate) fn is_reason(line: &[u8]) -> bool {
    line.starts_with(LINE.as_bytes())
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

/// How much of the file is what replays wrote to it, and its hash: the rest, if any, is somebody else's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    #[serde(rename = "rejects_bytes")]
    pub(crate) bytes: u64,
    /// Empty in the progress of versions before.
    #[serde(rename = "rejects_hash", default)]
    pub(crate) hash: String,
}

/// The file; there is none as long as nothing is refused.
#[derive(Debug)]
pub(crate) struct Rejects {
    path: PathBuf,
    format: Format,
    header: Option<Vec<u8>>,
    file: Option<File>,
    bytes: u64,
    hasher: blake3::Hasher,
    set_aside: Option<PathBuf>,
}

impl Rejects {
    /// A new file. One from before is set aside: somebody may have mended it.
    pub(crate) fn begin(path: &Path, format: Format, header: Option<&[u8]>) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            format,
            header: header.map(<[u8]>::to_vec),
            file: None,
            bytes: 0,
            hasher: blake3::Hasher::new(),
            set_aside: set_aside(path)?,
        })
    }

    /// The file as it was when `written` was; what was written later is written again. One that does not begin
    /// with it was mended: it is set aside, and lines that are refused from now on are in a new file. One that has more
    /// is set aside, too, since nothing tells lines that were not saved yet from somebody's.
    pub(crate) fn resume(
        path: &Path,
        format: Format,
        header: Option<&[u8]>,
        written: &Written,
    ) -> io::Result<Self> {
        let Some((hasher, length)) = ours(path, written)? else {
            return Self::begin(path, format, header);
        };
        let (file, set_aside) = match length == written.bytes {
            true => (OpenOptions::new().append(true).open(path)?, None),
            false => {
                let aside = set_aside(path)?;
                let mut file = create(path)?;
                if let Some(aside) = &aside {
                    io::copy(&mut File::open(aside)?.take(written.bytes), &mut file)?;
                }
                (file, aside)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            format,
            header: header.map(<[u8]>::to_vec),
            file: Some(file),
            bytes: written.bytes,
            hasher,
            set_aside,
        })
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
        self.hasher.update(&text);
        self.bytes += text.len() as u64;
        Ok(())
    }

    /// Makes what was written durable, and says how much that is.
    pub(crate) fn sync(&self) -> io::Result<Written> {
        if let Some(file) = &self.file {
            file.sync_data()?;
        }
        Ok(Written {
            bytes: self.bytes,
            hash: self.hasher.finalize().to_hex().to_string(),
        })
    }

    /// Where it is, if anything was refused.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.file.is_some().then_some(&*self.path)
    }

    /// Where the file is that was there before, if it was set aside.
    pub(crate) fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }
}

/// The hash, to go on with, of a file that begins with what was written, and how long the file is.
fn ours(path: &Path, written: &Written) -> io::Result<Option<(blake3::Hasher, u64)>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let length = file.metadata()?.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file.take(written.bytes))?;
    let is_ours = written.bytes > 0
        && hasher.count() == written.bytes
        && *hasher.finalize().to_hex() == *written.hash;
    Ok(is_ours.then_some((hasher, length)))
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

#[cfg(test)]
mod tests {
    use std::fs;

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
        let written = rejects.sync().unwrap();
        let text = fs::read(&path).unwrap();
        assert_eq!(written.bytes, text.len() as u64);
        let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
        assert!(is_head(lines[0]));
        assert_eq!(format(lines[0]), Some(Format::Csv));
        assert_eq!(lines[1], b"link,time");
        assert_eq!(lines[2], b"# line 3, key f-3: not_utf8: two lines: yes");
        assert_eq!(reason(lines[2]), Some("f-3"));
        assert_eq!(lines[3], b"a\xff,1");
        assert_eq!(reason(lines[3]), None);
    }

    /// A file of one refused line, and how much of it is kept as ours.
    fn one_refused(path: &Path) -> Written {
        let mut rejects = Rejects::begin(path, Format::Ndjson, None).unwrap();
        rejects.write(&[refused(3)]).unwrap();
        rejects.sync().unwrap()
    }

    fn resumed(path: &Path, written: &Written) -> Rejects {
        let mut rejects = Rejects::resume(path, Format::Ndjson, None, written).unwrap();
        rejects.write(&[refused(4)]).unwrap();
        rejects
    }

    #[test]
    fn a_resumed_file_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        let written = one_refused(&path);
        let rejects = resumed(&path, &written);
        assert_eq!(rejects.set_aside(), None);
        let whole = fs::read(&path).unwrap();
        let again = rejects.sync().unwrap();
        assert_eq!(again.bytes, whole.len() as u64);
        assert_eq!(again.hash, blake3::hash(&whole).to_hex().to_string());
        // Lines that a crash left unsaved are written once.
        let rejects = resumed(&path, &written);
        assert_eq!(fs::read(&path).unwrap(), whole);
        let aside = rejects.set_aside().unwrap();
        assert_eq!(fs::read(aside).unwrap(), whole);
    }

    #[test]
    fn what_was_mended_is_never_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        for (number, mend) in [
            // Longer than before, shorter, as long, and with more at its end.
            |text: &str| text.replace(",1", ",1000"),
            |text: &str| text[..text.len() - 3].to_owned(),
            |text: &str| text.replace(",1", ",2"),
            |text: &str| format!("{text}{{\"link\":\"a\"}}\n"),
        ]
        .into_iter()
        .enumerate()
        {
            let path = path.with_extension(number.to_string());
            let written = one_refused(&path);
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let mended = mend(&text);
            fs::write(&path, &mended).unwrap();
            let rejects = resumed(&path, &written);
            let aside = rejects.set_aside().unwrap();
            assert_eq!(fs::read_to_string(aside).unwrap(), mended);
            let now = fs::read(&path).unwrap();
            assert!(is_head(&now) && now.ends_with(b"a\xff,1\n"), "{mended}");
        }
        let written = one_refused(&path);
        let unknown = Written {
            hash: String::new(),
            ..written
        };
        assert!(resumed(&path, &unknown).set_aside().is_some());
    }

    #[test]
    fn files_from_before_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r");
        for number in 0..4 {
            fs::write(&path, number.to_string()).unwrap();
            Rejects::begin(&path, Format::Ndjson, None).unwrap();
        }
        for (number, name) in ["r.old", "r.old2", "r.old3", "r.old4"].iter().enumerate() {
            let kept = fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!(kept, number.to_string());
        }
        // What somebody puts there while lines are sent stays.
        let mut rejects = Rejects::begin(&path, Format::Ndjson, None).unwrap();
        fs::write(&path, "mine").unwrap();
        rejects.write(&[refused(3)]).unwrap_err();
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    }
}
