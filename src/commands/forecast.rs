//! `millrace forecast` and `millrace m4`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use batch_layer::forecast::{Summary, forecast_csv};
use clap::Args;

/// Some series were left out: as when a replay leaves out lines.
const SOME_LEFT_OUT: u8 = 3;

#[derive(Debug, Args)]
pub struct Forecast {
    /// CSV file with the columns series,time,value, also packed with gzip. Between the fields a comma, a
    /// semicolon, a tab or a bar.
    file: PathBuf,
    /// Steps to forecast.
    #[arg(long)]
    horizon: usize,
    /// Steps in a season: 24 for hours, 7 for days, 12 for months, 1 for none.
    #[arg(long)]
    season: usize,
    /// File to write instead of the standard output.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl Forecast {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let summary = tokio::task::spawn_blocking(move || self.forecast()).await??;
        eprintln!("millrace: {summary}");
        Ok(match summary.left_out.is_empty() {
            true => ExitCode::SUCCESS,
            false => ExitCode::from(SOME_LEFT_OUT),
        })
    }

    fn forecast(&self) -> anyhow::Result<Summary> {
        let make = |out: &mut dyn Write| forecast_csv(&self.file, out, self.horizon, self.season);
        match &self.out {
            Some(path) if is_special(path) => {
                let cannot = || format!("cannot write {}", path.display());
                let mut out = File::options()
                    .write(true)
                    .open(path)
                    .with_context(cannot)?;
                Ok(make(&mut out)?)
            }
            Some(path) => whole(path, |out| Ok(make(out)?)),
            None => Ok(make(&mut std::io::stdout().lock())?),
        }
    }
}

/// A device, a pipe or a link is written to, not replaced.
fn is_special(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file())
}

/// Writes a file that is there when all of it is; what was there before stays until then.
fn whole<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let cannot = || format!("cannot write {}", path.display());
    let name = path.file_name().with_context(cannot)?.to_string_lossy();
    let begun = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut out = BufWriter::new(File::create(&begun).with_context(cannot)?);
    let done = write(&mut out).and_then(|done| {
        out.flush().with_context(cannot)?;
        std::fs::rename(&begun, path).with_context(cannot)?;
        Ok(done)
    });
    if done.is_err() {
        let _ = std::fs::remove_file(&begun);
    }
    done
}

/// Prints our scores beside the published ones.
pub async fn m4(folder: PathBuf) -> anyhow::Result<ExitCode> {
    let report =
        tokio::task::spawn_blocking(move || batch_layer::forecast::evaluate_m4(&folder)).await??;
    println!("{report}");
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(file: &Path, out: &Path) -> Forecast {
        Forecast {
            file: file.to_owned(),
            horizon: 2,
            season: 1,
            out: Some(out.to_owned()),
        }
    }

    #[tokio::test]
    async fn series_that_are_left_out_have_an_exit_code_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let (file, out) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
        let good = "series,time,value\na,2024-01,1\na,2024-02,2\n";
        std::fs::write(&file, good).unwrap();
        let code = asked(&file, &out).run().await.unwrap();
        assert_eq!(code, ExitCode::SUCCESS);
        std::fs::write(&file, format!("{good}b,2024-01,x\n")).unwrap();
        let code = asked(&file, &out).run().await.unwrap();
        assert_eq!(code, ExitCode::from(3));
        let written = std::fs::read_to_string(&out).unwrap();
        assert!(written.contains("\na,2024-04,"), "{written}");
    }

    #[tokio::test]
    async fn what_was_written_before_stays_if_nothing_can_be() {
        let folder = tempfile::tempdir().unwrap();
        let (file, out) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
        std::fs::write(&file, "series,time,value\na,2024-01,x\n").unwrap();
        std::fs::write(&out, "before").unwrap();
        let error = asked(&file, &out).run().await.unwrap_err();
        assert_eq!(
            format!("{error:#}").matches("line 2").count(),
            1,
            "{error:#}"
        );
        assert_eq!(std::fs::read_to_string(&out).unwrap(), "before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        std::fs::write(&file, "series,time,value\na,2024-01,1\na,2024-02,1\n").unwrap();
        asked(&file, &link).run().await.unwrap();
        assert!(link.is_symlink(), "it is written to, not replaced");
    }
}
