//! The candidates: each turns a history into a path of future values.

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::exponential::{ETS, ETSSpec};
use anofox_forecast::models::theta::Theta;
use anofox_forecast::models::{Forecaster, MSTLForecaster, TrendForecastMethod};
use chrono::{DateTime, TimeDelta};

use super::metrics::mean;
use super::{regression, smoothing};

/// Fewer values other than zero than this share make a series sparse: only its mean is of use.
const SPARSE: f64 = 0.1;
/// Decompositions of longer histories would take too long.
const MAX_DECOMPOSED: usize = 3_000;
/// Seasonal state-space models of longer seasons would take too long.
const MAX_ETS_SEASON: usize = 12;

/// One way to forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// The mean of the last two of the longest seasons.
    Mean,
    /// The values one season ago.
    SeasonalNaive(usize),
    /// Exponential smoothing with all seasons and autocorrelated errors.
    Smoothing(Scale),
    /// Ridge regression on a few, or on many, earlier values.
    Regression(Width, Scale),
    /// Seasonal-trend decomposition, the rest by exponential smoothing.
    Mstl,
    /// Theta on the deseasonalised series.
    Theta,
    /// Seasonal exponential smoothing as a state-space model.
    Ets,
}

/// On which scale a model works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    Plain,
    Log,
}

/// How many earlier values a regression looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    Few,
    Many,
}

/// The seasons that a history of `length` is long enough for: the one asked for and the next longer
/// one (the week of a day's steps, the year of a week's days).
pub(super) fn seasons(season: usize, length: usize) -> Vec<usize> {
    let longer = match season {
        7 => 364,
        24.. => 7 * season,
        _ => usize::MAX,
    };
    if season < 2 || length < 2 * season + 6 {
        Vec::new()
    } else if longer < usize::MAX && length > longer + 3 * season {
        vec![season, longer]
    } else {
        vec![season]
    }
}

/// The models that are worth trying on a history.
pub(super) fn candidates(history: &[f64], seasons: &[usize]) -> Vec<Model> {
    use {Model::*, Scale::*, Width::*};
    let nonzero = history.iter().filter(|v| **v != 0.0).count() as f64;
    if nonzero < SPARSE * history.len() as f64 {
        return vec![Mean];
    }
    let mut found: Vec<Model> = seasons.iter().map(|s| SeasonalNaive(*s)).collect();
    if found.is_empty() {
        found.push(SeasonalNaive(1));
    }
    found.push(Mean);
    let scales: &[Scale] = if history.iter().all(|v| *v >= 0.0) {
        &[Plain, Log]
    } else {
        &[Plain]
    };
    for scale in scales {
        found.extend([
            Smoothing(*scale),
            Regression(Few, *scale),
            Regression(Many, *scale),
        ]);
    }
    if let Some(season) = seasons.first().filter(|_| history.len() <= MAX_DECOMPOSED) {
        found.extend([Mstl, Theta]);
        found.extend((*season <= MAX_ETS_SEASON).then_some(Ets));
    }
    found
}

impl Model {
    /// What a report calls it.
    pub(super) fn name(self) -> String {
        let log = |scale| if scale == Scale::Log { "log " } else { "" };
        match self {
            Model::Mean => "mean".to_owned(),
            Model::SeasonalNaive(season) => format!("seasonal naive {season}"),
            Model::Smoothing(scale) => format!("{}smoothing", log(scale)),
            Model::Regression(Width::Few, scale) => format!("{}regression", log(scale)),
            Model::Regression(Width::Many, scale) => format!("{}wide regression", log(scale)),
            Model::Mstl => "mstl".to_owned(),
            Model::Theta => "theta".to_owned(),
            Model::Ets => "ets".to_owned(),
        }
    }

    /// The next `horizon` values, within the [`Bounds`] of the history; `None` if it is too short.
    pub(super) fn forecast(
        self,
        history: &[f64],
        seasons: &[usize],
        horizon: usize,
    ) -> Option<Vec<f64>> {
        let bounds = Bounds::of(history);
        let path = self.unbounded(history, seasons, horizon)?;
        let usable = path.len() == horizon && path.iter().all(|v| !v.is_nan());
        usable.then(|| path.into_iter().map(|v| bounds.clamp(v)).collect())
    }

    fn unbounded(self, history: &[f64], seasons: &[usize], horizon: usize) -> Option<Vec<f64>> {
        let first = seasons.first().copied();
        match self {
            Model::Mean => Some(vec![recent_mean(history, seasons); horizon]),
            Model::SeasonalNaive(season) => repeat(history, season, horizon),
            Model::Smoothing(scale) => scale.apply(history, |values| {
                smoothing::forecast(values, seasons, horizon)
            }),
            Model::Regression(width, scale) => {
                let lags = regression::lags(seasons, width == Width::Many);
                scale.apply(history, |values| {
                    regression::forecast(values, &lags, horizon)
                })
            }
            Model::Mstl => library(
                MSTLForecaster::new(seasons.to_vec()).with_trend_method(TrendForecastMethod::SES),
                history,
                horizon,
            ),
            Model::Theta => library(Theta::seasonal(first?), history, horizon),
            Model::Ets => library(ETS::new(ETSSpec::ana(), first?), history, horizon),
        }
    }
}

impl Scale {
    fn apply(
        self,
        history: &[f64],
        forecast: impl Fn(&[f64]) -> Option<Vec<f64>>,
    ) -> Option<Vec<f64>> {
        if self == Scale::Plain {
            return forecast(history);
        }
        let offset = if history.contains(&0.0) { 1.0 } else { 0.0 };
        let logs: Vec<f64> = history.iter().map(|v| (v + offset).ln()).collect();
        Some(
            forecast(&logs)?
                .into_iter()
                .map(|v| v.exp() - offset)
                .collect(),
        )
    }
}

/// How far a forecast may go: as far beyond the history as the history itself reaches, and not
/// below zero if the history never was.
pub(super) struct Bounds {
    low: f64,
    high: f64,
}

impl Bounds {
    pub(super) fn of(history: &[f64]) -> Bounds {
        let low = history.iter().copied().fold(f64::INFINITY, f64::min);
        let high = history.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let beyond = low - (high - low);
        Bounds {
            low: if low >= 0.0 { beyond.max(0.0) } else { beyond },
            high: high + (high - low),
        }
    }

    fn clamp(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }
}

fn recent_mean(history: &[f64], seasons: &[usize]) -> f64 {
    let recent = 2 * seasons.last().copied().unwrap_or(history.len()).max(14);
    mean(&history[history.len().saturating_sub(recent)..])
}

fn repeat(history: &[f64], season: usize, horizon: usize) -> Option<Vec<f64>> {
    let start = history.len().checked_sub(season)?;
    Some(
        history[start..]
            .iter()
            .copied()
            .cycle()
            .take(horizon)
            .collect(),
    )
}

fn library(mut model: impl Forecaster, history: &[f64], horizon: usize) -> Option<Vec<f64>> {
    let time = |i| DateTime::UNIX_EPOCH + TimeDelta::hours(i as i64);
    let times = (0..history.len()).map(time).collect();
    let series = TimeSeries::univariate(times, history.to_vec()).ok()?;
    Some(model.fit_predict(&series, horizon).ok()?.primary().to_vec())
}
