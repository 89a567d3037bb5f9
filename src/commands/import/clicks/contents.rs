//! What files are, so that they are known again.

use std::{
    fs::File,
    io::{self, BufRead, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use handover::imported::ImportId;
use imports::clicks::Named;
use model::EntityId;

/// Bytes hashed at once.
const BUFFER: usize = 256 << 10;

/// A file, and what it is.
pub(super) struct Source {
    /// As it was named.
    pub(super) path: PathBuf,
    /// Where it can be read; a copy of the standard input is deleted with the last of these.
    pub(super) readable: Arc<Readable>,
    /// How many lines it has.
    pub(super) lines: u64,
    /// Of all bytes, unpacked.
    hash: blake3::Hash,
}

/// A file that can be read as often as needed.
pub(super) enum Readable {
    /// As it was named.
    File(PathBuf),
    /// A copy of the standard input.
    Copy(tempfile::NamedTempFile),
}

impl Readable {
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::File(path) => path,
            Self::Copy(file) => file.path(),
        }
    }
}

/// Reads all of a file once.
pub(super) fn look(path: &Path) -> anyhow::Result<Source> {
    let readable = match path.as_os_str() == "-" {
        true => {
            Readable::Copy(copy(io::stdin().lock()).context("the standard input cannot be kept")?)
        }
        false => Readable::File(path.to_owned()),
    };
    let (hash, lines) = hash(replay::open(readable.path())?)
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Source {
        path: path.to_owned(),
        readable: Arc::new(readable),
        lines,
        hash,
    })
}

fn copy(mut from: impl Read) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    io::copy(&mut from, file.as_file_mut())?;
    File::flush(file.as_file_mut())?;
    Ok(file)
}

fn hash(mut from: impl BufRead) -> io::Result<(blake3::Hash, u64)> {
    let mut hasher = blake3::Hasher::new();
    let (mut buffer, mut lines, mut last) = (vec![0; BUFFER], 0, b'\n');
    loop {
        let read = from.read(&mut buffer)?;
        let Some(end) = buffer[..read].last() else {
            break;
        };
        last = *end;
        lines += buffer[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        hasher.update(&buffer[..read]);
    }
    Ok((hasher.finalize(), lines + u64::from(last != b'\n')))
}

/// What an import of these files is: the same for the same contents and the same name.
pub(super) fn import_id(
    account: EntityId,
    name: Option<&str>,
    target: Option<&Named>,
    sources: &[Source],
) -> ImportId {
    let mut contents = blake3::Hasher::new();
    for source in sources {
        contents.update(source.hash.as_bytes());
    }
    if let Some(target) = target {
        contents.update(format!("{target:?}").as_bytes());
    }
    let contents = short(contents.finalize());
    let name = name.map(|name| short(blake3::hash(format!("name {name}").as_bytes())));
    ImportId {
        account,
        name: name.unwrap_or_else(|| contents.clone()),
        contents,
    }
}

fn short(hash: blake3::Hash) -> String {
    hash.to_hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use model::EntityKind;

    use super::*;

    fn source(text: &str) -> Source {
        let (hash, lines) = hash(text.as_bytes()).unwrap();
        Source {
            path: "x".into(),
            readable: Arc::new(Readable::File("x".into())),
            lines,
            hash,
        }
    }

    #[test]
    fn an_import_is_known_by_its_contents_or_its_name() {
        let account = EntityId::new(EntityKind::Account, 1);
        let id = |name: Option<&str>, target: Option<&Named>, texts: &[&str]| {
            let sources: Vec<Source> = texts.iter().map(|text| source(text)).collect();
            import_id(account, name, target, &sources)
        };
        let link = Named::Link("a".into());
        assert_eq!(id(None, None, &["a\n"]), id(None, None, &["a\n"]));
        assert_ne!(id(None, None, &["a\n"]).name, id(None, None, &["b\n"]).name);
        assert_ne!(
            id(None, None, &["a\n"]).name,
            id(None, Some(&link), &["a\n"]).name
        );
        let (one, other) = (id(Some("n"), None, &["a\n"]), id(Some("n"), None, &["b\n"]));
        assert_eq!(one.name, other.name);
        assert_ne!(one.contents, other.contents);
        assert_eq!(
            (
                source("a\nb").lines,
                source("a\nb\n").lines,
                source("").lines
            ),
            (2, 2, 0)
        );
    }
}
