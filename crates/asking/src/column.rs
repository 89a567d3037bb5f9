//! What events can be split by and filtered by: every dimension, and what no cube keeps.

use model::Grouping;

/// Something that every event has a value of, as SQL over the table `events` (docs/TABLES.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the API.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
    /// The events that have one, where rows of the others would make no sense; else all.
    pub only: &'static str,
    /// What it is, for people.
    pub about: &'static str,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A SQL expression; nothing and an empty text are the same.
    Sql(&'static str),
    /// The hour of the local day, `00` to `23`.
    HourOfDay,
    /// The day of the local week, `1` (Monday) to `7`.
    DayOfWeek,
}

const fn plain(name: &'static str, sql: &'static str, about: &'static str) -> Column {
    Column {
        name,
        value: Value::Sql(sql),
        only: "TRUE",
        about,
    }
}

/// What no cube keeps.
const MORE: [Column; 13] = [
    plain(
        "utm_medium",
        "utm_medium",
        "Parameter utm_medium of the request.",
    ),
    plain("utm_term", "utm_term", "Parameter utm_term of the request."),
    plain(
        "utm_content",
        "utm_content",
        "Parameter utm_content of the request.",
    ),
    plain("sub1", "sub1", "Parameter sub1 of the request."),
    plain("sub2", "sub2", "Parameter sub2 of the request."),
    plain("sub3", "sub3", "Parameter sub3 of the request."),
    plain("sub4", "sub4", "Parameter sub4 of the request."),
    plain("sub5", "sub5", "Parameter sub5 of the request."),
    plain("bot", "bot", "Why it is a bot's; none: it is a person's."),
    plain(
        "asn",
        "CAST(asn AS VARCHAR)",
        "Autonomous system of the network.",
    ),
    plain(
        "status",
        "status",
        "Status that a conversion was reported with.",
    ),
    Column {
        name: "hour_of_day",
        value: Value::HourOfDay,
        only: "TRUE",
        about: "Hour of the day, 00 to 23, in the time zone of the question.",
    },
    Column {
        name: "day_of_week",
        value: Value::DayOfWeek,
        only: "TRUE",
        about: "Day of the week, 1 (Monday) to 7, in the time zone of the question.",
    },
];

/// What is told apart here that one cube keeps together, or by its own rules.
const OWN: [Column; 4] = [
    Column {
        name: "link",
        value: Value::Sql("COALESCE(NULLIF(link, ''), CASE WHEN type = 'click' THEN object END)"),
        only: "(type = 'click' OR link <> '')",
        about: "Link, by its id: clicks on it, and the conversions they led to.",
    },
    Column {
        name: "pixel",
        value: Value::Sql("CASE WHEN type = 'view' THEN object END"),
        only: "type = 'view'",
        about: "Pixel, by its id.",
    },
    Column {
        name: "goal",
        value: Value::Sql("CASE WHEN type = 'conversion' THEN object END"),
        only: "type = 'conversion'",
        about: "Goal, by its id.",
    },
    Column {
        name: "currency",
        value: Value::Sql("CASE WHEN type = 'conversion' THEN currency ELSE cost_currency END"),
        only: "(value_micros IS NOT NULL OR cost_micros IS NOT NULL)",
        about: "Currency of a value or of a cost, ISO 4217.",
    },
];

impl Column {
    /// Every column, by the API's names.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = |name: &str| OWN.iter().any(|own| own.name == name);
        let of_cubes = Grouping::all().filter(move |grouping| !own(grouping.name));
        let of_cubes = of_cubes.map(|grouping| {
            let about = grouping.dimension.about();
            plain(grouping.name, grouping.dimension.sql().0, about)
        });
        of_cubes.chain(OWN).chain(MORE)
    }

    /// The column of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|column| column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_one_column() {
        let names: Vec<_> = Column::all().map(|column| column.name).collect();
        let distinct: BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        for grouping in Grouping::all() {
            assert!(Column::named(grouping.name).is_some(), "{}", grouping.name);
        }
        assert_eq!(Column::named("nothing"), None);
    }
}
