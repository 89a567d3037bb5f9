//! What a forecast is made of.

use super::models;

/// What bounds the work on one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Most rolling origins of the backtest.
    pub max_origins: usize,
    /// Only the newest so many of the longest seasons are looked at.
    pub max_seasons: usize,
    /// How many of the best candidates are combined at most.
    pub max_members: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            max_origins: 12,
            max_seasons: 8,
            max_members: 7,
        }
    }
}

/// A forecast with what is known of its quality.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The model, or the combination of models, that was chosen.
    pub model: String,
    /// One point for each step ahead.
    pub points: Vec<Point>,
    /// How the same choice did on the past; `None` when the series is too short to tell.
    pub backtest: Option<Backtest>,
}

/// One step ahead: `lower_95 ≤ lower_80 ≤ value ≤ upper_80 ≤ upper_95`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Point {
    pub value: f64,
    pub lower_80: f64,
    pub upper_80: f64,
    pub lower_95: f64,
    pub upper_95: f64,
}

/// Errors on the past, by rolling origin: each origin knew only what came before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backtest {
    /// Mean of 200 |y − f| / (|y| + |f|), in per cent.
    pub smape: f64,
    /// Mean absolute error as a multiple of the history's mean seasonal change.
    pub mase: f64,
    /// How many origins were forecast from.
    pub origins: usize,
    /// Share of values inside the 80 % interval made from the *other* origins.
    pub coverage_80: f64,
    /// The same for the 95 % interval.
    pub coverage_95: f64,
    /// The MASE of repeating the last season, at the same origins.
    pub naive_mase: f64,
}

/// One series and what is asked of it.
pub(super) struct Task<'a> {
    pub(super) history: &'a [f64],
    /// The season that errors are compared with, as asked for.
    pub(super) season: usize,
    /// The seasons that the history is long enough for, shortest first.
    pub(super) seasons: Vec<usize>,
    pub(super) horizon: usize,
}

impl<'a> Task<'a> {
    pub(super) fn new(
        values: &'a [f64],
        season: usize,
        horizon: usize,
        options: &Options,
    ) -> Task<'a> {
        // One that is longer than the history is not in it, however long it is.
        let season = season.min(values.len() + 1);
        let seasons = models::seasons(season, values.len());
        let longest = seasons.last().copied().unwrap_or(season).max(30);
        let keep = (longest * options.max_seasons)
            .max(2 * horizon)
            .min(values.len());
        Task {
            history: &values[values.len() - keep..],
            season,
            seasons,
            horizon,
        }
    }
}
