//! Predictions: forecasts of clicks by people, from the settled views of the newest manifest.

mod history;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use datafusion::{error::DataFusionError, parquet::errors::ParquetError};
use handover::{
    forecasts::{self, Backtest, Forecast, Grain, LEDGER, Made, Point},
    manifest::File,
};
use model::random::new_nonce;
use object_store::ObjectStoreExt;
use serde::Serialize;
use storage::{
    error::StorageError,
    ledger::{Appended, Ledger},
    object_keys::ObjectKey,
    store::StoreError,
};

use self::history::{Histories, History, Window};
use crate::{
    RollupDeps,
    forecast::{
        ForecastError, FrameError, Grid, Options, Series, count_series, forecast_series,
        parallel_map,
    },
};

/// How often an entry is tried to be added while others add theirs.
const TRIES: u32 = 5;
/// Most entities that are forecast per grain, whatever is asked for.
const MOST_SERIES: usize = 50_000;

/// What is forecast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredictSettings {
    /// Hours ahead.
    pub hourly_horizon: usize,
    /// Days ahead.
    pub daily_horizon: usize,
    /// Hours since an entity's first click before its hours are forecast.
    pub min_hours: usize,
    /// Days since an entity's first click before its days are forecast.
    pub min_days: usize,
    /// Most entities that are forecast per grain: those with the most clicks.
    pub max_series: usize,
}

impl Default for PredictSettings {
    fn default() -> Self {
        Self {
            hourly_horizon: 48,
            daily_horizon: 28,
            min_hours: 72,
            min_days: 14,
            max_series: 2_000,
        }
    }
}

/// What a run made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PredictReport {
    /// The manifest whose views were looked at; 0 if there is none yet.
    pub manifest: u64,
    /// Whether this run's forecasts are the newest; not if there is no manifest, or if a run over a
    /// newer one was faster.
    pub published: bool,
    /// Forecasts made.
    pub series: u64,
    /// Their points.
    pub rows: u64,
    /// The object they are in.
    pub file: Option<String>,
}

/// Why a run failed. Nothing of it is visible; the forecasts before it stay.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// The object store failed.
    #[error(transparent)]
    Storage(StorageError),
    /// The history could not be read.
    #[error("the history for forecasts cannot be read from the views: {0}; run it again")]
    Query(#[from] DataFusionError),
    /// The history could not be put on a grid.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The settings ask for what cannot be forecast.
    #[error("forecast settings: {0}")]
    Forecast(#[from] ForecastError),
    /// The file could not be made.
    #[error("the file of forecasts cannot be made: {0}; this is a defect, please report it")]
    Encode(#[from] ParquetError),
    /// A model failed in a way it must not.
    #[error("a forecast ended early: {0}; this is a defect, please report it")]
    Work(#[from] tokio::task::JoinError),
    /// Others added entries first, again and again.
    #[error("other runs published forecasts first, {TRIES} times in a row; theirs are in place")]
    Outrun,
}

storage::from_storage_errors!(PredictError);

/// Forecasts the clicks of the busiest accounts, campaigns and links and publishes them.
///
/// History ends with the last hour or day that is over, both by what is settled and by the clock.
pub async fn predict(
    deps: &RollupDeps,
    settings: PredictSettings,
) -> Result<PredictReport, PredictError> {
    let current = deps.manifests.latest().await?;
    if current.n == 0 {
        return Ok(PredictReport::default());
    }
    let made_ms = deps.env.clock.now_ms();
    let until = current.manifest.settled_ms.min(made_ms);
    let mut all = Vec::new();
    for grain in Grain::ALL {
        let task = Task::new(grain, &settings, made_ms);
        let window = Window::new(
            task.grid,
            until,
            task.min_points,
            settings.max_series.min(MOST_SERIES),
        );
        let mut histories = Histories::open(deps, &current.manifest, window).await?;
        while let Some(some) = histories.next().await? {
            all.extend(forecast_all(some, task).await?);
        }
    }
    publish(deps, current.n, made_ms, all).await
}

/// How the series of one grain are forecast.
#[derive(Debug, Clone, Copy)]
struct Task {
    grain: Grain,
    grid: Grid,
    horizon: usize,
    min_points: usize,
    made_ms: i64,
}

impl Task {
    fn new(grain: Grain, settings: &PredictSettings, made_ms: i64) -> Self {
        let (grid, horizon, min_points) = match grain {
            Grain::Hour => (Grid::Hour, settings.hourly_horizon, settings.min_hours),
            Grain::Day => (Grid::Day, settings.daily_horizon, settings.min_days),
        };
        Self {
            grain,
            grid,
            horizon,
            min_points,
            made_ms,
        }
    }
}

/// Ends the work on other threads when the one who waits for it is gone.
#[derive(Default)]
struct EndOnDrop(Arc<AtomicBool>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Forecasts on threads that may block. If the caller goes away, no further series is begun.
async fn forecast_all(history: History, task: Task) -> Result<Vec<Forecast>, PredictError> {
    let end = EndOnDrop::default();
    let ended = Arc::clone(&end.0);
    let work = move || -> Result<Vec<Forecast>, PredictError> {
        let series = count_series(&history.observations, task.grid, history.until)?;
        let forecast = |series: &Series| match ended.load(Ordering::Relaxed) {
            true => Ok(None),
            false => forecast_one(&history, series, task).map(Some),
        };
        let forecasts: Result<Vec<_>, _> = parallel_map(&series, forecast).into_iter().collect();
        Ok(forecasts?.into_iter().flatten().collect())
    };
    tokio::task::spawn_blocking(work).await?
}

fn forecast_one(history: &History, series: &Series, task: Task) -> Result<Forecast, ForecastError> {
    let made = forecast_series(
        &series.values,
        task.grid.season(),
        task.horizon,
        &Options::default(),
    )?;
    let ahead = (series.values.len()..).map(|index| series.time(index));
    let points = ahead.zip(made.points).map(|(time_ms, p)| Point {
        time_ms,
        value: p.value,
        lower_80: p.lower_80,
        upper_80: p.upper_80,
        lower_95: p.lower_95,
        upper_95: p.upper_95,
    });
    Ok(Forecast {
        entity: history.entities[series.series as usize],
        grain: task.grain,
        model: made.model,
        made_ms: task.made_ms,
        backtest: made.backtest.map(|b| Backtest {
            smape: b.smape,
            mase: b.mase,
            naive_mase: b.naive_mase,
            coverage_80: b.coverage_80,
            coverage_95: b.coverage_95,
            origins: u32::try_from(b.origins).unwrap_or(u32::MAX),
        }),
        points: points.collect(),
    })
}

async fn publish(
    deps: &RollupDeps,
    manifest: u64,
    made_ms: i64,
    mut all: Vec<Forecast>,
) -> Result<PredictReport, PredictError> {
    let (bytes, rows) = forecasts::encode(&mut all)?;
    let name = format!(
        "{manifest:010}-{:016x}",
        new_nonce(&*deps.env.random) as u64
    );
    let path = ObjectKey::Forecast { name: name.clone() }.path();
    let series = all.len() as u64;
    let made = Made {
        file: File {
            name,
            rows,
            bytes: bytes.len() as u64,
        },
        manifest,
        made_ms,
        series,
    };
    deps.env
        .store
        .put(&path, bytes.into())
        .await
        .map_err(|e| StoreError::request("write", &path, e))?;
    let appended = append(deps, &made).await;
    if matches!(appended, Ok(false) | Err(PredictError::Outrun))
        && let Err(error) = deps.env.store.delete(&path).await
    {
        tracing::warn!(%error, %path, "forecasts that nobody refers to stay");
    }
    let published = appended?;
    tracing::info!(manifest, series, published, "forecasts are made");
    Ok(PredictReport {
        manifest,
        published,
        series,
        rows,
        file: published.then(|| path.to_string()),
    })
}

/// Adds the entry, unless there is one of a newer manifest.
async fn append(deps: &RollupDeps, made: &Made) -> Result<bool, PredictError> {
    let ledger = Ledger::new(Arc::clone(&deps.env.store), LEDGER);
    for _ in 0..TRIES {
        let newest = ledger.latest::<Made>().await?;
        if newest
            .as_ref()
            .is_some_and(|entry| entry.body.manifest > made.manifest)
        {
            return Ok(false);
        }
        let n = newest.map_or(1, |entry| entry.n + 1);
        if ledger.append(n, made, deps.env.stamp()).await? == Appended::Yes {
            return Ok(true);
        }
    }
    Err(PredictError::Outrun)
}

#[cfg(test)]
mod tests {
    use storage::error::told;

    use super::*;

    #[test]
    fn why_a_run_failed_is_told_once() {
        let query = DataFusionError::Plan("there is no column".into());
        let external = DataFusionError::External("the bucket is gone".into());
        let encode = ParquetError::General("no room".into());
        for (error, cause) in [
            (PredictError::from(query), "there is no column"),
            (PredictError::from(external), "the bucket is gone"),
            (PredictError::from(encode), "no room"),
        ] {
            let text = told(&error);
            assert_eq!(text.matches(cause).count(), 1, "{text}");
            assert!(
                text.ends_with("it again") || text.ends_with("report it"),
                "{text}"
            );
        }
    }
}
