//! Reading the M4 competition's files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use super::m4_scores::{M4Error, Scores, owa};

/// Rows of an id and its values; shorter rows end in empty fields.
pub(super) fn series(path: &Path) -> Result<Vec<(String, Vec<f64>)>, M4Error> {
    let row = |record: &csv::StringRecord| {
        let values = record.iter().skip(1).take_while(|text| !text.is_empty());
        let values = values
            .map(|text| number(path, text))
            .collect::<Result<Vec<f64>, _>>()?;
        Ok((record.get(0).unwrap_or_default().to_owned(), values))
    };
    records(path)?.iter().skip(1).map(row).collect()
}

/// Method, sMAPE and MASE of each row of a table; OWA against the table's own Naive2.
pub(super) fn scores(path: &Path, names: [&str; 3]) -> Result<Vec<Scores>, M4Error> {
    let records = records(path)?;
    let missing = |what: &str| M4Error::Missing {
        path: path.to_owned(),
        what: what.to_owned(),
    };
    let header = records.first().ok_or_else(|| missing("any rows"))?;
    let column = |name: &str| {
        header
            .iter()
            .position(|h| h == name)
            .ok_or_else(|| missing(&format!("the column {name}")))
    };
    let [method, smape, mase] = [column(names[0])?, column(names[1])?, column(names[2])?];
    let row = |record: &csv::StringRecord| {
        let text = |column: usize| record.get(column).unwrap_or_default();
        Ok(Scores {
            method: text(method).to_owned(),
            smape: number(path, text(smape))?,
            mase: number(path, text(mase))?,
            owa: f64::NAN,
        })
    };
    let mut scores = records[1..]
        .iter()
        .map(row)
        .collect::<Result<Vec<Scores>, M4Error>>()?;
    let plain = scores.clone();
    scores
        .iter_mut()
        .for_each(|s| s.owa = owa(s.smape, s.mase, &plain));
    Ok(scores)
}

fn number(path: &Path, text: &str) -> Result<f64, M4Error> {
    let fail = |_| M4Error::Number {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    text.parse().map_err(fail)
}

/// All rows of a CSV file, gzipped or not, the header too.
fn records(path: &Path) -> Result<Vec<csv::StringRecord>, M4Error> {
    let fail = |error| M4Error::Read {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(|e| fail(e.into()))?;
    let gzipped = path.extension().is_some_and(|ending| ending == "gz");
    let input: Box<dyn Read> = if gzipped {
        Box::new(GzDecoder::new(file))
    } else {
        Box::new(file)
    };
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).flexible(true).from_reader(input);
    reader.records().collect::<Result<_, _>>().map_err(fail)
}
