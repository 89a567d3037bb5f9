//! From cron expressions as people write them to those of the crate `cron`, which parses and
//! iterates them. It has a field for seconds, counts weekdays from Sunday, 1, wants day of month
//! *and* day of week to match, and knows neither `L` nor `#`.

use std::str::FromStr;

/// What a field may hold.
struct Field {
    what: &'static str,
    /// Which field of an expression with seconds it is.
    place: usize,
    /// First and last value.
    span: (u32, u32),
    /// Names of values, the first one's first.
    names: &'static [&'static str],
}

const fn field(what: &'static str, place: usize, first: u32, last: u32) -> Field {
    Field {
        what,
        place,
        span: (first, last),
        names: &[],
    }
}

const SECOND: Field = field("second", 0, 0, 59);
const MINUTE: Field = field("minute", 1, 0, 59);
const HOUR: Field = field("hour", 2, 0, 23);
const DAY: Field = field("day of month", 3, 1, 31);
const MONTH: Field = Field {
    names: &[
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ],
    ..field("month", 4, 1, 12)
};
const WEEKDAY: Field = Field {
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    ..field("day of week", 5, 0, 7)
};
const YEAR: Field = field("year", 6, 1970, 2100);

/// Times that match in one way; a schedule may have several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub times: cron::Schedule,
    /// Only those on the last day of a month.
    pub last_day: bool,
}

/// The fields of an expression or a nickname, from seconds to years.
pub(super) fn fields(text: &str) -> Result<[&str; 7], String> {
    let text = match text.starts_with('@') {
        true => nickname(text)?,
        false => text,
    };
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    match fields[..] {
        [minute, hour, day, month, weekday] => Ok(["0", minute, hour, day, month, weekday, "*"]),
        [second, minute, hour, day, month, weekday] => {
            Ok([second, minute, hour, day, month, weekday, "*"])
        }
        [second, minute, hour, day, month, weekday, year] => {
            Ok([second, minute, hour, day, month, weekday, year])
        }
        _ => Err(format!("it has {} fields", fields.len())),
    }
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

/// The rules of which one must match. Day of month and day of week suffice each where both are
/// given, so no rule needs both, and `MON#2` is the Monday from the 8th to the 14th.
pub(super) fn rules(
    [second, minute, hour, day, month, weekday, year]: [&str; 7],
) -> Result<Vec<Rule>, String> {
    let time = [SECOND.list(second)?, MINUTE.list(minute)?, HOUR.list(hour)?].join(" ");
    let (month, year) = (MONTH.list(month)?, YEAR.list(year)?);
    let rule = |day: &str, weekday: &str, last_day| -> Result<Rule, String> {
        let text = format!("{time} {day} {month} {weekday} {year}");
        let times = cron::Schedule::from_str(&text).map_err(|error| error.to_string())?;
        Ok(Rule { times, last_day })
    };
    let mut rules = Vec::new();
    if !is_open(day) || is_open(weekday) {
        let (last, others) = split(day, |item| item.eq_ignore_ascii_case("l"));
        if !others.is_empty() {
            rules.push(rule(&DAY.list(&others.join(","))?, "*", false)?);
        }
        if !last.is_empty() {
            rules.push(rule("28-31", "*", true)?);
        }
    }
    if !is_open(weekday) {
        let (nth, others) = split(weekday, |item| item.contains('#'));
        if !others.is_empty() {
            rules.push(rule("*", &WEEKDAY.list(&others.join(","))?, false)?);
        }
        for item in nth {
            let (weekday, days) = nth_weekday(item)?;
            rules.push(rule(&days, &weekday, false)?);
        }
    }
    Ok(rules)
}

/// Whether a field leaves its values open.
pub(super) fn is_open(field: &str) -> bool {
    field == "*" || field == "?"
}

/// The items of a list that are special, and the others.
fn split<'a>(list: &'a str, special: impl Fn(&&'a str) -> bool) -> (Vec<&'a str>, Vec<&'a str>) {
    list.split(',').partition(special)
}

/// The weekday of an item such as `MON#2`, and the days of the month it can fall on.
fn nth_weekday(item: &str) -> Result<(String, String), String> {
    let (weekday, nth) = item.split_once('#').unwrap_or((item, ""));
    let nth = number(nth).filter(|nth| (1..=5).contains(nth));
    let nth = nth.ok_or_else(|| format!("`{item}` must have a number from 1 to 5 after `#`"))?;
    let weekday = WEEKDAY
        .number(weekday)
        .ok_or_else(|| WEEKDAY.wrong(weekday))?;
    let days = format!("{}-{}", nth * 7 - 6, (nth * 7).min(DAY.span.1));
    Ok(((weekday % 7 + 1).to_string(), days))
}

impl Field {
    /// A list as the crate writes it.
    fn list(&self, list: &str) -> Result<String, String> {
        let items = list.split(',').map(|item| {
            let translated = match self.place == WEEKDAY.place {
                true => weekdays(item),
                false => self.item(item),
            };
            translated.ok_or_else(|| self.wrong(item))
        });
        Ok(items.collect::<Result<Vec<_>, _>>()?.join(","))
    }

    /// An item as the crate writes it: without names.
    fn item(&self, item: &str) -> Option<String> {
        let (span, step) = with_step(item);
        let plain = |value| match is_open(value) {
            true => "*".to_string(),
            false => self
                .number(value)
                .map_or(value.to_string(), |n| n.to_string()),
        };
        let span = span.split('-').map(plain).collect::<Vec<_>>().join("-");
        match step {
            None => self.takes(&span).then_some(span),
            // The crate refuses a step beyond the field's end, which leaves the first value.
            Some(step) if number(step).is_some_and(|step| step > self.span.1) => {
                let first = span.split('-').next().unwrap_or_default();
                let first = first.replace('*', &self.span.0.to_string());
                self.takes(&span).then_some(first)
            }
            Some(step) => Some(format!("{span}/{step}")).filter(|item| self.takes(item)),
        }
    }

    /// Whether the crate takes `item` in this field. It reads on over blanks, and would take
    /// names that are longer; so each item is tried alone, and without names.
    fn takes(&self, item: &str) -> bool {
        let mut fields = ["*"; 7];
        fields[self.place] = item;
        !item.is_empty()
            && !item.contains(char::is_alphabetic)
            && cron::Schedule::from_str(&fields.join(" ")).is_ok()
    }

    /// The number of a value that is a number or a name.
    fn number(&self, text: &str) -> Option<u32> {
        let is_it = |name: &&str| name.eq_ignore_ascii_case(text);
        let named = self.names.iter().position(is_it);
        let value = named
            .map(|index| self.span.0 + index as u32)
            .or(number(text));
        value.filter(|value| (self.span.0..=self.span.1).contains(value))
    }

    fn wrong(&self, item: &str) -> String {
        let item: String = item.chars().take(20).collect();
        let (what, (first, last)) = (self.what, self.span);
        format!("`{item}` is not a {what} from {first} to {last}, nor a rising range or a step")
    }
}

/// The weekdays of an item, spelled out: as the crate counts, a range up to Sunday is none.
fn weekdays(item: &str) -> Option<String> {
    let (span, step) = with_step(item);
    let day = |text| WEEKDAY.number(text);
    let (first, last) = match span.split_once('-') {
        _ if is_open(span) => (0, 6),
        Some((first, last)) if last.eq_ignore_ascii_case(WEEKDAY.names[0]) => (day(first)?, 7),
        Some((first, last)) => (day(first)?, day(last)?),
        None if step.is_some() => (day(span)?, 6),
        None => (day(span)?, day(span)?),
    };
    let step = step.map_or(Some(1), number).filter(|step| *step > 0)?;
    let days = (first..=last).step_by(step as usize);
    let days: Vec<String> = days.map(|day| (day % 7 + 1).to_string()).collect();
    Some(days.join(",")).filter(|days| !days.is_empty())
}

fn with_step(item: &str) -> (&str, Option<&str>) {
    match item.split_once('/') {
        Some((span, step)) => (span, Some(step)),
        None => (item, None),
    }
}

/// A number of digits alone: no sign.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
