//! `millrace replay`: recorded events to a collector.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use model::Hidden;
use replay::{Format, Options, Patience, Tell, Told};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub(super) const EXAMPLES: &str = "Examples:
  millrace replay clicks.ndjson --to http://127.0.0.1:8080 --key mr_…
  millrace replay clicks.csv.gz --to http://127.0.0.1:8080 --leave-out id,note --streams 8
  millrace replay /var/log/nginx/access.log --format combined --to http://127.0.0.1:8080
  millrace replay clicks.ndjson --to http://127.0.0.1:8080 --resume   go on where it ended
  millrace replay clicks.ndjson.rejected --to http://127.0.0.1:8080   refused lines, mended

Every line without a key of its own gets one, PREFIX-LINE, and the collector remembers keys for 30 days: a file that is sent
twice, or resumed, counts once until then. What cannot be read or is refused is skipped, told by line, and kept in
FILE.rejected. HEAD, POST and error statuses of a log are no clicks: they are counted by reason.

Exit codes: 0 all was taken, 1 it failed or the file is cut off, 3 some lines were refused, 130 interrupted.";

#[derive(Debug, Args)]
pub struct Replay {
    /// File with the events, plain or packed with gzip.
    file: PathBuf,
    /// The collector.
    #[arg(long)]
    to: String,
    /// API key that may write.
    #[arg(long, env = "MILLRACE_KEY", hide_env_values = true)]
    key: Hidden<String>,
    /// ndjson: one event a line as POST /v1/events takes it; csv: the same fields as columns, with their other names
    /// (time, timestamp, clickid, txid, payout …), separated by `,` `;` `|` or tabs; combined: the log of a web
    /// server (Apache, nginx), where the path is the link's slug. By default what the file's name says
    /// (.csv, .tsv, .log), else ndjson.
    #[arg(long, value_parser = ["ndjson", "csv", "combined"])]
    format: Option<String>,
    /// Requests under way at once.
    #[arg(long, default_value_t = 1)]
    streams: usize,
    /// Events a second at most; 0: as fast as it goes.
    #[arg(long, default_value_t = 0)]
    rate: u64,
    /// What the keys of lines begin with. By default a hash of the file's contents; with the same prefix a line of
    /// the same number counts once, also if the file was mended.
    #[arg(long)]
    key_prefix: Option<String>,
    /// Go on where the last replay of this file ended. The file must be the same, or have grown.
    #[arg(long)]
    resume: bool,
    /// Where lines go that are refused, each below its reason. [default: FILE.rejected]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Where it is kept how far the file was sent. [default: FILE.progress]
    #[arg(long, value_name = "FILE")]
    progress: Option<PathBuf>,
    /// Columns of a CSV file that are no fields of an event.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let json = self.json;
        let options = self.options()?;
        let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
            "{bar:30} line {pos} of {len}, {per_sec}, {eta} left",
        )?);
        let stop = CancellationToken::new();
        let told = tokio::spawn(cancel_when_told(stop.clone()));
        let report = replay::run(options, tell(bar.clone()), &stop).await;
        told.abort();
        bar.finish_and_clear();
        let report = report?;
        match json {
            true => println!("{}", report.json()),
            false => println!("{}", report.summary()),
        }
        for problem in report.problems() {
            eprintln!("{problem}");
        }
        Ok(ExitCode::from(report.exit_code()))
    }

    fn options(self) -> anyhow::Result<Options> {
        let format = self.format.map(|format| format.parse::<Format>());
        Ok(Options {
            file: self.file,
            to: self.to,
            key: self.key.reveal().clone(),
            format: format.transpose().map_err(anyhow::Error::msg)?,
            streams: self.streams,
            rate: self.rate,
            key_prefix: self.key_prefix,
            resume: self.resume,
            rejects: self.rejects,
            progress: self.progress,
            leave_out: self.leave_out,
            patience: Patience::default(),
        })
    }
}

/// What is told goes to the bar; sentences stay where there is no bar, too.
fn tell(bar: ProgressBar) -> Tell {
    Arc::new(move |told| match told {
        Told::Line(line) => bar.set_position(line),
        Told::Lines(lines) => bar.set_length(lines),
        Told::Notice(text) => bar.suspend(|| eprintln!("{text}")),
    })
}

/// The first Ctrl-C or SIGTERM ends the replay in order; the second one ends it at once.
async fn cancel_when_told(stop: CancellationToken) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if stop.is_cancelled() {
            std::process::exit(130);
        }
        stop.cancel();
    }
}
