//! Forecasts.

use handover::forecasts::{Backtest, Forecast, Grain, Made, Point};
use model::{EntityId, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// What the newest run of predictions says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forecasts {
    /// The forecasts; none is no error.
    pub results: Vec<ForecastView>,
    /// What they are of.
    pub meta: ForecastMeta,
}

/// What forecasts are of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastMeta {
    /// Whose clicks are forecast.
    #[schema(value_type = String, example = "acc_0000000000001")]
    entity: EntityId,
    /// The manifest whose numbers were looked at; null: there was no run yet.
    #[schema(required, example = 7)]
    manifest: Option<u64>,
    /// When the run was.
    #[schema(required, example = "2026-01-02T03:04:05Z")]
    made_at: Option<String>,
}

impl ForecastMeta {
    /// Of the run `made`.
    pub(crate) fn new(entity: EntityId, made: Option<&Made>) -> Self {
        Self {
            entity,
            manifest: made.map(|made| made.manifest),
            made_at: made.map(|made| rfc3339(made.made_ms)),
        }
    }
}

/// One forecast of clicks by people.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub(crate) struct ForecastView {
    /// Whose clicks.
    #[schema(value_type = String, example = "acc_0000000000001")]
    entity: EntityId,
    /// Distance between points: `hourly` or `daily`.
    #[schema(example = "hourly")]
    grain: &'static str,
    /// The model, or the combination of models, that was chosen.
    #[schema(example = "theta")]
    model: String,
    /// When it was made.
    #[schema(example = "2026-01-02T03:04:05Z")]
    made_at: String,
    /// How the same choice did on the past; null where the history is too short to tell.
    #[schema(required, value_type = Option<BacktestView>)]
    backtest: Option<Backtest>,
    /// The points, in order of time.
    points: Vec<ForecastPoint>,
}

/// Errors on the past, by rolling origin.
#[derive(ToSchema)]
#[schema(as = Backtest)]
#[expect(
    dead_code,
    reason = "the schema of `Backtest`, whose crate knows no documents"
)]
struct BacktestView {
    /// Symmetric mean absolute percentage error.
    #[schema(example = 10.5)]
    smape: f64,
    /// Mean absolute scaled error.
    #[schema(example = 0.7)]
    mase: f64,
    /// The same of repeating the last season.
    #[schema(example = 1.0)]
    naive_mase: f64,
    /// Share of values inside the 80 % interval.
    #[schema(example = 0.81)]
    coverage_80: f64,
    /// Share of values inside the 95 % interval.
    #[schema(example = 0.94)]
    coverage_95: f64,
    /// How many origins were forecast from.
    #[schema(example = 12)]
    origins: u32,
}

/// One point: `lower_95 ≤ lower_80 ≤ value ≤ upper_80 ≤ upper_95`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForecastPoint {
    /// Start of the hour or day.
    #[schema(example = "2026-01-02T04:00:00Z")]
    time: String,
    /// What is expected.
    #[schema(example = 120.5)]
    value: f64,
    /// Lower end of the 80 % interval.
    #[schema(example = 100.0)]
    lower_80: f64,
    /// Upper end of the 80 % interval.
    #[schema(example = 141.0)]
    upper_80: f64,
    /// Lower end of the 95 % interval.
    #[schema(example = 89.5)]
    lower_95: f64,
    /// Upper end of the 95 % interval.
    #[schema(example = 152.0)]
    upper_95: f64,
}

impl From<&Forecast> for ForecastView {
    fn from(forecast: &Forecast) -> Self {
        Self {
            entity: forecast.entity,
            grain: match forecast.grain {
                Grain::Hour => "hourly",
                Grain::Day => "daily",
            },
            model: forecast.model.clone(),
            made_at: rfc3339(forecast.made_ms),
            backtest: forecast.backtest,
            points: forecast.points.iter().map(ForecastPoint::from).collect(),
        }
    }
}

impl From<&Point> for ForecastPoint {
    fn from(point: &Point) -> Self {
        Self {
            time: rfc3339(point.time_ms),
            value: point.value,
            lower_80: point.lower_80,
            upper_80: point.upper_80,
            lower_95: point.lower_95,
            upper_95: point.upper_95,
        }
    }
}
