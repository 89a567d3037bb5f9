//! Ridge regression of a value on earlier values, applied again and again to look ahead.

use super::metrics::mean;

/// Pulls the weights of the standardised lags towards zero.
const RIDGE: f64 = 0.1;
/// Standardised forecasts beyond this are not extrapolation but divergence.
const LIMIT: f64 = 20.0;
const MANY_RECENT: usize = 25;
const MANY_CYCLES: usize = 6;

/// Which earlier values to look at: the last ones, and those around one season ago.
pub(super) fn lags(seasons: &[usize], many: bool) -> Vec<usize> {
    let mut lags: Vec<usize> = seasons.iter().flat_map(|s| [s - 1, *s, s + 1]).collect();
    let season = seasons.first().copied().unwrap_or(1);
    if many {
        let recent = if season > 1 { season + 1 } else { 7 };
        lags.extend(1..=recent.min(MANY_RECENT));
        lags.extend((2..=MANY_CYCLES).map(|cycle| cycle * season));
        lags.extend([2 * season - 1, 2 * season + 1]);
    } else {
        lags.extend([1, 2, 3, 2 * season]);
    }
    lags.retain(|lag| *lag > 0);
    lags.sort_unstable();
    lags.dedup();
    lags
}

/// The next values; `None` if there are too few to learn from, or no variation.
pub(super) fn forecast(values: &[f64], lags: &[usize], horizon: usize) -> Option<Vec<f64>> {
    let centre = mean(values);
    let variance = mean(
        &values
            .iter()
            .map(|v| (v - centre).powi(2))
            .collect::<Vec<f64>>(),
    );
    let spread = variance.sqrt();
    let longest = *lags.last()?;
    if spread <= centre.abs() * 1e-12 || values.len() < longest + 2 * lags.len() + 2 {
        return None;
    }
    let mut known: Vec<f64> = values.iter().map(|v| (v - centre) / spread).collect();
    let weights = fit(&known, lags, longest)?;
    for _ in 0..horizon {
        let next: f64 = row(&known, known.len(), lags)
            .zip(&weights)
            .map(|(x, w)| x * w)
            .sum();
        known.push(next.clamp(-LIMIT, LIMIT));
    }
    Some(
        known[values.len()..]
            .iter()
            .map(|z| z * spread + centre)
            .collect(),
    )
}

/// The lagged values of time `t`, then the constant.
fn row(known: &[f64], t: usize, lags: &[usize]) -> impl Iterator<Item = f64> {
    lags.iter().map(move |lag| known[t - lag]).chain([1.0])
}

/// Solves the normal equations of the ridge regression.
fn fit(known: &[f64], lags: &[usize], longest: usize) -> Option<Vec<f64>> {
    let width = lags.len() + 1;
    let mut gram = vec![vec![0.0; width]; width];
    let mut target = vec![0.0; width];
    let mut x = Vec::with_capacity(width);
    for t in longest..known.len() {
        x.clear();
        x.extend(row(known, t, lags));
        for (i, xi) in x.iter().enumerate() {
            target[i] += xi * known[t];
            gram[i]
                .iter_mut()
                .zip(&x[..=i])
                .for_each(|(cell, xj)| *cell += xi * xj);
        }
    }
    for (i, row) in gram.iter_mut().enumerate() {
        row[i] += RIDGE;
    }
    solve(gram, target)
}

/// Solves `a · x = b` for a symmetric positive definite `a` (lower half given) by Cholesky.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let (upper, lower) = a.split_at_mut(i);
            let other = if j < i { &upper[j] } else { &lower[0].clone() };
            let dot: f64 = lower[0][..j]
                .iter()
                .zip(&other[..j])
                .map(|(x, y)| x * y)
                .sum();
            let rest = lower[0][j] - dot;
            lower[0][j] = if j < i {
                rest / other[j]
            } else {
                positive(rest)?.sqrt()
            };
        }
    }
    for i in 0..n {
        let dot: f64 = a[i][..i].iter().zip(&b).map(|(x, y)| x * y).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    for i in (0..n).rev() {
        let dot: f64 = (i + 1..n).map(|k| a[k][i] * b[k]).sum();
        b[i] = (b[i] - dot) / a[i][i];
    }
    Some(b)
}

fn positive(value: f64) -> Option<f64> {
    (value > 0.0).then_some(value)
}
