//! Compares what the API answers with what must be counted.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use testdata::expected::{Counts, Expected};

use super::visitor::Visitor;

/// What is compared group by group.
const METRICS: [&str; 4] = ["clicks", "bot_clicks", "views", "conversions"];

/// Whether `part`, live or settled, is exactly as expected: in all, and by day, hour, country and
/// link.
pub(super) async fn agrees(
    visitor: &Visitor,
    part: &str,
    expected: &Expected,
) -> anyhow::Result<bool> {
    let mut check = Check {
        part: part.to_owned(),
        agrees: true,
    };
    check.totals(expected, &visitor.totals().await?);
    let by = [
        ("by_day", "interval=day", "time", &expected.by_day),
        ("by_hour", "interval=hour", "time", &expected.by_hour),
        (
            "by_country",
            "group_by=country",
            "country",
            &expected.by_country,
        ),
        (
            "by_link",
            "group_by=link&limit=10000",
            "slug",
            &expected.by_link,
        ),
    ];
    for (name, how, field, groups) in by {
        let path = format!(
            "/v1/stats?metrics={}&{}&{how}",
            METRICS.join(","),
            visitor.range
        );
        check.groups(name, groups, &visitor.get(&path).await?, field);
    }
    Ok(check.agrees)
}

/// A comparison, printed row by row where it fails and in one line where it agrees.
struct Check {
    part: String,
    agrees: bool,
}

impl Check {
    fn value(&mut self, what: &str, expected: Value, got: &Value) {
        if expected != *got {
            println!("  {}: {what}: expected {expected}, got {got}", self.part);
            self.agrees = false;
        }
    }

    fn totals(&mut self, expected: &Expected, answer: &Value) {
        let (expected, got) = (&expected.totals, &answer["totals"]);
        self.row("totals", "", expected, got);
        self.value("value", json!(expected.value), &got["value"]);
        if answer["meta"]["exact"]["unique_visitors"] == json!(true) {
            self.value(
                "unique visitors",
                json!(expected.unique_visitors),
                &got["unique_visitors"],
            );
        }
    }

    fn row(&mut self, what: &str, group: &str, expected: &Counts, got: &Value) {
        let numbers = [
            ("clicks", expected.clicks),
            ("bot_clicks", expected.bot_clicks),
            ("views", expected.views),
            ("conversions", expected.conversions),
        ];
        for (metric, number) in numbers {
            self.value(
                &format!("{what} {group} {metric}"),
                json!(number),
                &got[metric],
            );
        }
    }

    fn groups(
        &mut self,
        what: &str,
        expected: &BTreeMap<String, Counts>,
        answer: &Value,
        field: &str,
    ) {
        let rows = answer["results"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let name = |row: &Value| row[field].as_str().unwrap_or_default().to_owned();
        let find = |group: &str| {
            rows.iter().find(|r| {
                if what == "by_day" {
                    name(r).starts_with(group)
                } else {
                    name(r) == group
                }
            })
        };
        for (group, counts) in expected {
            self.row(what, group, counts, find(group).unwrap_or(&Value::Null));
        }
        let used = rows
            .iter()
            .filter(|r| METRICS.iter().any(|m| r[*m].as_i64() != Some(0)))
            .count();
        self.value(
            &format!("{what}: number of groups"),
            json!(expected.len()),
            &json!(used),
        );
        println!(
            "  {}: {what}: {} groups compared",
            self.part,
            expected.len()
        );
    }
}
