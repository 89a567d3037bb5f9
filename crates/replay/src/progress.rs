//! How far a file was sent, kept in a file beside it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::{
    fingerprint::{Fingerprint, Likeness},
    rejects::Written,
    totals::Totals,
};

/// How far a file was sent. There is no secret in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// The collector.
    pub(crate) to: String,
    pub(crate) format: String,
    pub(crate) key_prefix: String,
    /// The last line of those before which all are answered.
    pub(crate) line: u64,
    /// What of the file of refused lines is of these.
    #[serde(flatten)]
    pub(crate) rejects: Written,
    pub(crate) totals: Totals,
    pub(crate) file: Fingerprint,
}

impl Progress {
    /// What is kept at `path`, if anything.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Option<Self>> {
        let unreadable = || {
            let path = path.display();
            format!(
                "{path} cannot be read; if it is no progress of this file, name another with --progress"
            )
        };
        match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(unreadable),
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .with_context(unreadable),
        }
    }

    /// Keeps it: all of it, or what was there before.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        File::open(folder)?.sync_all()
    }
}

/// Where a replay begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Start {
    pub(crate) key_prefix: String,
    /// Lines that are not sent again.
    pub(crate) line: u64,
    pub(crate) rejects: Written,
    pub(crate) totals: Totals,
    /// What whoever started it should know.
    pub(crate) notice: Option<String>,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    /// The file, for people.
    pub(crate) name: String,
    pub(crate) to: &'a str,
    pub(crate) format: String,
    pub(crate) key_prefix: Option<&'a str>,
    pub(crate) resume: bool,
    /// Whether each line has a key that it had elsewhere.
    pub(crate) has_keys: bool,
}

/// Where a file, which is now `file`, is begun with; `earlier` is what is known of a replay before, and how like the
/// file is to what it was.
pub(crate) fn start(
    asked: &Asked<'_>,
    file: &Fingerprint,
    earlier: Option<(&Progress, Likeness)>,
) -> Result<Start, String> {
    let name = &asked.name;
    let own = || file.hash[..16].to_owned();
    let begin = |prefix: Option<String>, notice: Option<String>| Start {
        key_prefix: asked
            .key_prefix
            .map(str::to_owned)
            .or(prefix)
            .unwrap_or_else(own),
        line: 0,
        rejects: Written::default(),
        totals: Totals::default(),
        notice,
    };
    let Some((earlier, likeness)) = earlier else {
        let notice = asked
            .resume
            .then(|| "nothing of it was sent before".to_owned());
        return Ok(begin(None, notice));
    };
    let prefix = &earlier.key_prefix;
    match likeness {
        Likeness::Same | Likeness::Grown if asked.resume => resume(asked, earlier, likeness),
        Likeness::Same | Likeness::Grown => {
            let line = earlier.line;
            let notice =
                format!("up to line {line} it was sent before; --resume goes on from there");
            Ok(begin(Some(prefix.clone()), Some(notice)))
        }
        Likeness::Changed | Likeness::Other if asked.resume => Err(format!(
            "{name} is not what it was when line {} was reached: without --resume it is begun anew",
            earlier.line
        )),
        Likeness::Changed if asked.key_prefix.is_none() && !asked.has_keys => Err(format!(
            "{name} has changed since it was sent: with new keys, lines that are counted already would be counted \
             again. If lines were mended in their places, add `--key-prefix {prefix}`: keys are as before, by the \
             number of the line. If these are other events, add another --key-prefix"
        )),
        Likeness::Changed | Likeness::Other => Ok(begin(None, None)),
    }
}

fn resume(asked: &Asked<'_>, earlier: &Progress, likeness: Likeness) -> Result<Start, String> {
    let name = &asked.name;
    for (what, now, before) in [
        ("--to", asked.to, &earlier.to),
        ("--format", &asked.format, &earlier.format),
        (
            "--key-prefix",
            asked.key_prefix.unwrap_or(&earlier.key_prefix),
            &earlier.key_prefix,
        ),
    ] {
        if now != before {
            return Err(format!(
                "{name} was begun with {what} {before}, not {now}; it is resumed as it was begun"
            ));
        }
    }
    // Of a file that has grown, the last line may have been half of one.
    let half =
        likeness == Likeness::Grown && !earlier.file.ended && earlier.line == earlier.file.lines;
    let line = earlier.line - u64::from(half);
    Ok(Start {
        key_prefix: earlier.key_prefix.clone(),
        line,
        rejects: earlier.rejects.clone(),
        totals: earlier.totals.clone(),
        notice: Some(format!("going on after line {line}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Look;

    fn progress(text: &str) -> Progress {
        Progress {
            to: "http://c/".into(),
            format: "ndjson".into(),
            key_prefix: "before".into(),
            line: 2,
            rejects: Written {
                bytes: 7,
                hash: "h".into(),
            },
            totals: Totals {
                accepted: 2,
                ..Totals::default()
            },
            file: Look::at(text.as_bytes(), None).fingerprint,
        }
    }

    const ASKED: Asked<'_> = Asked {
        name: String::new(),
        to: "http://c/",
        format: String::new(),
        key_prefix: None,
        resume: false,
        has_keys: false,
    };

    /// The prefix and the line, or why not.
    fn begun(earlier: &str, now: &str, asked: &Asked<'_>) -> Result<(String, u64), String> {
        let earlier = progress(earlier);
        let look = Look::at(now.as_bytes(), Some(&earlier.file));
        let likeness = look.likeness(&earlier.file);
        let asked = Asked {
            format: "ndjson".into(),
            ..asked.clone()
        };
        let start = start(&asked, &look.fingerprint, Some((&earlier, likeness)))?;
        Ok((start.key_prefix, start.line))
    }

    #[test]
    fn what_was_sent_before_keeps_its_keys() {
        let resume = Asked {
            resume: true,
            ..ASKED
        };
        let before = |line| Ok(("before".to_owned(), line));
        assert_eq!(begun("a\nb\n", "a\nb\n", &ASKED), before(0));
        assert_eq!(begun("a\nb\n", "a\nb\n", &resume), before(2));
        assert_eq!(begun("a\nb\n", "a\nb\nc\n", &ASKED), before(0));
        assert_eq!(begun("a\nb\n", "a\nb\nc\n", &resume), before(2));
        assert_eq!(begun("a\nb", "a\nbb\nc\n", &resume), before(1));
        let named = Asked {
            key_prefix: Some("x"),
            ..ASKED
        };
        assert_eq!(begun("a\nb\n", "a\nb\n", &named), Ok(("x".into(), 0)));
    }

    #[test]
    fn what_has_changed_is_not_sent_with_new_keys_by_itself() {
        let told = begun("a\nb\nc\n", "a\nX\nc\n", &ASKED).unwrap_err();
        assert!(told.contains("--key-prefix before"), "{told}");
        let named = Asked {
            key_prefix: Some("before"),
            ..ASKED
        };
        assert_eq!(
            begun("a\nb\nc\n", "a\nX\nc\n", &named),
            Ok(("before".into(), 0))
        );
        let keyed = Asked {
            has_keys: true,
            ..ASKED
        };
        assert_ne!(begun("a\nb\nc\n", "a\nX\nc\n", &keyed).unwrap().0, "before");
        // A log that begins anew every day.
        assert_ne!(begun("a\nb\nc\n", "d\ne\nf\n", &ASKED).unwrap().0, "before");
    }

    #[test]
    fn only_the_same_is_resumed() {
        let resume = Asked {
            resume: true,
            ..ASKED
        };
        assert!(begun("a\nb\nc\n", "a\nX\nc\n", &resume).is_err());
        assert!(begun("a\nb\nc\n", "d\ne\nf\n", &resume).is_err());
        for other in [
            Asked {
                to: "http://d/",
                ..resume.clone()
            },
            Asked {
                key_prefix: Some("x"),
                ..resume.clone()
            },
        ] {
            assert!(
                begun("a\n", "a\n", &other)
                    .unwrap_err()
                    .contains("begun with")
            );
        }
    }

    #[test]
    fn it_is_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        assert_eq!(Progress::load(&path).unwrap(), None);
        for line in [1, 2] {
            let progress = Progress {
                line,
                ..progress("a\n")
            };
            progress.save(&path).unwrap();
            assert_eq!(Progress::load(&path).unwrap(), Some(progress));
        }
        fs::write(&path, "{").unwrap();
        assert!(Progress::load(&path).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
