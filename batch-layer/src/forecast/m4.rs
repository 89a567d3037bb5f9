//! Our forecasts of the M4 competition's hourly series beside the published ones.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use super::m4_files::{scores, series};
use super::m4_scores::{M4Error, Scores, owa};
use super::metrics::{mae, mean, scale, smape};
use super::{Forecast, Options, forecast_series, parallel_map};

const SEASON: usize = 24;

/// Scores of ours and of others.
#[derive(Clone, Debug, PartialEq)]
pub struct M4Report {
    /// How many series were forecast.
    pub series: usize,
    /// Steps ahead.
    pub horizon: usize,
    /// Ours on the series whose future is known.
    pub ours: Scores,
    /// Share of values inside our 80 % and 95 % intervals, in that order.
    pub coverage: [f64; 2],
    /// Mean scaled interval score of our 95 % intervals.
    pub msis: f64,
    /// Simple methods on the same series.
    pub same_series: Vec<Scores>,
    /// The competition's table, on all 414 series.
    pub published: Vec<Scores>,
}

/// One series: what is known, and what came then.
struct Case {
    id: String,
    history: Vec<f64>,
    future: Vec<f64>,
}

/// Forecasts all series in `dir` whose future is known (`Hourly-train.csv.gz`,
/// `Hourly-test-dev.csv.gz`) and sets them beside `reference_dev_half.csv` and
/// `published_point_forecasts.csv`.
pub fn evaluate_m4(dir: &Path) -> Result<M4Report, M4Error> {
    let cases = cases(dir)?;
    let options = Options::default();
    let forecasts = parallel_map(&cases, |case| {
        forecast_series(&case.history, SEASON, case.future.len(), &options).map_err(|error| {
            M4Error::Forecast {
                series: case.id.clone(),
                error,
            }
        })
    });
    let forecasts = forecasts.into_iter().collect::<Result<Vec<_>, _>>()?;
    let pairs: Vec<_> = cases.iter().zip(&forecasts).collect();
    report(dir, &pairs)
}

/// The scores of the forecasts beside the tables in `dir`.
fn report(dir: &Path, pairs: &[(&Case, &Forecast)]) -> Result<M4Report, M4Error> {
    let same_series = scores(
        &dir.join("reference_dev_half.csv"),
        ["method", "sMAPE", "MASE"],
    )?;
    let published = ["author_or_benchmark", "hourly_sMAPE", "hourly_MASE"];
    let published = scores(&dir.join("published_point_forecasts.csv"), published)?;
    let over = |measure: fn(&Case, &Forecast) -> f64| {
        mean(
            &pairs
                .iter()
                .map(|(case, forecast)| measure(case, forecast))
                .collect::<Vec<f64>>(),
        )
    };
    let (smape, mase) = (over(case_smape), over(case_mase));
    let owa = owa(smape, mase, &same_series);
    Ok(M4Report {
        series: pairs.len(),
        horizon: pairs.first().map_or(0, |(case, _)| case.future.len()),
        ours: Scores {
            method: "Millrace".to_owned(),
            smape,
            mase,
            owa,
        },
        coverage: [over(case_coverage_80), over(case_coverage_95)],
        msis: over(case_msis),
        same_series,
        published,
    })
}

fn path_of(forecast: &Forecast) -> Vec<f64> {
    forecast.points.iter().map(|p| p.value).collect()
}

fn case_smape(case: &Case, forecast: &Forecast) -> f64 {
    smape(&path_of(forecast), &case.future)
}

fn case_mase(case: &Case, forecast: &Forecast) -> f64 {
    mae(&path_of(forecast), &case.future) / scale(&case.history, SEASON)
}

fn case_coverage_80(case: &Case, forecast: &Forecast) -> f64 {
    inside(case, forecast, |p| (p.lower_80, p.upper_80))
}

fn case_coverage_95(case: &Case, forecast: &Forecast) -> f64 {
    inside(case, forecast, |p| (p.lower_95, p.upper_95))
}

fn inside(case: &Case, forecast: &Forecast, of: fn(&super::Point) -> (f64, f64)) -> f64 {
    let hit = |(point, y): (_, &f64)| {
        let (lower, upper) = of(point);
        f64::from(u8::from(lower <= *y && *y <= upper))
    };
    mean(
        &forecast
            .points
            .iter()
            .zip(&case.future)
            .map(hit)
            .collect::<Vec<f64>>(),
    )
}

fn case_msis(case: &Case, forecast: &Forecast) -> f64 {
    let score = |(p, y): (&super::Point, &f64)| {
        let outside = (p.lower_95 - y).max(0.0) + (y - p.upper_95).max(0.0);
        p.upper_95 - p.lower_95 + outside * 2.0 / 0.05
    };
    let scores = forecast.points.iter().zip(&case.future).map(score);
    mean(&scores.collect::<Vec<f64>>()) / scale(&case.history, SEASON)
}

fn cases(dir: &Path) -> Result<Vec<Case>, M4Error> {
    let train = dir.join("Hourly-train.csv.gz");
    let mut histories: HashMap<String, Vec<f64>> = series(&train)?.into_iter().collect();
    let case = |(id, future): (String, Vec<f64>)| match histories.remove(&id) {
        Some(history) => Ok(Case {
            id,
            history,
            future,
        }),
        None => Err(M4Error::Missing {
            path: train.clone(),
            what: format!("the series {id}"),
        }),
    };
    series(&dir.join("Hourly-test-dev.csv.gz"))?
        .into_iter()
        .map(case)
        .collect()
}

impl fmt::Display for M4Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "M4 hourly, {} series, {} steps ahead\n",
            self.series, self.horizon
        )?;
        table(
            f,
            "on the same series",
            [&self.ours].into_iter().chain(&self.same_series),
        )?;
        let [near, far] = self.coverage.map(|share| 100.0 * share);
        writeln!(
            f,
            "our intervals: 80 % cover {near:.1} %, 95 % cover {far:.1} %"
        )?;
        writeln!(f, "our 95 % intervals: MSIS {:.2}\n", self.msis)?;
        table(
            f,
            "published, on all 414 series (not the same set)",
            self.published.iter(),
        )
    }
}

fn table<'a>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    scores: impl Iterator<Item = &'a Scores>,
) -> fmt::Result {
    writeln!(
        f,
        "{title}\n{:<22}{:>8}{:>8}{:>8}",
        "method", "sMAPE", "MASE", "OWA"
    )?;
    for s in scores {
        writeln!(
            f,
            "{:<22}{:>8.3}{:>8.3}{:>8.3}",
            s.method, s.smape, s.mase, s.owa
        )?;
    }
    writeln!(f)
}
