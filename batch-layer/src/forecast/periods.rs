//! Parts of years: `2020-01`, `2020M01`, `2020Q1`, `2020-H2`, `2020-W05`, `Q1 2020`.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Weekday};

const SEPARATORS: [&str; 5] = ["", "-", "/", " ", "_"];

/// How parts of years are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Period {
    part: Part,
    /// What stands before its number.
    letter: Option<char>,
    separator: &'static str,
    year_first: bool,
    /// Whether a number below 10 has a nought before it.
    wide: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Month,
    Quarter,
    Half,
    Week,
}

impl Part {
    fn of(letter: Option<char>) -> Option<Part> {
        match letter.map(|c| c.to_ascii_uppercase()) {
            None | Some('M') => Some(Part::Month),
            Some('Q') => Some(Part::Quarter),
            Some('H' | 'S') => Some(Part::Half),
            Some('W') => Some(Part::Week),
            _ => None,
        }
    }

    /// The first day of the `number`th part of a year.
    fn first_day(self, year: i32, number: u32) -> Option<NaiveDate> {
        let months = match self {
            Part::Month => 1,
            Part::Quarter => 3,
            Part::Half => 6,
            Part::Week => return NaiveDate::from_isoywd_opt(year, number, Weekday::Mon),
        };
        NaiveDate::from_ymd_opt(year, number.checked_sub(1)?.checked_mul(months)? + 1, 1)
    }

    /// The year and number of the part that a day is in.
    fn of_day(self, day: NaiveDate) -> (i32, u32) {
        match self {
            Part::Month => (day.year(), day.month()),
            Part::Quarter => (day.year(), day.month0() / 3 + 1),
            Part::Half => (day.year(), day.month0() / 6 + 1),
            Part::Week => (day.iso_week().year(), day.iso_week().week()),
        }
    }
}

impl Period {
    /// How this text writes a part of a year, if it does.
    pub(super) fn of(text: &str) -> Option<Period> {
        let bare = text.trim_matches(|c: char| c.is_ascii_digit());
        let (year_first, letter, separator) = shape(text, bare)?;
        let period = Period {
            part: Part::of(letter)?,
            letter,
            separator: SEPARATORS.into_iter().find(|s| *s == separator)?,
            year_first,
            wide: true,
        };
        let (_, number) = period.split(text)?;
        Some(Period {
            wide: number.len() == 2,
            ..period
        })
    }

    /// Whether both write the same but for noughts: `2020M10` does not tell whether `2020M1` is `2020M01`.
    pub(super) fn is_like(self, other: Period) -> bool {
        let wide = true;
        Period { wide, ..self } == Period { wide, ..other }
    }

    /// Without noughts if either is.
    pub(super) fn narrower(self, other: Period) -> Period {
        let wide = self.wide && other.wide;
        Period { wide, ..self }
    }

    /// The first moment of the part, unix milliseconds.
    pub(super) fn parse(self, text: &str) -> Option<i64> {
        let (year, number) = self.split(text)?;
        let day = self
            .part
            .first_day(year.parse().ok()?, number.parse().ok()?)?;
        Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
    }

    pub(super) fn write(self, at: DateTime<FixedOffset>) -> Option<String> {
        let (year, number) = self.part.of_day(at.date_naive());
        if !(0..=9999).contains(&year) {
            return None;
        }
        let letter = self.letter.map(String::from).unwrap_or_default();
        let width = if self.wide { 2 } else { 1 };
        let (number, separator) = (format!("{letter}{number:0width$}"), self.separator);
        Some(match self.year_first {
            true => format!("{year:04}{separator}{number}"),
            false => format!("{number}{separator}{year:04}"),
        })
    }

    pub(super) fn about(self) -> String {
        let parts = match self.part {
            Part::Month => "months",
            Part::Quarter => "quarters",
            Part::Half => "half-years",
            Part::Week => "weeks",
        };
        let first = self
            .part
            .first_day(2026, 1)
            .and_then(|day| day.and_hms_opt(0, 0, 0));
        let example = first.and_then(|at| self.write(at.and_utc().fixed_offset()));
        format!("{parts} like {}", example.unwrap_or_default())
    }

    /// The texts of the year and of the number.
    fn split(self, text: &str) -> Option<(&str, &str)> {
        let (before, after) = match self.year_first {
            true => (text.get(..4)?, text.get(4..)?),
            false => (
                text.get(text.len().checked_sub(4)?..)?,
                text.get(..text.len() - 4)?,
            ),
        };
        let number = match self.year_first {
            true => after.strip_prefix(self.separator)?,
            false => after.strip_suffix(self.separator)?,
        };
        let number = match self.letter {
            Some(letter) => number.strip_prefix(letter)?,
            None => number,
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let sound = digits(before) && digits(number) && (1..=2).contains(&number.len());
        sound.then_some((before, number))
    }
}

/// Whether the year is first, the letter, and what is between year and number. `bare` is what is left of
/// the text without the digits at its ends.
fn shape<'a>(text: &str, bare: &'a str) -> Option<(bool, Option<char>, &'a str)> {
    let letter = |c: &char| c.is_ascii_alphabetic();
    if text.starts_with(|c: char| letter(&c)) {
        // `Q1 2020`: digits within, too.
        let first = bare.chars().next()?;
        let rest = bare[1..].trim_start_matches(|c: char| c.is_ascii_digit());
        return (!rest.is_empty()).then_some((false, Some(first), rest));
    }
    let found = bare.chars().next_back().filter(letter);
    let separator = &bare[..bare.len() - usize::from(found.is_some())];
    if found.is_none() && !["-", "/"].contains(&separator) {
        return None;
    }
    let year_first = text.bytes().take_while(u8::is_ascii_digit).count() == 4;
    // `01Q2020` is nobody's.
    (year_first || found.is_none()).then_some((year_first, found, separator))
}
