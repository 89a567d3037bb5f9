//! Forecasts of counts: several models, chosen and measured per series by backtest.
//!
//! [`forecast_series`] is a pure function: the same values give the same forecast. Candidates are
//! judged on rolling origins; the median of the best few is the forecast; their errors there give
//! the intervals (split conformal). A forecast stays within a multiple of what was ever seen, and
//! never falls below zero when the history does not.

mod backtest;
mod csv;
mod digits;
mod frames;
mod intervals;
mod m4;
mod m4_files;
mod m4_scores;
mod metrics;
mod models;
mod months;
mod parallel;
mod periods;
mod regression;
mod smoothing;
mod steps;
mod summary;
mod table;
mod text;
mod time;
mod types;
mod unusable;

pub use self::csv::{CsvError, forecast_csv};
pub use self::frames::{FrameError, Grid, Observation, Series, count_series};
pub use self::m4::{M4Report, evaluate_m4};
pub use self::m4_scores::{M4Error, Scores};
pub use self::parallel::parallel_map;
pub use self::summary::{LeftOut, Summary};
pub use self::types::{Backtest, Forecast, Options, Point};
pub use self::unusable::Unusable;

use self::backtest::{Plan, Trial};
use self::intervals::Residuals;
use self::models::Model;
use self::types::Task;

const MAX_HORIZON: usize = 10_000;
/// Squares of values up to here, and sums of them, are finite.
const MAX_VALUE: f64 = 1e100;
/// A candidate whose error is this many times the best one's is left out of the median.
const TOLERANCE: f64 = 1.5;

/// Why a series cannot be forecast.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ForecastError {
    /// There are no values.
    #[error("the series has no values; give at least one")]
    Empty,
    /// A value is NaN, infinite or beyond any count.
    #[error("value {value} at position {index} is not a usable number; correct or drop it")]
    Value {
        /// Position in the series, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The horizon is zero or too long.
    #[error("horizon {0} is outside 1 to {MAX_HORIZON}; ask for a number of steps between")]
    Horizon(usize),
    /// The season is zero.
    #[error("season 0 is not a length; give 1 for a series without a season")]
    Season,
}

/// Forecasts the next `horizon` values of an evenly spaced series.
///
/// `season` is the length of the shortest season in steps (24 for hours, 7 for days, 1 for none);
/// the week of days, or the year of weeks, is added where the history has it.
pub fn forecast_series(
    values: &[f64],
    season: usize,
    horizon: usize,
    options: &Options,
) -> Result<Forecast, ForecastError> {
    check(values, season, horizon)?;
    let task = Task::new(values, season, horizon, options);
    Ok(match Plan::new(&task, options.max_origins) {
        Some(plan) => tested(&task, &plan, options),
        None => untested(&task),
    })
}

fn check(values: &[f64], season: usize, horizon: usize) -> Result<(), ForecastError> {
    if values.is_empty() {
        return Err(ForecastError::Empty);
    }
    check_asked(season, horizon)?;
    let usable = |value: f64| value.is_finite() && value.abs() <= MAX_VALUE;
    match values.iter().position(|v| !usable(*v)) {
        Some(index) => Err(ForecastError::Value {
            index,
            value: values[index],
        }),
        None => Ok(()),
    }
}

/// Whether any series could be forecast so.
fn check_asked(season: usize, horizon: usize) -> Result<(), ForecastError> {
    match (season, horizon) {
        (_, h) if !(1..=MAX_HORIZON).contains(&h) => Err(ForecastError::Horizon(horizon)),
        (0, _) => Err(ForecastError::Season),
        _ => Ok(()),
    }
}

/// The median of the candidates that did best on the past, with intervals from their errors there.
fn tested(task: &Task<'_>, plan: &Plan, options: &Options) -> Forecast {
    let trials = backtest::trials(task, plan);
    let members = backtest::best(&trials, options.max_members, TOLERANCE);
    let past: Vec<Vec<f64>> = (0..plan.origins.len())
        .map(|origin| median_path(members.iter().map(|m| m.forecasts[origin].as_slice())))
        .collect();
    let ahead: Vec<Vec<f64>> = members
        .iter()
        .filter_map(|m| m.model.forecast(task.history, &task.seasons, task.horizon))
        .collect();
    let residuals = Residuals::of_backtest(&plan.errors(task, &past), task.season);
    Forecast {
        model: name(&members),
        points: residuals.around(&median_path(ahead.iter().map(Vec::as_slice)), task.history),
        backtest: Some(backtest::report(task, plan, &past, &residuals)),
    }
}

/// The level of a series that is too short for a backtest, with intervals from its spread.
fn untested(task: &Task<'_>) -> Forecast {
    let level = metrics::mean(task.history);
    let residuals = Residuals::of_spread(task.history, level);
    let path = vec![level; task.horizon];
    Forecast {
        model: Model::Mean.name(),
        points: residuals.around(&path, task.history),
        backtest: None,
    }
}

fn name(members: &[&Trial]) -> String {
    match members {
        [one] => one.model.name(),
        many => {
            let names: Vec<String> = many.iter().map(|m| m.model.name()).collect();
            format!("median({})", names.join(" + "))
        }
    }
}

/// The median of several paths, step by step.
fn median_path<'a>(paths: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let paths: Vec<&[f64]> = paths.collect();
    let steps = paths.iter().map(|p| p.len()).min().unwrap_or(0);
    (0..steps)
        .map(|step| metrics::median(paths.iter().map(|p| p[step]).collect()))
        .collect()
}
