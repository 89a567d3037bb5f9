//! Prediction intervals by split conformal: as wide as the errors that the backtest made.

use super::types::Point;

/// Errors at this many steps before and after count for a step too.
const NEIGHBOURS: usize = 2;

/// Absolute errors of each origin at each step ahead.
pub(super) struct Residuals {
    origins: Vec<Vec<f64>>,
    season: usize,
}

impl Residuals {
    pub(super) fn of_backtest(errors: &[Vec<f64>], season: usize) -> Residuals {
        Residuals {
            origins: errors.to_vec(),
            season,
        }
    }

    /// Where nothing could be tested: the distance of the values, and of zero, from the level.
    pub(super) fn of_spread(history: &[f64], level: f64) -> Residuals {
        let distances = history
            .iter()
            .chain([&0.0])
            .map(|v| vec![(v - level).abs()]);
        Residuals {
            origins: distances.collect(),
            season: 1,
        }
    }

    /// The path with its intervals; not below zero if the history never was.
    pub(super) fn around(&self, path: &[f64], history: &[f64]) -> Vec<Point> {
        let floor = if history.iter().all(|v| *v >= 0.0) {
            0.0
        } else {
            f64::NEG_INFINITY
        };
        let point = |(step, value): (usize, &f64)| {
            let (near, far) = (self.width(step, 0.80, None), self.width(step, 0.95, None));
            Point {
                value: *value,
                lower_80: (value - near).max(floor),
                upper_80: value + near,
                lower_95: (value - far).max(floor),
                upper_95: value + far,
            }
        };
        path.iter().enumerate().map(point).collect()
    }

    /// Share of the errors that lie within the interval made from the other origins.
    pub(super) fn coverage(&self, level: f64) -> f64 {
        let (mut inside, mut all) = (0, 0);
        for (origin, errors) in self.origins.iter().enumerate() {
            for (step, error) in errors.iter().enumerate() {
                inside += usize::from(*error <= self.width(step, level, Some(origin)));
                all += 1;
            }
        }
        f64::from(inside as u32) / f64::from(all.max(1))
    }

    /// Half the width of the interval: the conformal quantile of comparable errors.
    ///
    /// Steps beyond the backtest take its last season, widened by the square root of time.
    fn width(&self, step: usize, level: f64, without: Option<usize>) -> f64 {
        let known = self.origins.first().map_or(0, Vec::len);
        if step < known {
            return quantile(self.comparable(step, without), level);
        }
        let back = (step + 1 - known).div_ceil(self.season) * self.season;
        let like = step.checked_sub(back).unwrap_or(known.saturating_sub(1));
        let growth = ((step + 1) as f64 / known.max(1) as f64).sqrt();
        growth * quantile(self.comparable(like, without), level)
    }

    /// Errors at about the same step, and at about the same phase one season before or after.
    fn comparable(&self, step: usize, without: Option<usize>) -> Vec<f64> {
        let used = self
            .origins
            .iter()
            .enumerate()
            .filter(|(i, _)| Some(*i) != without);
        let alike = self.alike(step);
        used.flat_map(|(_, errors)| alike.iter().filter_map(|like| errors.get(*like)))
            .copied()
            .collect()
    }

    /// The steps whose errors are like those at `step`.
    fn alike(&self, step: usize) -> Vec<usize> {
        let centres = [
            step.checked_sub(self.season),
            Some(step),
            step.checked_add(self.season),
        ];
        let around = |centre: usize| centre.saturating_sub(NEIGHBOURS)..=centre + NEIGHBOURS;
        let mut alike: Vec<usize> = centres.into_iter().flatten().flat_map(around).collect();
        alike.sort_unstable();
        alike.dedup();
        alike
    }
}

/// The value that covers `level` of what comes next, with the correction for a finite sample.
fn quantile(mut errors: Vec<f64>, level: f64) -> f64 {
    errors.sort_by(f64::total_cmp);
    let rank = ((errors.len() + 1) as f64 * level).ceil() as usize;
    errors
        .get(rank.min(errors.len()).saturating_sub(1))
        .copied()
        .unwrap_or(0.0)
}
