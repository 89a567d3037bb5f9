//! What was measured: figures beside goals, as text or JSON.

use std::time::Duration;

use serde::Serialize;

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    what: String,
    figure: f64,
    unit: &'static str,
    /// What was measured beside it, and the figure's ratio to that.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<(String, f64)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
}

impl Row {
    pub(super) fn new(what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            figure,
            unit,
            beside: None,
            ratio: None,
            goal: None,
            reached: None,
        }
    }

    /// Goals are of the ratio from here on.
    pub(super) fn beside(mut self, what: &str, figure: f64) -> Self {
        self.ratio = Some(self.figure / figure);
        self.beside = Some((what.to_owned(), figure));
        self
    }

    pub(super) fn at_least(self, goal: f64) -> Self {
        let reached = self.measure() >= goal;
        self.with_goal("at least", goal, reached)
    }

    pub(super) fn at_most(self, goal: f64) -> Self {
        let reached = self.measure() <= goal;
        self.with_goal("at most", goal, reached)
    }

    fn measure(&self) -> f64 {
        self.ratio.unwrap_or(self.figure)
    }

    fn with_goal(mut self, how: &str, goal: f64, reached: bool) -> Self {
        let unit = if self.ratio.is_some() {
            "×"
        } else {
            self.unit
        };
        self.goal = Some(format!("{how} {goal} {unit}"));
        self.reached = Some(reached);
        self
    }

    fn text(&self) -> String {
        let decimals = if self.figure < 10.0 { 2 } else { 0 };
        let mut text = format!(
            "{:<56} {:>10.decimals$} {:<11}",
            self.what, self.figure, self.unit
        );
        if let (Some((what, figure)), Some(ratio)) = (&self.beside, self.ratio) {
            text += &format!(" {ratio:.2} × {what} ({figure:.0})");
        }
        if let Some(goal) = &self.goal {
            let mark = if self.reached == Some(true) {
                "reached"
            } else {
                "NOT reached"
            };
            text += &format!("  goal {goal}: {mark}");
        }
        text.trim_end().to_owned()
    }
}

/// All of them, in order.
pub(super) struct Report {
    json: bool,
    rows: Vec<Row>,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self {
            json,
            rows: Vec::new(),
        }
    }

    /// Prints it at once, unless all are printed as JSON at the end.
    pub(super) fn add(&mut self, row: Row) {
        if !self.json {
            println!("{}", row.text());
        }
        self.rows.push(row);
    }

    /// Something that could not be measured here.
    pub(super) fn skip(&self, what: &str, why: &str) {
        eprintln!("{what}: not measured: {why}");
    }

    pub(super) fn end(self) -> anyhow::Result<()> {
        if self.json {
            println!("{}", serde_json::to_string_pretty(&self.rows)?);
        }
        Ok(())
    }
}

/// One of a hundred parts of `times`, microseconds; 0 of none.
pub(super) fn percentile(times: &mut [Duration], share: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * share / 100).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_of_the_ratio_where_there_is_one() {
        let row = Row::new("redirects", 50.0, "/s")
            .beside("nginx", 100.0)
            .at_least(0.6);
        assert_eq!((row.ratio, row.reached), (Some(0.5), Some(false)));
        assert!(
            row.text()
                .ends_with("0.50 × nginx (100)  goal at least 0.6 ×: NOT reached"),
            "{}",
            row.text()
        );
        let row = Row::new("p99", 20.0, "ms").at_most(30.0);
        assert!(
            row.text().ends_with("goal at most 30 ms: reached"),
            "{}",
            row.text()
        );
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let mut times: Vec<Duration> = (1..=200).rev().map(Duration::from_micros).collect();
        assert_eq!(
            [0, 50, 99, 100].map(|share| percentile(&mut times, share)),
            [1.0, 101.0, 199.0, 200.0]
        );
        assert_eq!(percentile(&mut [], 50), 0.0);
    }
}
