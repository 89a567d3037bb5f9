//! Whole numbers that are times: `2020`, `202001`, `20200131`, `2020013123`, Unix seconds.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

/// Years that a number of four digits may be; others are numbers.
const YEARS: std::ops::Range<i32> = 1800..2200;
/// Of a hundred numbers, so many must be such times for all to be taken as them.
const MOST: usize = 80;

/// What the digits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digits {
    /// `2020`
    Year,
    /// `202001`
    Month,
    /// `20200131`
    Day,
    /// `2020013123`
    Hour,
    /// `202001312359`
    Minute,
    /// `20200131235959`
    Second,
    /// Seconds since 1970, of ten digits.
    UnixSeconds,
    /// Milliseconds since 1970, of thirteen digits.
    UnixMillis,
}

/// The calendar's first, since seconds of so many digits are hardly ever all dates.
const ALL: [Digits; 8] = [
    Digits::Year,
    Digits::Month,
    Digits::Day,
    Digits::Hour,
    Digits::Minute,
    Digits::Second,
    Digits::UnixSeconds,
    Digits::UnixMillis,
];

impl Digits {
    /// What these whole numbers are, if they are times: at least four of five must be.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Digits> {
        let (mut all, mut fits) = (0, [0; ALL.len()]);
        for text in texts {
            all += 1;
            for (digits, fits) in ALL.iter().zip(&mut fits) {
                *fits += usize::from(digits.parse(text).is_some());
            }
        }
        let mut found = ALL.into_iter().zip(fits);
        found
            .find(|(_, fits)| fits * 100 >= all * MOST && all > 0)
            .map(|(digits, _)| digits)
    }

    /// Unix milliseconds.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        if text.len() != self.length() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let whole = || text.parse::<i64>().ok().filter(|_| !text.starts_with('0'));
        match self {
            Digits::UnixSeconds => whole()?.checked_mul(1000),
            Digits::UnixMillis => whole(),
            _ => {
                let part = |at: usize, missing: u32| match text.get(at..at + 2) {
                    Some(digits) => digits.parse().ok(),
                    None => Some(missing),
                };
                let year: i32 = text.get(..4)?.parse().ok()?;
                let date = NaiveDate::from_ymd_opt(year, part(4, 1)?, part(6, 1)?)?;
                let at = date.and_hms_opt(part(8, 0)?, part(10, 0)?, part(12, 0)?)?;
                YEARS
                    .contains(&year)
                    .then(|| at.and_utc().timestamp_millis())
            }
        }
    }

    pub(super) fn write(self, at: DateTime<FixedOffset>) -> String {
        let pattern = match self {
            Digits::UnixSeconds => return at.timestamp().to_string(),
            Digits::UnixMillis => return at.timestamp_millis().to_string(),
            Digits::Year => return format!("{:04}", at.year()),
            Digits::Month => "%Y%m",
            Digits::Day => "%Y%m%d",
            Digits::Hour => "%Y%m%d%H",
            Digits::Minute => "%Y%m%d%H%M",
            Digits::Second => "%Y%m%d%H%M%S",
        };
        at.format(pattern).to_string()
    }

    fn length(self) -> usize {
        match self {
            Digits::Year => 4,
            Digits::Month => 6,
            Digits::Day => 8,
            Digits::Hour | Digits::UnixSeconds => 10,
            Digits::Minute => 12,
            Digits::Second => 14,
            Digits::UnixMillis => 13,
        }
    }

    pub(super) fn about(self) -> &'static str {
        match self {
            Digits::Year => "years like 2026",
            Digits::Month => "months like 202601",
            Digits::Day => "dates like 20260131",
            Digits::Hour => "hours like 2026013123",
            Digits::Minute => "minutes like 202601312359",
            Digits::Second => "times like 20260131235959",
            Digits::UnixSeconds => "Unix seconds",
            Digits::UnixMillis => "Unix milliseconds",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Option<Digits> {
        Digits::of(texts.iter().copied())
    }

    #[test]
    fn whole_numbers_are_times_if_nearly_all_could_be() {
        assert_eq!(of(&["201911", "201912", "202001"]), Some(Digits::Month));
        assert_eq!(of(&["2019", "2020"]), Some(Digits::Year));
        assert_eq!(of(&["20200131", "20200201"]), Some(Digits::Day));
        assert_eq!(of(&["2020013123", "2020020100"]), Some(Digits::Hour));
        assert_eq!(of(&["1577836800", "1577840400"]), Some(Digits::UnixSeconds));
        assert_eq!(of(&["1577836800000"]), Some(Digits::UnixMillis));
        let mut year: Vec<String> = (1..=12).map(|m| format!("2020{m:02}")).collect();
        year.push("202013".to_owned());
        assert_eq!(
            Digits::of(year.iter().map(String::as_str)),
            Some(Digits::Month)
        );
    }

    #[test]
    fn others_are_numbers() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["1", "2", "3"]), None);
        assert_eq!(of(&["0001", "0002"]), None);
        assert_eq!(of(&["3000", "3001"]), None);
        assert_eq!(of(&["100001", "100002"]), None);
        let counted: Vec<String> = (200_001..200_030).map(|n| n.to_string()).collect();
        assert_eq!(Digits::of(counted.iter().map(String::as_str)), None);
        assert_eq!(of(&["1000", "1500", "2000"]), None);
    }
}
