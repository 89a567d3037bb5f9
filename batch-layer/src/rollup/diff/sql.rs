//! The SQL of a comparison, over tables of both sides: what is published ends with `_0`, what is staged with `_1`.

use model::{CUBES, Cube, Dimension, EntityKind};

use super::{By, Changed, MOST_REASONS, Question};

/// The columns of [`Numbers`], in its order.
pub(super) const NUMBERS: [&str; 6] = [
    "clicks",
    "bot_clicks",
    "views",
    "bot_views",
    "conversions",
    "visitors",
];

impl By {
    /// The cube whose rows of accounts tell it.
    pub(super) fn cube(self) -> Option<&'static Cube> {
        let dimension = match self {
            Self::Account | Self::Day => Dimension::Total,
            Self::Link => Dimension::Object,
        };
        CUBES
            .iter()
            .filter(|cube| cube.dimension == dimension)
            .max_by_key(|cube| cube.grain.minutes())
    }

    /// Entities whose visits tell it.
    pub(super) fn visited(self) -> &'static [EntityKind] {
        match self {
            Self::Account | Self::Day => &[EntityKind::Account],
            Self::Link => &[EntityKind::Link, EntityKind::Pixel, EntityKind::Goal],
        }
    }

    /// Beside the account: what tells a row of sums, of visits and of events from others. Of visits of links the account
    /// is not known.
    fn details(self) -> [&'static str; 3] {
        match self {
            Self::Account => ["''"; 3],
            Self::Day => [
                "CAST(CAST(time AS DATE) AS VARCHAR)",
                "CAST(day AS VARCHAR)",
                "CAST(CAST(time AS DATE) AS VARCHAR)",
            ],
            Self::Link => ["value", "entity", "object"],
        }
    }
}

/// The question as SQL over `sums_0`, `visits_0` and the same of the other side: account, detail, all numbers before, all
/// numbers after.
pub(super) fn compared(question: &Question, limit: usize) -> String {
    let Question { account, by, .. } = question;
    let [of_sums, of_visits, _] = by.details();
    let (account_of_visits, key, keys) = match by {
        By::Account | By::Day => ("entity", "account", "account, detail"),
        By::Link => ("CAST(NULL AS VARCHAR)", "MAX(account)", "detail"),
    };
    let side = |side: usize| {
        format!(
            "SELECT {side} AS side, entity AS account, {of_sums} AS detail, clicks, bot_clicks, views, bot_views, \
             conversions, 0 AS visitors FROM sums_{side} \
             UNION ALL SELECT {side}, {account_of_visits}, {of_visits}, 0, 0, 0, 0, 0, 1 FROM visits_{side} \
             WHERE people_early <> 0 OR people_late <> 0"
        )
    };
    let sums = [0, 1].map(|side| {
        let sum = |number: &str| {
            format!(
                "CAST(SUM(CASE WHEN side = {side} THEN {number} ELSE 0 END) AS BIGINT) AS {number}_{side}"
            )
        };
        NUMBERS.map(sum).join(", ")
    });
    let size = NUMBERS.map(|number| format!("ABS({number}_1 - {number}_0)"));
    let size = size.join(" + ");
    let only = account.map_or_else(String::new, |id| format!("AND account = '{id}'"));
    format!(
        "SELECT * FROM (SELECT {key} AS account, detail, {} FROM ({} UNION ALL {}) GROUP BY {keys}) \
         WHERE {size} > 0 {only} ORDER BY {size} DESC, account, detail LIMIT {limit}",
        sums.join(", "),
        side(0),
        side(1)
    )
}

/// The reasons of these rows as SQL over `events_0` and `events_1`: account, detail, reason, before, after.
pub(super) fn reasoned(by: By, rows: &[Changed]) -> String {
    let [.., detail] = by.details();
    let side = |side: usize| {
        format!("SELECT {side} AS side, account, {detail} AS detail, bot FROM events_{side}")
    };
    let list = |of: fn(&Changed) -> Option<&String>| {
        let values = rows.iter().filter_map(of);
        let quoted = values.map(|value| format!("'{}'", value.replace('\'', "''")));
        quoted.collect::<Vec<_>>().join(", ")
    };
    let accounts = list(|row| Some(&row.account));
    let details = list(|row| row.day.as_ref().or(row.object.as_ref()));
    let within = match details.is_empty() {
        true => String::new(),
        false => format!("AND detail IN ({details})"),
    };
    let sum = |side: usize| format!("CAST(SUM(CASE side WHEN {side} THEN 1 ELSE 0 END) AS BIGINT)");
    format!(
        "SELECT * FROM (SELECT account, detail, bot, {} AS before, {} AS after FROM ({} UNION ALL {}) \
         WHERE bot IS NOT NULL AND account IN ({accounts}) {within} GROUP BY account, detail, bot) \
         WHERE before <> after ORDER BY ABS(after - before) DESC, bot LIMIT {}",
        sum(0),
        sum(1),
        side(0),
        side(1),
        rows.len() * 4 * MOST_REASONS
    )
}
