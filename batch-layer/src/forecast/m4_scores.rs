//! How accurate a method is, and why that cannot be told.

use std::path::PathBuf;

use super::ForecastError;

/// The method that others are measured by.
pub(super) const BASELINE: &str = "Naive2";

/// The accuracy of one method: lower is better, OWA 1 is as good as Naive2.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Scores {
    pub method: String,
    pub smape: f64,
    pub mase: f64,
    pub owa: f64,
}

/// Why the evaluation cannot be done.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // The reasons stand in the sentences: as sources they would be printed twice.
pub enum M4Error {
    #[error("{path}: {error}; give the folder with Hourly-train.csv.gz and its companions")]
    Read { path: PathBuf, error: csv::Error },
    #[error("{path}: `{text}` where a number was expected; get the file again")]
    Number { path: PathBuf, text: String },
    #[error("{path} does not have {what}; get the file again")]
    Missing { path: PathBuf, what: String },
    #[error("series {series}: {error}")]
    Forecast {
        series: String,
        error: ForecastError,
    },
}

/// The mean of both errors, each as a multiple of that of Naive2 among `others`.
pub(super) fn owa(smape: f64, mase: f64, others: &[Scores]) -> f64 {
    let baseline = others.iter().find(|s| s.method == BASELINE);
    baseline.map_or(f64::NAN, |b| f64::midpoint(smape / b.smape, mase / b.mase))
}
