//! Exponential smoothing with any number of seasons and autocorrelated errors (Taylor 2010).
//!
//! `y = level + Σ seasonal + φ · last error + ε`; every part learns from `ε` at its own rate.

use super::metrics::mean;

const FIRST_STEP: f64 = 0.2;
const LAST_STEP: f64 = 0.005;
const MAX_RATE: f64 = 0.98;
/// Bounds the search for the best rates.
const MAX_TRIES: usize = 300;

/// How fast each part learns: level, error, then the seasons.
type Rates = Vec<f64>;

#[derive(Clone)]
struct State {
    level: f64,
    error: f64,
    seasons: Vec<Vec<f64>>,
}

/// The next values; `None` if there are not two of the longest season.
pub(super) fn forecast(values: &[f64], seasons: &[usize], horizon: usize) -> Option<Vec<f64>> {
    let longest = seasons.last().copied().unwrap_or(1);
    if values.len() < longest + longest / 4 + 4 {
        return None;
    }
    let start = State::before(values, seasons);
    let rates = best_rates(values, &start);
    let (_, state) = run(values, &rates, &start);
    let step = |i: usize| {
        state.level + state.seasonal(values.len() + i) + rates[1].powf(1.0 + i as f64) * state.error
    };
    Some((0..horizon).map(step).collect())
}

impl State {
    /// A level and seasonal profiles from the first one or two of the longest season.
    fn before(values: &[f64], seasons: &[usize]) -> State {
        let longest = seasons.last().copied().unwrap_or(1);
        let cycles = (values.len() / longest).clamp(1, if longest > 1 { 2 } else { 8 });
        let head = &values[..cycles * longest];
        let level = mean(head);
        let mut rest: Vec<f64> = head.iter().map(|v| v - level).collect();
        let profile = |season: &usize| {
            let slot = |i| {
                rest.iter()
                    .skip(i)
                    .step_by(*season)
                    .copied()
                    .collect::<Vec<f64>>()
            };
            let profile: Vec<f64> = (0..*season).map(|i| mean(&slot(i))).collect();
            rest.iter_mut()
                .enumerate()
                .for_each(|(t, v)| *v -= profile[t % season]);
            profile
        };
        State {
            level,
            error: 0.0,
            seasons: seasons.iter().map(profile).collect(),
        }
    }

    fn seasonal(&self, t: usize) -> f64 {
        self.seasons
            .iter()
            .map(|profile| profile[t % profile.len()])
            .sum()
    }
}

/// Squared one-step errors after the first long season, and the state at the end.
fn run(values: &[f64], rates: &[f64], start: &State) -> (f64, State) {
    let mut state = start.clone();
    let skip = state.seasons.last().map_or(1, Vec::len);
    let mut squares = 0.0;
    for (t, value) in values.iter().enumerate() {
        let error = value - state.level - state.seasonal(t);
        let surprise = error - rates[1] * state.error;
        if t >= skip {
            squares += surprise * surprise;
        }
        state.error = error;
        state.level += rates[0] * surprise;
        for (profile, rate) in state.seasons.iter_mut().zip(&rates[2..]) {
            let slot = t % profile.len();
            profile[slot] += rate * surprise;
        }
    }
    (squares, state)
}

/// A search along each rate in turn, with ever smaller steps.
fn best_rates(values: &[f64], start: &State) -> Rates {
    let mut best: Rates = vec![0.1; 2 + start.seasons.len()];
    best[1] = 0.5;
    let mut least = run(values, &best, start).0;
    let (mut step, mut tries) = (FIRST_STEP, 0);
    while step > LAST_STEP && tries < MAX_TRIES {
        let before = least;
        for (rate, sign) in (0..best.len()).flat_map(|i| [(i, 1.0), (i, -1.0)]) {
            let mut rates = best.clone();
            rates[rate] = (rates[rate] + sign * step).clamp(0.0, MAX_RATE);
            let squares = run(values, &rates, start).0;
            tries += 1;
            if squares < least {
                (least, best) = (squares, rates);
            }
        }
        if least >= before {
            step /= 2.0;
        }
    }
    best
}
