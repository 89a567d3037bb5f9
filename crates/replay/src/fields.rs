//! Names of an event's fields, as columns have them.

/// What `POST /v1/events` takes, each with its other names.
const FIELDS: &[(&str, &[&str])] = &[
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

/// How alike a name must be to be meant.
const ALIKE: f64 = 0.6;

/// The field that a column's name means: capitals, spaces, `-` and `_` make no difference.
pub(crate) fn field(column: &str) -> Option<&'static str> {
    let column = bare(column);
    let named = names().find(|(_, name)| bare(name) == column);
    named.map(|(field, _)| field)
}

/// The field whose name is most like that of an unknown column, if one is.
pub(crate) fn nearest(column: &str) -> Option<&'static str> {
    let column = bare(column);
    let alike = |name: &str| strsim::normalized_damerau_levenshtein(&bare(name), &column);
    let best = names().max_by(|a, b| alike(a.1).total_cmp(&alike(b.1)))?;
    (alike(best.1) >= ALIKE).then_some(best.0)
}

/// All fields, for people.
pub(crate) fn all() -> String {
    let names: Vec<&str> = FIELDS.iter().map(|(field, _)| *field).collect();
    names.join(", ")
}

fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let of = |(field, others): &(&'static str, &'static [&'static str])| {
        let field = *field;
        std::iter::once(field)
            .chain(others.iter().copied())
            .map(move |name| (field, name))
    };
    FIELDS.iter().flat_map(of)
}

fn bare(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
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
