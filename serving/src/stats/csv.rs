//! Rows of an answer as comma-separated values. Pure.

use serde_json::{Map, Value};
use web::Problem;

use crate::api_types::Stats;

/// A line of names, then a line for each row: time, groups, numbers. What a row has not is empty; sums in several currencies
/// are JSON.
pub(crate) fn csv(stats: &Stats) -> Result<Vec<u8>, Problem> {
    let rows = stats.results.iter().map(serde_json::to_value);
    let rows: Vec<Value> = rows.collect::<Result<_, _>>().map_err(Problem::internal)?;
    let rows: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    // Maps of JSON are sorted by name; people want to read what a row is of first.
    let asked = |name: &str| {
        stats
            .meta
            .query
            .metrics
            .iter()
            .position(|metric| metric.name() == name)
    };
    names.sort_by_key(|name| (asked(name).map_or(0, |at| 1 + at), *name != "time"));
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(&names).map_err(Problem::internal)?;
    for row in rows {
        let cells = names
            .iter()
            .map(|name| row.get(*name).map_or_else(String::new, cell));
        out.write_record(cells).map_err(Problem::internal)?;
    }
    out.into_inner().map_err(Problem::internal)
}

/// A text that a spreadsheet would take for a formula begins with an apostrophe.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.starts_with(['=', '+', '@', '\t', '\r']) => format!("'{text}"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_no_formulas() {
        for (value, text) in [
            (json!("=1+1"), "'=1+1"),
            (json!("@a"), "'@a"),
            (json!("-5.00"), "-5.00"),
            (json!("a,b"), "a,b"),
            (json!(null), ""),
            (json!(12), "12"),
            (json!(true), "true"),
        ] {
            assert_eq!(cell(&value), text);
        }
    }
}
