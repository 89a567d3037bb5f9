//! `GET /v1/metrics`: an account's numbers for Prometheus.

use std::{fmt::Write, sync::Arc};

use axum::{extract::State, response::IntoResponse};
use http::header;
use web::Problem;

use super::auth::{Caller, Reader, Viewer};
use crate::{
    api_types::{GroupName, Numbers, Stats},
    app::App,
    openapi::refusals::{Key, Nothing, Refusals, StoreDown, TooMany, ViewsDown},
    stats::{Age, StatsQuery, answer, understand},
};

/// Links and goals that are told apart.
const MOST: usize = 200;

/// Numbers of today for Prometheus
///
/// Counters of today, by link and by goal, in the text format of Prometheus: they begin anew at midnight of the account's
/// time zone, which `rate()` and `increase()` understand. What is beyond 200 links or goals is in `other`.
#[utoipa::path(
    get, path = "/v1/metrics", tag = "Numbers",
    responses(
        (status = 200, description = "The numbers.", body = String, content_type = "text/plain",
            example = "# TYPE millrace_clicks_total counter\nmillrace_clicks_total{link=\"spring\"} 12\n"),
        Refusals<(Key, Nothing, StoreDown, ViewsDown, TooMany)>,
    ),
    security(("key" = ["read"])),
)]
pub(crate) async fn get_metrics(
    State(app): State<Arc<App>>,
    Reader(caller): Reader,
) -> Result<impl IntoResponse, Problem> {
    let _turn = app.turn(caller.account).await?;
    let links = asked(
        &app,
        &caller,
        "group_by=link&metrics=clicks,bot_clicks,conversions",
    )
    .await?;
    let goals = asked(
        &app,
        &caller,
        "group_by=goal&metrics=conversions,pending,rejected",
    )
    .await?;
    let values = asked(&app, &caller, "group_by=currency&metrics=value,cost").await?;
    let all = asked(&app, &caller, "metrics=clicks,bot_clicks,views,bot_views").await?;
    let mut text = Text::default();
    text.rows(&links, "link", "clicks", "Clicks of people today", |n| {
        n.clicks
    });
    text.rows(&links, "link", "bot_clicks", "Clicks of bots today", |n| {
        n.bot_clicks
    });
    let led = "Conversions of today that clicks on a link led to";
    text.rows(&links, "link", "link_conversions", led, |n| n.conversions);
    text.rows(
        &goals,
        "goal",
        "conversions",
        "Approved conversions today",
        |n| n.conversions,
    );
    text.gauges(
        &goals,
        "goal",
        "pending",
        "Conversions that are pending, of today",
        |n| n.pending,
    );
    text.one("views", "Views of pixels by people today", all.totals.views);
    text.one(
        "bot_views",
        "Views of pixels by bots today",
        all.totals.bot_views,
    );
    text.money(&values);
    text.truth(&all);
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text.0))
}

async fn asked(app: &Arc<App>, caller: &Caller, question: &str) -> Result<Stats, Problem> {
    let asked = StatsQuery::parse(&format!("{question}&range=today&limit={MOST}"))?;
    let query = understand(app, &Viewer::from(caller), &asked)?;
    answer(app, caller.account, &query, Age::Second).await
}

/// What is written so far.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, about: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(
            self.0,
            "# HELP millrace_{name} {about}\n# TYPE millrace_{name} {kind}"
        );
    }

    fn line(&mut self, name: &str, label: Option<(&str, &str)>, number: impl std::fmt::Display) {
        let _ = match label {
            Some((label, value)) => {
                writeln!(
                    self.0,
                    "millrace_{name}{{{label}=\"{}\"}} {number}",
                    escaped(value)
                )
            }
            None => writeln!(self.0, "millrace_{name} {number}"),
        };
    }

    fn rows(
        &mut self,
        stats: &Stats,
        label: &str,
        name: &str,
        about: &str,
        of: impl Fn(&Numbers) -> Option<i64>,
    ) {
        let name = format!("{name}_total");
        self.head(&name, "counter", about);
        self.lines(stats, label, &name, of);
    }

    fn gauges(
        &mut self,
        stats: &Stats,
        label: &str,
        name: &str,
        about: &str,
        of: impl Fn(&Numbers) -> Option<i64>,
    ) {
        self.head(name, "gauge", about);
        self.lines(stats, label, name, of);
    }

    fn lines(
        &mut self,
        stats: &Stats,
        label: &str,
        name: &str,
        of: impl Fn(&Numbers) -> Option<i64>,
    ) {
        for row in &stats.results {
            let group = row.groups.0.first().map(|group| &group.name);
            if let (Some(group), Some(number)) = (group, of(&row.numbers)) {
                self.line(name, Some((label, called(group))), number);
            }
        }
    }

    fn one(&mut self, name: &str, about: &str, number: Option<i64>) {
        let name = format!("{name}_total");
        self.head(&name, "counter", about);
        self.line(&name, None, number.unwrap_or(0));
    }

    fn money(&mut self, stats: &Stats) {
        type Of = fn(&Numbers) -> Option<&String>;
        let value: Of = |numbers| numbers.value.as_ref()?.as_ref();
        let cost: Of = |numbers| numbers.cost.as_ref()?.as_ref();
        for (name, about, of) in [
            ("value", "Value of approved conversions of today", value),
            ("cost", "What clicks of today cost", cost),
        ] {
            // What is taken back makes them less.
            self.head(name, "gauge", about);
            for row in &stats.results {
                let group = row.groups.0.first().map(|group| &group.name);
                if let (Some(group), Some(amount)) = (group, of(&row.numbers)) {
                    self.line(name, Some(("currency", called(group))), amount);
                }
            }
        }
    }

    /// How true the numbers are.
    fn truth(&mut self, stats: &Stats) {
        let meta = &stats.meta;
        self.head(
            "complete",
            "gauge",
            "1: nothing is missing from these numbers",
        );
        self.line("complete", None, u8::from(meta.complete));
        self.head("live_lag_seconds", "gauge", "Longest delay of live numbers");
        self.line("live_lag_seconds", None, meta.live_lag_ms as f64 / 1e3);
        self.head("manifest", "gauge", "Number of what is settled");
        self.line("manifest", None, meta.manifest);
    }
}

/// The name of a group: of an object how people call it.
fn called(group: &GroupName) -> &str {
    match group {
        GroupName::None => "",
        GroupName::Value(value) => value,
        GroupName::Object(_, name) => name,
        GroupName::Other => "other",
    }
}

/// As the text format wants a label's value.
fn escaped(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
