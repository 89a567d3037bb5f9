//! Reading the fields of a cron expression.

use std::collections::BTreeSet;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

type NthWeekdays = BTreeSet<(u32, u32)>;

/// Which times match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    pub seconds: BTreeSet<u32>,
    pub minutes: BTreeSet<u32>,
    pub hours: BTreeSet<u32>,
    /// Days of the month.
    pub days: BTreeSet<u32>,
    /// The last day of the month matches, too.
    pub last_day: bool,
    pub months: BTreeSet<u32>,
    /// Sunday is 0.
    pub weekdays: BTreeSet<u32>,
    /// Weekday and which of the month: (1, 2) is the second Monday.
    pub nth_weekdays: NthWeekdays,
    /// All if `None`.
    pub years: Option<BTreeSet<u32>>,
    /// The day of the month is not left open.
    pub days_given: bool,
    /// The day of the week is not left open.
    pub weekdays_given: bool,
    /// What happens where clocks change: see the module above.
    pub follows_passing_time: bool,
}

/// What a field may hold.
struct Domain {
    what: &'static str,
    /// First and last value.
    span: (u32, u32),
    /// Names of values, the first one's first.
    names: &'static [&'static str],
}

const fn domain(
    what: &'static str,
    first: u32,
    last: u32,
    names: &'static [&'static str],
) -> Domain {
    Domain {
        what,
        span: (first, last),
        names,
    }
}

const SECOND: Domain = domain("second", 0, 59, &[]);
const MINUTE: Domain = domain("minute", 0, 59, &[]);
const HOUR: Domain = domain("hour", 0, 23, &[]);
const DAY: Domain = domain("day of month", 1, 31, &[]);
const MONTH: Domain = domain("month", 1, 12, &MONTHS);
const WEEKDAY: Domain = domain("day of week", 0, 7, &WEEKDAYS);
const YEAR: Domain = domain("year", 1970, 2199, &[]);

impl Fields {
    /// Reads an expression or a nickname; the error says what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = if text.starts_with('@') {
            nickname(text)?
        } else {
            text
        };
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        match parts[..] {
            [minute, hour, day, month, weekday] => {
                Self::new(["0", minute, hour, day, month, weekday], None)
            }
            [second, minute, hour, day, month, weekday] => {
                Self::new([second, minute, hour, day, month, weekday], None)
            }
            [second, minute, hour, day, month, weekday, year] => {
                Self::new([second, minute, hour, day, month, weekday], Some(year))
            }
            _ => Err(format!("it has {} fields", parts.len())),
        }
    }

    fn new(
        [second, minute, hour, day, month, weekday]: [&str; 6],
        year: Option<&str>,
    ) -> Result<Self, String> {
        let (days, last_day) = days(day)?;
        let (weekdays, nth_weekdays) = weekdays(weekday)?;
        Ok(Self {
            seconds: SECOND.set(second)?,
            minutes: MINUTE.set(minute)?,
            hours: HOUR.set(hour)?,
            days,
            last_day,
            months: MONTH.set(month)?,
            weekdays,
            nth_weekdays,
            years: year
                .filter(|year| !is_open(year))
                .map(|year| YEAR.set(year))
                .transpose()?,
            days_given: !is_open(day),
            weekdays_given: !is_open(weekday),
            follows_passing_time: [second, minute, hour]
                .iter()
                .any(|field| field.starts_with(['*', '?'])),
        })
    }
}

fn is_open(field: &str) -> bool {
    field == "*" || field == "?"
}

fn nickname(text: &str) -> Result<&'static str, String> {
    match text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        "@monthly" => Ok("0 0 1 * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@hourly" => Ok("0 * * * *"),
        _ => Err("there is no such nickname".into()),
    }
}

/// Days of the month, and whether the last one is among them by the name `L`.
fn days(field: &str) -> Result<(BTreeSet<u32>, bool), String> {
    let (last, others): (Vec<_>, Vec<_>) = field
        .split(',')
        .partition(|item| item.eq_ignore_ascii_case("l"));
    let set = if others.is_empty() {
        BTreeSet::new()
    } else {
        DAY.set(&others.join(","))?
    };
    Ok((set, !last.is_empty()))
}

/// Days of the week, and those of them that are counted within the month.
fn weekdays(field: &str) -> Result<(BTreeSet<u32>, NthWeekdays), String> {
    let (nth, others): (Vec<_>, Vec<_>) = field.split(',').partition(|item| item.contains('#'));
    let set = if others.is_empty() {
        BTreeSet::new()
    } else {
        WEEKDAY.set(&others.join(","))?
    };
    let nth = nth.into_iter().map(nth_weekday).collect::<Result<_, _>>()?;
    Ok((set.into_iter().map(|day| day % 7).collect(), nth))
}

fn nth_weekday(item: &str) -> Result<(u32, u32), String> {
    let (day, nth) = item.split_once('#').unwrap_or((item, ""));
    let nth = number(nth).filter(|nth| (1..=5).contains(nth));
    let nth = nth.ok_or_else(|| format!("`{item}` must have a number from 1 to 5 after `#`"))?;
    Ok((WEEKDAY.value(day)? % 7, nth))
}

impl Domain {
    /// The values of a list.
    fn set(&self, field: &str) -> Result<BTreeSet<u32>, String> {
        let mut set = BTreeSet::new();
        for item in field.split(',') {
            set.extend(self.item(item)?);
        }
        Ok(set)
    }

    fn item(&self, item: &str) -> Result<impl Iterator<Item = u32> + use<>, String> {
        let (body, step) = match item.split_once('/') {
            Some((body, step)) => (
                body,
                Some(
                    number(step)
                        .filter(|step| *step > 0)
                        .ok_or_else(|| self.wrong(item))?,
                ),
            ),
            None => (item, None),
        };
        let (first, last) = match body.split_once('-') {
            _ if is_open(body) => self.open_span(),
            Some((first, last)) => (self.value(first)?, self.end_value(last)?),
            None if step.is_some() => (self.value(body)?, self.open_span().1),
            None => (self.value(body)?, self.value(body)?),
        };
        match first <= last {
            true => Ok((first..=last).step_by(step.unwrap_or(1) as usize)),
            false => Err(format!("`{item}` ends before it begins")),
        }
    }

    /// All values, each once: Sunday is 0 then.
    fn open_span(&self) -> (u32, u32) {
        let last = if self.names.len() == WEEKDAYS.len() {
            6
        } else {
            self.span.1
        };
        (self.span.0, last)
    }

    /// The end of a range: there the name of Sunday is the week's last day.
    fn end_value(&self, text: &str) -> Result<u32, String> {
        match text.eq_ignore_ascii_case(WEEKDAYS[0]) && !self.names.is_empty() {
            true => self.value(text).map(|_| 7),
            false => self.value(text),
        }
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let named = self
            .names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(text));
        let value = named
            .map(|index| self.span.0 + index as u32)
            .or_else(|| number(text));
        let value = value.filter(|value| (self.span.0..=self.span.1).contains(value));
        value.ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        let text: String = text.chars().take(20).collect();
        let (first, last) = self.span;
        format!("`{text}` is not a {} ({first} to {last})", self.what)
    }
}

/// A number of digits alone: no sign.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
