//! The same numbers of another time. Pure.

use chrono::Months;
use web::Problem;

use super::{
    asked::StatsQuery,
    calendar::{buckets, date_of, start_of_day, strays, text},
    query::{Query, bad},
};
use crate::{
    api_types::{Comparison, Stats},
    stats::asked::MAX_BUCKETS,
};

/// With what numbers are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    /// As much time right before.
    Period,
    /// The same dates a year before.
    Year,
}

impl StatsQuery {
    /// What is to be compared with.
    pub(crate) fn compare(&self) -> Result<Option<Compare>, Problem> {
        match self.compare.as_deref() {
            None | Some("" | "none") => Ok(None),
            Some("previous_period") => Ok(Some(Compare::Period)),
            Some("previous_year") => Ok(Some(Compare::Year)),
            Some(_) => Err(bad(
                "invalid_compare",
                "compare must be previous_period or previous_year",
            )),
        }
    }
}

impl Query {
    /// The question about the time before. Where this one is of a moment, so is that.
    pub(crate) fn compared(&self, compare: Compare, moment: &str) -> Result<Self, Problem> {
        let too_early = || bad("invalid_compare", "there is no such time before that");
        let (start, end) = match compare {
            Compare::Period => self.period_before(),
            Compare::Year => self.year_before(),
        }
        .ok_or_else(too_early)?;
        let buckets = buckets(start, end, self.interval, self.zone, MAX_BUCKETS);
        let buckets = buckets.ok_or_else(too_early)?;
        let mut before = Self {
            start,
            end,
            strays: strays(&buckets, self.interval, self.zone),
            buckets,
            ..self.clone()
        };
        if self.from_events {
            before.as_of = Some(moment.to_owned());
        }
        Ok(before)
    }

    /// As many local days, where it is whole days: clocks may have changed meanwhile. Else as many minutes.
    fn period_before(&self) -> Option<(i64, i64)> {
        let (first, last) = (
            date_of(self.start, self.zone)?,
            date_of(self.end, self.zone)?,
        );
        let whole = start_of_day(first, self.zone)? == self.start
            && start_of_day(last, self.zone)? == self.end;
        if !whole {
            let length = self.end - self.start;
            return Some((self.start.checked_sub(length)?, self.start));
        }
        let days = (last - first).num_days();
        let before = first.checked_sub_days(chrono::Days::new(u64::try_from(days).ok()?))?;
        Some((start_of_day(before, self.zone)?, self.start))
    }

    fn year_before(&self) -> Option<(i64, i64)> {
        let before = |minute: i64| {
            let date = date_of(minute, self.zone)?;
            let within = minute - start_of_day(date, self.zone)?;
            let before = date.checked_sub_months(Months::new(12))?;
            Some(start_of_day(before, self.zone)? + within)
        };
        let (start, end) = (before(self.start)?, before(self.end)?);
        (start < end).then_some((start, end))
    }

    /// The part of an answer that is compared with.
    pub(crate) fn comparison(&self, answer: Stats) -> Comparison {
        Comparison {
            results: answer.results,
            totals: answer.totals,
            start: text(self.start, self.zone),
            end: text(self.end, self.zone),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::AccountSettings;

    /// Start and end of what `asked` is compared with.
    fn compared(asked: &str) -> (String, String) {
        let asked = StatsQuery::parse(asked).unwrap();
        let query = asked.understand(&AccountSettings::default(), 0).unwrap();
        let compare = asked.compare().unwrap().unwrap();
        let before = query.compared(compare, "0").unwrap();
        (
            text(before.start, before.zone),
            text(before.end, before.zone),
        )
    }

    #[test]
    fn days_are_compared_with_days_whatever_clocks_do() {
        let berlin = "timezone=Europe/Berlin&start=2026-03-29&end=2026-03-30";
        assert_eq!(
            compared(&format!("{berlin}&compare=previous_period")),
            (
                "2026-03-28T00:00:00+01:00".into(),
                "2026-03-29T00:00:00+01:00".into()
            )
        );
        assert_eq!(
            compared("start=2024-02-29&end=2024-03-01&compare=previous_year"),
            ("2023-02-28T00:00:00Z".into(), "2023-03-01T00:00:00Z".into())
        );
        let hours = "start=2026-01-01T10:00:00Z&end=2026-01-01T13:00:00Z";
        assert_eq!(
            compared(&format!("{hours}&compare=previous_period")),
            ("2026-01-01T07:00:00Z".into(), "2026-01-01T10:00:00Z".into())
        );
    }
}
