//! Error measures, as the M4 competition defines them.

/// The mean; 0 of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        0.0
    } else {
        values.iter().sum::<f64>() / values.len() as f64
    }
}

/// The median; 0 of nothing.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// Mean absolute error.
pub(super) fn mae(forecast: &[f64], actual: &[f64]) -> f64 {
    let errors: Vec<f64> = forecast
        .iter()
        .zip(actual)
        .map(|(f, y)| (f - y).abs())
        .collect();
    mean(&errors)
}

/// Mean of 200 |y − f| / (|y| + |f|), where 0 against 0 is no error.
pub(super) fn smape(forecast: &[f64], actual: &[f64]) -> f64 {
    let term = |(f, y): (&f64, &f64)| match f.abs() + y.abs() {
        0.0 => 0.0,
        size => 200.0 * (f - y).abs() / size,
    };
    mean(&forecast.iter().zip(actual).map(term).collect::<Vec<f64>>())
}

/// What MASE divides by: the mean change against the season before.
///
/// A series without such changes is measured by its step-to-step changes, a constant one by 1.
pub(super) fn scale(history: &[f64], season: usize) -> f64 {
    let changes = |lag: usize| {
        let pairs = history.iter().zip(history.iter().skip(lag));
        mean(
            &pairs
                .map(|(before, now)| (now - before).abs())
                .collect::<Vec<f64>>(),
        )
    };
    [changes(season), changes(1), 1.0]
        .into_iter()
        .find(|c| *c > 0.0)
        .unwrap_or(1.0)
}
