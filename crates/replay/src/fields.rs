//! Names of an event's fields, as columns have them.

use crate::names::{self, bare};

/// What `POST /v1/events` takes, each with its other names.
pub const EVENT_FIELDS: &[(&str, &[&str])] = &[
    ("type", &[]),
    ("link", &[]),
    ("pixel", &[]),
    ("goal", &[]),
    ("occurred_at", &["time", "timestamp"]),
    ("ip", &[]),
    ("user_agent", &[]),
    ("referrer", &[]),
    ("accept_language", &[]),
    ("visitor", &[]),
    ("country", &[]),
    ("idempotency_key", &[]),
    ("transaction_id", &["txid", "tid", "order_id"]),
    ("click_id", &["clickid", "cid", "subid"]),
    ("value", &["payout", "revenue", "amount"]),
    ("currency", &[]),
    ("status", &[]),
    ("sub1", &[]),
    ("sub2", &[]),
    ("sub3", &[]),
    ("sub4", &[]),
    ("sub5", &[]),
    ("utm_source", &[]),
    ("utm_medium", &[]),
    ("utm_campaign", &[]),
    ("utm_term", &[]),
    ("utm_content", &[]),
];

/// The field that a column's name means: capitals, spaces, `-` and `_` make no difference.
pub(crate) fn field(column: &str) -> Option<&'static str> {
    let column = bare(column);
    let named = names().find(|(_, name)| bare(name) == column);
    named.map(|(field, _)| field)
}

/// The field whose name is most like that of an unknown column, if one is.
pub(crate) fn nearest(column: &str) -> Option<&'static str> {
    let best = names::nearest(column, names().map(|(_, name)| name))?;
    field(best)
}

/// All fields, for people.
pub(crate) fn all() -> String {
    let names: Vec<&str> = EVENT_FIELDS.iter().map(|(field, _)| *field).collect();
    names.join(", ")
}

fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |(field, others): &(&'static str, &'static [&'static str])| {
        let field = *field;
        std::iter::once(field)
            .chain(others.iter().copied())
            .map(move |name| (field, name))
    };
    EVENT_FIELDS.iter().flat_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_known_by_any_of_its_names() {
        for (column, meant) in [
            ("link", "link"),
            (" Link ", "link"),
            ("timestamp", "occurred_at"),
            ("Time", "occurred_at"),
            ("Occurred At", "occurred_at"),
            ("occurredAt", "occurred_at"),
            ("USER-AGENT", "user_agent"),
            ("clickid", "click_id"),
            ("cid", "click_id"),
            ("subid", "click_id"),
            ("txid", "transaction_id"),
            ("tid", "transaction_id"),
            ("Order ID", "transaction_id"),
            ("payout", "value"),
            ("revenue", "value"),
            ("amount", "value"),
            ("Status", "status"),
        ] {
            assert_eq!(field(column), Some(meant), "{column}");
        }
        assert_eq!(field("ts"), None);
        assert_eq!(field(""), None);
    }

    #[test]
    fn a_column_that_is_nearly_one_is_told() {
        for (column, meant) in [
            ("referer", Some("referrer")),
            ("time_stamp_", Some("occurred_at")),
            ("timestmp", Some("occurred_at")),
            ("usr_agent", Some("user_agent")),
            ("links", Some("link")),
            ("utm_compaign", Some("utm_campaign")),
            ("zzz", None),
            ("", None),
        ] {
            assert!(
                field(column).is_none() || meant == field(column),
                "{column}"
            );
            assert_eq!(nearest(column), meant, "{column}");
        }
    }
}
