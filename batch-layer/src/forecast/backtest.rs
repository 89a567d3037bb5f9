//! Rolling origins: forecast the past from what came before it, and compare.

use super::intervals::Residuals;
use super::metrics::{mae, mean, scale, smape};
use super::models::{Model, candidates};
use super::types::{Backtest, Task};

/// Fewer origins than this say little.
const MIN_ORIGINS: usize = 4;

/// From where, and how far, the past is forecast.
pub(super) struct Plan {
    /// Lengths of the histories that are forecast from, oldest first.
    pub(super) origins: Vec<usize>,
    /// Steps that each origin looks ahead.
    pub(super) steps: usize,
}

impl Plan {
    /// Origins a whole number of seasons apart where there is room; `None` without any room.
    pub(super) fn new(task: &Task<'_>, most: usize) -> Option<Plan> {
        let length = task.history.len();
        let season = task.seasons.first().copied().unwrap_or(1);
        let least = shortest_history(task, season);
        let free = length
            .checked_sub(least)
            .filter(|free| *free >= MIN_ORIGINS)?;
        let steps = task.horizon.min((free * 2 / 3).max(1));
        let apart = distance(free - steps, task.horizon, season);
        let count = ((free - steps) / apart + 1).min(most.max(1));
        let origins = (0..count)
            .rev()
            .map(|back| length - steps - back * apart)
            .collect();
        Some(Plan { origins, steps })
    }

    /// What came after each origin.
    fn actual<'a>(&self, task: &Task<'a>, origin: usize) -> &'a [f64] {
        &task.history[origin..origin + self.steps]
    }

    /// Absolute errors of one path for each origin.
    pub(super) fn errors(&self, task: &Task<'_>, paths: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let errors = |(origin, path): (&usize, &Vec<f64>)| {
            path.iter()
                .zip(self.actual(task, *origin))
                .map(|(f, y)| (f - y).abs())
                .collect()
        };
        self.origins.iter().zip(paths).map(errors).collect()
    }

    fn mean_over<F: Fn(&[f64], &[f64]) -> f64>(
        &self,
        task: &Task<'_>,
        paths: &[Vec<f64>],
        measure: F,
    ) -> f64 {
        let each = self.origins.iter().zip(paths);
        mean(
            &each
                .map(|(o, path)| measure(path, self.actual(task, *o)))
                .collect::<Vec<f64>>(),
        )
    }
}

/// What an origin must know: enough for a regression where the whole is long enough to spare it.
fn shortest_history(task: &Task<'_>, season: usize) -> usize {
    let enough = 2 * season + 20;
    match task.seasons.as_slice() {
        [_, longest] => longest + 2 * season,
        _ if task.history.len() >= 2 * enough => enough,
        [one] => 2 * one,
        _ => 3,
    }
}

/// Steps between origins: half a horizon, in whole seasons if possible, less where room is short.
fn distance(room: usize, horizon: usize, season: usize) -> usize {
    let whole = |steps: usize| steps / season * season;
    let ideal = whole(horizon / 2).max(season);
    let fitting = room / (MIN_ORIGINS - 1);
    if ideal <= fitting {
        ideal
    } else if whole(fitting) > 0 {
        whole(fitting)
    } else if room >= season {
        season
    } else {
        fitting.max(1)
    }
}

/// One candidate's forecasts of the past.
pub(super) struct Trial {
    pub(super) model: Model,
    pub(super) forecasts: Vec<Vec<f64>>,
    error: f64,
}

/// All candidates that can forecast from every origin, best first.
pub(super) fn trials(task: &Task<'_>, plan: &Plan) -> Vec<Trial> {
    let trial = |model: Model| {
        let forecast =
            |origin: &usize| model.forecast(&task.history[..*origin], &task.seasons, plan.steps);
        let forecasts: Vec<Vec<f64>> = plan.origins.iter().map(forecast).collect::<Option<_>>()?;
        let error = plan.mean_over(task, &forecasts, mae);
        Some(Trial {
            model,
            forecasts,
            error,
        })
    };
    let models = candidates(task.history, &task.seasons);
    let mut trials: Vec<Trial> = models.into_iter().filter_map(trial).collect();
    trials.sort_by(|a, b| a.error.total_cmp(&b.error));
    trials
}

/// The best candidates: at most `most`, none much worse than the best, and just one that is exact.
pub(super) fn best(trials: &[Trial], most: usize, tolerance: f64) -> Vec<&Trial> {
    let limit = trials.first().map_or(0.0, |best| best.error * tolerance);
    trials
        .iter()
        .filter(|trial| trial.error <= limit)
        .take(if limit > 0.0 { most.max(1) } else { 1 })
        .collect()
}

/// How the chosen paths did.
pub(super) fn report(
    task: &Task<'_>,
    plan: &Plan,
    paths: &[Vec<f64>],
    residuals: &Residuals,
) -> Backtest {
    let unit = scale(task.history, task.season);
    let naive = |origin: &usize| {
        let season = task.season.min(*origin);
        Model::SeasonalNaive(season).forecast(&task.history[..*origin], &[], plan.steps)
    };
    let naive: Vec<Vec<f64>> = plan.origins.iter().filter_map(naive).collect();
    Backtest {
        smape: plan.mean_over(task, paths, smape),
        mase: plan.mean_over(task, paths, mae) / unit,
        origins: plan.origins.len(),
        coverage_80: residuals.coverage(0.80),
        coverage_95: residuals.coverage(0.95),
        naive_mase: plan.mean_over(task, &naive, mae) / unit,
    }
}
