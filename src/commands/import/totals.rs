//! `millrace import totals`.

use std::process::ExitCode;

use clap::Args;
use imports::{rejects::Rejects, totals::TotalRow};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Door, Lists, api::Api, open_list, report::Report};

pub(super) const EXAMPLES: &str = "Examples:
  millrace import totals --from yourls yourls_url.csv --url http://127.0.0.1:8081 --key mr_…
  millrace import totals --from csv by-day.csv --source old-tracker --url http://127.0.0.1:8081

A list of links has their counts (import the links first); a table of --from csv has the columns `link` (slug, id or ext_…), `clicks`
and, of counts by day, `day`. GET /v1/stats shows them in `meta.imported`, and adds them to nothing: who was counted, and how
often, is that tool's word. The newest list of a source stands in the place of the one before.

Exit codes: 0 all was taken, 1 it failed, 3 some rows were refused.";

#[derive(Debug, Args)]
pub struct Totals {
    #[command(flatten)]
    lists: Lists,
    #[command(flatten)]
    door: Door,
    /// What the source is called: a later import of the same name replaces this one. [default: the tool]
    #[arg(long)]
    source: Option<String>,
    /// Until when it had counted, RFC 3339. [default: now]
    #[arg(long)]
    as_of: Option<String>,
}

/// What the API made of counts.
#[derive(Debug, Deserialize)]
struct Answer {
    taken: u64,
    clicks: u64,
    rejected: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    index: usize,
    code: String,
    detail: String,
}

impl Totals {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let api = Api::new(&self.door)?;
        let (tool, renames) = (
            self.lists.tool()?,
            imports::record::renames(&self.lists.map)?,
        );
        let mut report = Report::default();
        let mut counts = Vec::new();
        for file in &self.lists.files {
            let mut rejects = Rejects::new(&self.lists.rejects_of(file));
            imports::totals::read(open_list(file)?, tool, &renames, &mut |entry| {
                match entry.row {
                    Ok(row) => counts.extend(row),
                    Err(refusal) => {
                        report.refuse(
                            &format!("line {}", entry.number),
                            &refusal.code,
                            &refusal.detail,
                        );
                        rejects.add(entry.number, &entry.raw, &refusal)?;
                    }
                }
                Ok(())
            })?;
            report.rejects.extend(rejects.finish()?);
        }
        let source = self.source.as_deref().unwrap_or(tool.name());
        send(&api, source, self.as_of.as_deref(), &counts, &mut report).await?;
        Ok(report.print(self.lists.json))
    }
}

/// Puts counts in the place of those that the source had before.
pub(super) async fn send(
    api: &Api,
    source: &str,
    as_of: Option<&str>,
    counts: &[TotalRow],
    report: &mut Report,
) -> anyhow::Result<()> {
    let row = |row: &TotalRow| json!({"link": row.link, "day": row.day, "since": row.since, "clicks": row.clicks});
    let rows: Value = counts.iter().map(row).collect();
    let body = json!({"as_of": as_of, "rows": rows});
    let path = format!("v1/imported-totals/{source}");
    let answer: Answer = api.call(Method::PUT, &path, Some(&body)).await?;
    report.add("counts taken", answer.taken);
    report.add("clicks in them", answer.clicks);
    for refused in answer.rejected {
        let link = counts
            .get(refused.index)
            .map_or("", |count| count.link.as_str());
        report.refuse(link, &refused.code, &refused.detail);
    }
    Ok(())
}
