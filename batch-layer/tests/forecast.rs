//! Forecasts: what always holds, and how good they are on real series.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use batch_layer::forecast::{
    Forecast, ForecastError, Grid, Observation, Options, count_series, evaluate_m4, forecast_csv,
    forecast_series,
};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use testing::data;

fn forecast(values: &[f64], season: usize, horizon: usize) -> Forecast {
    forecast_series(values, season, horizon, &Options::default()).expect("a forecast")
}

/// A day of hours with a weekend, and noise that looks like any other.
fn hourly(length: usize, noise: f64) -> Vec<f64> {
    let value = |t: usize| {
        let day = (t as f64 / 24.0 * std::f64::consts::TAU).sin();
        let weekend = if t / 24 % 7 >= 5 { 0.5 } else { 1.0 };
        let jitter = (t * 7919 % 101) as f64 / 50.0 - 1.0;
        ((100.0 + 60.0 * day) * weekend + noise * jitter).round()
    };
    (0..length).map(value).collect()
}

fn sound(values: &[f64], forecast: &Forecast) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for p in &forecast.points {
        assert!(p.lower_95 <= p.lower_80 && p.lower_80 <= p.value, "{p:?}");
        assert!(p.value <= p.upper_80 && p.upper_80 <= p.upper_95, "{p:?}");
        assert!(low < 0.0 || p.lower_95 >= 0.0, "{p:?}");
        assert!(
            p.value <= high + (high - low) && p.value >= low - (high - low),
            "{p:?}"
        );
        assert!(p.upper_95.is_finite() && p.lower_95.is_finite(), "{p:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_series_has_a_sound_forecast(
        values in prop::collection::vec(-1e6..1e6f64, 1..120),
        season in 1usize..30,
        horizon in 1usize..60,
    ) {
        let forecast = forecast(&values, season, horizon);
        prop_assert_eq!(forecast.points.len(), horizon);
        sound(&values, &forecast);
    }

    #[test]
    fn any_counts_have_a_sound_forecast(
        values in prop::collection::vec(prop_oneof![3 => Just(0u32), 2 => 0..20u32, 1 => 0..5000u32], 1..200),
        season in prop_oneof![Just(7usize), Just(24)],
    ) {
        let values: Vec<f64> = values.into_iter().map(f64::from).collect();
        sound(&values, &forecast(&values, season, 48));
    }

    #[test]
    fn a_constant_stays_constant(value in 0..100_000u32, length in 1usize..150, season in 1usize..30) {
        let value = f64::from(value);
        let forecast = forecast(&vec![value; length], season, 10);
        for p in &forecast.points {
            prop_assert!((p.value - value).abs() <= value * 1e-9, "{:?}", p);
        }
    }
}

#[test]
fn the_same_series_has_the_same_forecast() {
    let values = hourly(700, 20.0);
    assert_eq!(forecast(&values, 24, 48), forecast(&values, 24, 48));
}

#[test]
fn what_repeats_exactly_is_repeated() {
    let values = hourly(24 * 7 * 4, 0.0);
    let forecast = forecast(&values, 24, 48);
    assert_eq!(forecast.model, "seasonal naive 168");
    let backtest = forecast.backtest.expect("long enough");
    assert_eq!((backtest.mase, backtest.coverage_95), (0.0, 1.0));
    assert!(backtest.naive_mase > 0.0);
    for (step, point) in forecast.points.iter().enumerate() {
        assert!((point.value - values[24 * 7 * 3 + step]).abs() < 1e-9);
    }
}

#[test]
fn a_weekly_pattern_with_noise_is_forecast_better_than_by_the_last_day() {
    let backtest = forecast(&hourly(800, 15.0), 24, 48)
        .backtest
        .expect("long enough");
    assert!(backtest.mase < 0.8 * backtest.naive_mase, "{backtest:?}");
    assert!(
        backtest.coverage_80 > 0.6 && backtest.coverage_95 > 0.8,
        "{backtest:?}"
    );
    assert!(backtest.origins >= 8, "{backtest:?}");
}

#[test]
fn short_series_have_a_level_and_no_backtest() {
    let short = forecast(&[4.0, 6.0], 24, 3);
    assert_eq!((short.model.as_str(), short.backtest), ("mean", None));
    assert!(
        short
            .points
            .iter()
            .all(|p| p.value == 5.0 && p.upper_80 > 5.0),
        "{short:?}"
    );
}

#[test]
fn rare_events_have_their_mean_and_silence_has_zero() {
    let rare: Vec<f64> = (0..700).map(|t| f64::from(u8::from(t % 28 == 0))).collect();
    let forecast_of_rare = forecast(&rare, 24, 24);
    assert_eq!(forecast_of_rare.model, "mean");
    assert!((forecast_of_rare.points[0].value - 1.0 / 28.0).abs() < 1e-9);
    let over: Vec<f64> = (0..700).map(|t| f64::from(u8::from(t < 30))).collect();
    assert!(
        forecast(&over, 24, 24)
            .points
            .iter()
            .all(|p| p.value == 0.0)
    );
}

#[test]
fn unusable_input_is_refused() {
    let refuse = |values: &[f64], season, horizon| {
        forecast_series(values, season, horizon, &Options::default()).expect_err("refused")
    };
    assert_eq!(refuse(&[], 7, 1), ForecastError::Empty);
    assert!(matches!(
        refuse(&[1.0, f64::NAN], 7, 1),
        ForecastError::Value { index: 1, .. }
    ));
    assert!(matches!(
        refuse(&[f64::INFINITY], 7, 1),
        ForecastError::Value { index: 0, .. }
    ));
    assert_eq!(refuse(&[1.0], 0, 1), ForecastError::Season);
    assert_eq!(refuse(&[1.0], 7, 0), ForecastError::Horizon(0));
    assert_eq!(
        refuse(&[1.0], 7, usize::MAX),
        ForecastError::Horizon(usize::MAX)
    );
}

#[test]
fn events_become_whole_hours_and_days_with_zeros_between() {
    const HOUR: i64 = 3_600_000;
    let event = |series, time, value| Observation {
        series,
        time,
        value,
        line: 0,
    };
    let events = [
        event(1, 3 * HOUR + 5, 2.0),
        event(0, -HOUR + 1, 1.0),
        event(1, 5 * HOUR, 1.0),
        event(1, 3 * HOUR + 9, 4.0),
        event(0, 7 * HOUR + 1, 9.0),
    ];
    let hours = count_series(&events, Grid::Hour, 7 * HOUR + 30).expect("series");
    assert_eq!(hours.len(), 2);
    assert_eq!(
        (hours[0].start, hours[0].values.len(), hours[0].filled),
        (-HOUR, 8, 7)
    );
    assert_eq!(
        (hours[1].start, hours[1].values.as_slice()),
        (3 * HOUR, &[6.0, 0.0, 1.0, 0.0][..])
    );
    assert_eq!(hours[1].time(4), 7 * HOUR);
    let days = count_series(&events, Grid::Day, 24 * HOUR).expect("series");
    assert_eq!(
        (days[0].start, days[0].values.as_slice()),
        (-24 * HOUR, &[1.0, 9.0][..])
    );
    assert_eq!((days[1].start, days[1].values.as_slice()), (0, &[7.0][..]));
}

#[test]
fn a_missing_file_and_a_folder_are_named_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, part) in [
        (Path::new("no-such.csv"), "no-such.csv"),
        (folder.path(), "is a folder"),
    ] {
        let error = forecast_csv(path, Vec::new(), 1, 7).expect_err("refused");
        assert!(error.to_string().contains(part), "{error}");
        assert!(
            std::error::Error::source(&error).is_none(),
            "a source would be printed again"
        );
    }
}

#[test]
fn packed_files_are_read_and_cut_off_ones_refused() {
    let rows: String = (1..=12)
        .map(|month| format!("a,2023-{month:02},{month}\n"))
        .collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    write!(packed, "series,time,value\n{rows}").expect("written");
    let packed = packed.finish().expect("packed");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("months.csv.gz");
    std::fs::write(&file, &packed).expect("written");
    let mut output = Vec::new();
    let summary = forecast_csv(&file, &mut output, 2, 1).expect("a forecast");
    assert_eq!((summary.rows, summary.series, summary.written), (12, 1, 2));
    assert!(
        String::from_utf8(output)
            .expect("UTF-8")
            .contains("\na,2024-02,")
    );
    std::fs::write(&file, &packed[..packed.len() - 9]).expect("written");
    let error = forecast_csv(&file, Vec::new(), 2, 1).expect_err("cut off");
    assert!(
        error.to_string().contains("cannot be read to its end"),
        "{error}"
    );
}

#[test]
fn a_season_longer_than_the_values_is_no_panic() {
    for season in [5, 1000, usize::MAX / 2, usize::MAX] {
        for length in [1, 4, 40] {
            let values: Vec<f64> = (0..length).map(f64::from).collect();
            sound(&values, &forecast(&values, season, 50));
        }
    }
}

#[test]
fn real_requests_of_a_web_site_are_forecast_from_a_file() {
    testing::needs_data!("series-hourly-nasa");
    let text =
        std::fs::read_to_string(data("series-hourly-nasa/hourly_1995-07.csv")).expect("text");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect())
        .collect();
    let (known, future) = rows.split_at(rows.len() - 168);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nasa.csv");
    let body: String = known
        .iter()
        .map(|r| format!("nasa,{},{}\n", r[1], r[2]))
        .collect();
    std::fs::write(&file, "series,time,value\n".to_owned() + &body).expect("written");
    let mut output = Vec::new();
    let summary = forecast_csv(&file, &mut output, 168, 24).expect("a forecast");
    println!("{summary:?}");
    let output = String::from_utf8(output).expect("UTF-8");
    let (mut error, mut total) = (0.0, 0.0);
    for (line, row) in output.lines().skip(1).zip(future) {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[1], row[1]);
        let actual: f64 = row[2].parse().expect("a count");
        error += (fields[2].parse::<f64>().expect("a number") - actual).abs();
        total += actual;
    }
    println!(
        "WAPE {:.4} (repeating the last day 0.2956, the last week 0.2251)",
        error / total
    );
    assert!(error / total < 0.2956);
}

/// A sample keeps this quick in unoptimised builds; the next test takes all series.
#[test]
fn a_sample_of_m4_is_forecast_better_than_by_the_last_day() {
    testing::needs_data!("series-m4-hourly");
    let folder = tempfile::tempdir().expect("a folder");
    let source = |name: &str| data(&format!("series-m4-hourly/{name}"));
    let tables = [
        "reference_dev_half.csv",
        "published_point_forecasts.csv",
        "Hourly-train.csv.gz",
    ];
    for name in tables {
        std::fs::copy(source(name), folder.path().join(name)).expect("copied");
    }
    let all = File::open(source("Hourly-test-dev.csv.gz")).expect("readable");
    let sample = File::create(folder.path().join("Hourly-test-dev.csv.gz")).expect("writable");
    let mut sample = GzEncoder::new(sample, Compression::fast());
    for (i, line) in BufReader::new(GzDecoder::new(all)).lines().enumerate() {
        if i % 20 == 0 {
            writeln!(sample, "{}", line.expect("text")).expect("written");
        }
    }
    sample.finish().expect("written");
    let report = evaluate_m4(folder.path()).expect("a report");
    assert_eq!((report.series, report.horizon), (11, 48));
    assert!(report.ours.owa < 0.62, "{report}");
}

#[test]
#[ignore = "takes minutes without optimisation: cargo test --release -- --ignored"]
fn all_of_m4_is_forecast_better_than_by_the_last_day() {
    testing::needs_data!("series-m4-hourly");
    let report = evaluate_m4(&data("series-m4-hourly")).expect("a report");
    println!("{report}");
    assert_eq!(report.series, 221);
    assert!(report.ours.owa < 0.45, "{report}");
    assert!(
        report.coverage[0] > 0.75 && report.coverage[1] > 0.90,
        "{report}"
    );
}
