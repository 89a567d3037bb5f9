//! All that is done before anything is sent: a file that cannot be replayed as it is asked for is refused here.

use std::{
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use crate::{
    Format, Options, Tell, Told,
    fingerprint::{Fingerprint, Look},
    keeper::Keeper,
    lines::Lines,
    progress::{self, Asked, Progress, Start},
    records::Records,
    rejects::{self, Rejects},
    source::{self, Bytes},
};

/// A file that is ready to be sent.
pub(crate) struct Prepared {
    pub(crate) records: Records<BufReader<Bytes>>,
    pub(crate) keeper: Keeper,
}

/// Opens the file, and finds out what of it was sent before. `to` is the collector.
pub(crate) fn prepare(options: &Options, to: &str, tell: &Tell) -> anyhow::Result<Prepared> {
    let path = &options.file;
    let name = path.display();
    let kind = std::fs::metadata(path).with_context(|| format!("cannot open {name}"))?;
    if !kind.is_file() && !kind.is_dir() {
        return prepare_pipe(options, tell);
    }
    let held = source::hold(path)?;
    let written = written(path)?;
    let asked = Asked {
        name: name.to_string(),
        to,
        format: written.format(options).to_string(),
        key_prefix: options.key_prefix.as_deref(),
        resume: options.resume,
        has_keys: written.rejects.is_some(),
    };
    let kept = beside(options.progress.as_ref(), path, ".progress");
    let earlier = Progress::load(&kept)?;
    let look = Look::at(source::open(path)?, earlier.as_ref().map(|e| &e.file));
    let earlier = earlier.as_ref().map(|e| (e, look.likeness(&e.file)));
    let file = look.fingerprint;
    let start = progress::start(&asked, &file, earlier).map_err(anyhow::Error::msg)?;
    // What is written to the file meanwhile is for the next time: its last line may be half of one.
    let bytes: Bytes = match look.broken {
        true => Box::new(source::open(path)?),
        false => Box::new(source::open(path)?.take(file.bytes)),
    };
    let mut prepared = open(bytes, options, written.format(options), &start, tell)?;
    prepared.keeper.held = held;
    Ok(keep(prepared, &asked, file, (kept, start), tell))
}

/// What a file says of itself at its beginning.
struct Written {
    /// The format of refused lines, if it holds such.
    rejects: Option<Format>,
    named: Format,
}

impl Written {
    fn format(&self, options: &Options) -> Format {
        let format = options.format.or(self.rejects);
        format.unwrap_or(self.named)
    }
}

fn written(path: &Path) -> anyhow::Result<Written> {
    let first = Lines::new(source::open(path)?).read();
    let first = first.with_context(|| format!("cannot read {}", path.display()))?;
    let text = first.map(|line| line.text).unwrap_or_default();
    // Programs write JSON to logs, too.
    let is_json = text.trim_ascii_start().starts_with(b"{");
    Ok(Written {
        rejects: rejects::format(&text),
        named: if is_json {
            Format::Ndjson
        } else {
            Format::of_name(path)
        },
    })
}

fn open(
    bytes: Bytes,
    options: &Options,
    format: Format,
    start: &Start,
    tell: &Tell,
) -> anyhow::Result<Prepared> {
    let path = &options.file;
    let prefix = start.key_prefix.clone();
    let records = Records::new(
        BufReader::new(bytes),
        format,
        &options.leave_out,
        prefix.clone(),
    );
    let records = records.with_context(|| format!("{} is not sent", path.display()))?;
    let mut keeper = Keeper::new(prefix, tell.clone());
    keeper.line = start.line;
    keeper.totals = start.totals.clone();
    let rejects = beside(options.rejects.as_ref(), path, ".rejected");
    if rejects == *path {
        bail!("--rejects must not be the file itself");
    }
    let header = records.header();
    let opened = match start.line {
        0 => Rejects::begin(&rejects, format, header),
        _ => Rejects::resume(&rejects, format, header, &start.rejects),
    };
    match opened {
        Ok(opened) => {
            if let Some(aside) = opened.set_aside() {
                let (rejects, aside) = (rejects.display(), aside.display());
                keeper.notice(format!("{rejects} of before is now {aside}; what is refused from now on is in a new {rejects}"));
            }
            keeper.rejects = Some(opened);
        }
        Err(error) => {
            let rejects = rejects.display();
            keeper.notice(format!("refused lines cannot be written to {rejects}: {error}; name another file with --rejects"));
        }
    }
    Ok(Prepared { records, keeper })
}

/// Tells how the file is sent, and keeps its progress from now on.
fn keep(
    mut prepared: Prepared,
    asked: &Asked<'_>,
    file: Fingerprint,
    (kept, start): (PathBuf, Start),
    tell: &Tell,
) -> Prepared {
    tell(Told::Lines(file.lines));
    let keeper = &mut prepared.keeper;
    let (name, lines) = (&asked.name, file.lines);
    keeper.notice(keys(&format!("{name} ({lines} lines)"), &start.key_prefix));
    if let Some(notice) = start.notice {
        keeper.notice(format!("{name}: {notice}"));
    }
    let progress = Progress {
        to: asked.to.to_owned(),
        format: asked.format.clone(),
        key_prefix: start.key_prefix,
        line: start.line,
        rejects: start.rejects,
        totals: start.totals,
        file,
    };
    keeper.progress = Some((kept, progress));
    keeper.save();
    prepared
}

/// A pipe is read once: nothing is known of it before, and nothing kept.
fn prepare_pipe(options: &Options, tell: &Tell) -> anyhow::Result<Prepared> {
    let name = options.file.display();
    let Some(prefix) = &options.key_prefix else {
        bail!("{name} is no file: without its contents' hash, lines need a --key-prefix");
    };
    if options.resume {
        bail!(
            "{name} is no file: it cannot be resumed, but sent again with the same --key-prefix lines count once"
        );
    }
    let format = options.format.unwrap_or(Format::of_name(&options.file));
    let start = Start {
        key_prefix: prefix.clone(),
        line: 0,
        rejects: rejects::Written::default(),
        totals: crate::Totals::default(),
        notice: None,
    };
    let bytes: Bytes = Box::new(source::open(&options.file)?);
    let prepared = open(bytes, options, format, &start, tell)?;
    prepared.keeper.notice(keys(&name.to_string(), prefix));
    Ok(prepared)
}

fn keys(name: &str, prefix: &str) -> String {
    format!(
        "{name}: lines without a key of their own get {prefix}-LINE. The collector remembers keys for 30 days: \
         sent again or resumed until then, a line counts once."
    )
}

fn beside(named: Option<&PathBuf>, file: &Path, end: &str) -> PathBuf {
    named.cloned().unwrap_or_else(|| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

/// Records of events that are at hand.
pub(crate) fn at_hand(
    events: impl Read + Send + 'static,
    key_prefix: &str,
    tell: &Tell,
) -> anyhow::Result<Prepared> {
    let bytes: Bytes = Box::new(events);
    let records = Records::new(
        BufReader::new(bytes),
        Format::Ndjson,
        &[],
        key_prefix.to_owned(),
    )?;
    let keeper = Keeper::new(key_prefix.to_owned(), tell.clone());
    Ok(Prepared { records, keeper })
}
