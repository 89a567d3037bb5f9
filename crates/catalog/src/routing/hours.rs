//! Times of the day and days of the week, in a time zone.

use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A time zone by its IANA name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Zone(pub Tz);

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0.name().to_owned()
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let unknown = |_| format!("`{name}` is no time zone such as Europe/Berlin");
        name.parse().map(Self).map_err(unknown)
    }
}

/// The minute of the day and the day of the week at a moment in a time zone.
pub(super) fn local(at_ms: i64, zone: Tz) -> Option<(u16, Weekday)> {
    let at = DateTime::from_timestamp_millis(at_ms)?.with_timezone(&zone);
    Some(((at.hour() * 60 + at.minute()) as u16, at.weekday()))
}

/// From a time of the day to another, the second not in it; over midnight if the second is the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// `HH:MM`, the first minute in it.
    #[schema(value_type = String, example = "08:00")]
    from: Time,
    /// `HH:MM`, the first minute after it.
    #[schema(value_type = String, example = "20:00")]
    to: Time,
}

impl Hours {
    /// Whether a minute of the day is in it. Equal times are the whole day.
    pub(super) fn holds(&self, minute: u16) -> bool {
        let (from, to) = (self.from.0, self.to.0);
        match from < to {
            true => (from..to).contains(&minute),
            false => minute >= from || minute < to,
        }
    }
}

impl Hours {
    /// Whether a minute of the day that is in it belongs to what began the day before.
    pub(super) fn began_before(&self, minute: u16) -> bool {
        self.from.0 > self.to.0 && minute < self.to.0
    }
}

/// Minutes since midnight, as `HH:MM`; 24:00 is midnight again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Time(u16);

impl From<Time> for String {
    fn from(time: Time) -> Self {
        format!("{:02}:{:02}", time.0 / 60, time.0 % 60)
    }
}

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits = |part: &str| match part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())
        {
            true => part.parse::<u16>().ok(),
            false => None,
        };
        let parts = text.split_once(':');
        let parts = parts.and_then(|(hour, minute)| Some((digits(hour)?, digits(minute)?)));
        let fits = parts.filter(|(hour, minute)| *minute < 60 && hour * 60 + minute <= 24 * 60);
        let time = fits.map(|(hour, minute)| Self(hour * 60 + minute));
        time.ok_or_else(|| format!("`{text}` is no time of the day such as 08:30"))
    }
}

/// Days of the week.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(into = "Vec<&'static str>", try_from = "Vec<String>")]
pub struct Days(u8);

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    /// Whether it names none: then any will do.
    pub(super) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    pub(super) fn holds(self, day: Weekday) -> bool {
        self.0 & 1 << day.num_days_from_monday() != 0
    }
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(Vec::<&str>::from(*self)).finish()
    }
}

impl From<Days> for Vec<&'static str> {
    fn from(days: Days) -> Self {
        let named = DAYS.iter().enumerate();
        named
            .filter(|(at, _)| days.0 & 1 << at != 0)
            .map(|(_, name)| *name)
            .collect()
    }
}

impl TryFrom<Vec<String>> for Days {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        names.iter().try_fold(Self(0), |days, name| {
            let at = DAYS.iter().position(|day| day.eq_ignore_ascii_case(name));
            let unknown = || format!("`{name}` is no day: they are {}", DAYS.join(", "));
            at.map(|at| Self(days.0 | 1 << at)).ok_or_else(unknown)
        })
    }
}
