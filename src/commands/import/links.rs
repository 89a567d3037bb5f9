//! `millrace import links`.

use std::{collections::BTreeMap, path::Path, process::ExitCode};

use clap::Args;
use imports::{Refusal, links::LinkRow, rejects::Rejects, totals::TotalRow};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Door, Lists, api::Api, open_list, report::Report, totals};

pub(super) const EXAMPLES: &str = "Examples:
  millrace import links --from bitly links.json --url http://127.0.0.1:8081 --key mr_… --dry-run
  millrace import links --from dub links.csv --url http://127.0.0.1:8081
  millrace import links --from csv links.csv --map \"Short code=slug\" --map Target=destination --url http://127.0.0.1:8081

A link is known again by an external id made of the tool and what the tool calls it (bitly:bit.ly:abc): the same list once
more changes what has changed, and fields that the list does not have stay as they are. What cannot be taken is told by line
or entry, and kept in FILE.rejected. --dry-run says what would be created, changed and refused, and touches nothing.

Exit codes: 0 all was taken, 1 it failed, 3 some rows were refused.";

/// Links of one request, and bytes of them, about.
const MOST_LINKS: usize = 5_000;
const MOST_BYTES: usize = 8 << 20;

#[derive(Debug, Args)]
pub struct Links {
    #[command(flatten)]
    lists: Lists,
    #[command(flatten)]
    door: Door,
    /// Say what would become of each row, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Bring their counts of clicks, too, where the list has them, as `millrace import totals` does.
    #[arg(long, conflicts_with = "dry_run")]
    totals: bool,
}

/// A link on its way, and where it comes from.
struct Item {
    number: u64,
    raw: Vec<u8>,
    slug: String,
    destination: String,
    body: Value,
}

/// What the API made of many.
#[derive(Debug, Deserialize)]
struct Answer {
    created: Vec<Done>,
    changed: Vec<Done>,
    #[serde(default)]
    unchanged: Vec<usize>,
    rejected: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
struct Done {
    index: usize,
}

#[derive(Debug, Deserialize)]
struct Refused {
    index: usize,
    code: String,
    detail: String,
}

impl Links {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let api = Api::new(&self.door)?;
        let knows_max_clicks = api.links_have("max_clicks").await?;
        let mut report = Report::default();
        let mut counts = Vec::new();
        for file in &self.lists.files {
            let mut import = OneFile {
                links: &self,
                api: &api,
                knows_max_clicks,
                without_max_clicks: 0,
                counts: &mut counts,
                rejects: Rejects::new(&self.lists.rejects_of(file)),
                report: &mut report,
            };
            import.read(file).await?;
            let (rejects, without) = (import.rejects, import.without_max_clicks);
            report.rejects.extend(rejects.finish()?);
            if without > 0 {
                report.note(format!(
                    "{without} links end after some clicks, which this installation does not know: they go on"
                ));
            }
        }
        match self.totals {
            true => totals::send(&api, self.lists.tool()?.name(), None, &counts, &mut report).await?,
            false if !counts.is_empty() => report.note(format!(
                "{} links have counts of clicks; --totals brings them, as a part of answers of its own",
                counts.len()
            )),
            false => {}
        }
        Ok(report.print(self.lists.json))
    }
}

/// A file that is being imported.
struct OneFile<'a> {
    links: &'a Links,
    api: &'a Api,
    knows_max_clicks: bool,
    without_max_clicks: u64,
    /// What the tool counted.
    counts: &'a mut Vec<TotalRow>,
    rejects: Rejects,
    report: &'a mut Report,
}

impl OneFile<'_> {
    async fn read(&mut self, file: &Path) -> anyhow::Result<()> {
        let lists = &self.links.lists;
        let (tool, renames) = (lists.tool()?, imports::record::renames(&lists.map)?);
        let items = self.items(file, tool, &renames)?;
        let mut rest = items.into_iter().peekable();
        while rest.peek().is_some() {
            let mut bytes = 0;
            let mut part = Vec::new();
            while let Some(item) = rest.next_if(|_| part.len() < MOST_LINKS && bytes < MOST_BYTES) {
                bytes += item.raw.len() + 200;
                part.push(item);
            }
            self.send(&part).await?;
        }
        Ok(())
    }

    /// All links of a file; what is none is refused at once.
    fn items(
        &mut self,
        file: &Path,
        tool: imports::links::Tool,
        renames: &BTreeMap<String, String>,
    ) -> anyhow::Result<Vec<Item>> {
        let mut items = Vec::new();
        imports::links::read(open_list(file)?, tool, renames, &mut |entry| {
            match entry.rows {
                Ok(rows) => {
                    let of_row = |row: LinkRow| self.item(entry.number, &entry.raw, &row);
                    items.extend(rows.into_iter().map(of_row));
                }
                Err(refusal) => self.refuse(entry.number, &entry.raw, &refusal)?,
            }
            Ok(())
        })?;
        Ok(items)
    }

    fn item(&mut self, number: u64, raw: &[u8], row: &LinkRow) -> Item {
        self.counts.extend(imports::totals::of_link(row));
        let mut body = row.body();
        if !self.knows_max_clicks && body.remove("max_clicks").is_some() {
            self.without_max_clicks += 1;
        }
        Item {
            number,
            raw: raw.to_vec(),
            slug: row.slug.clone(),
            destination: row.destination.clone(),
            body: Value::Object(body),
        }
    }

    fn refuse(&mut self, number: u64, raw: &[u8], refusal: &Refusal) -> anyhow::Result<()> {
        let place = format!("line {number}");
        self.say(
            number,
            "refused",
            json!({"code": refusal.code, "detail": refusal.detail}),
        );
        self.report.refuse(&place, &refusal.code, &refusal.detail);
        if !self.links.dry_run {
            self.rejects.add(number, raw, refusal)?;
        }
        Ok(())
    }

    /// Sends some, and takes in what became of each.
    async fn send(&mut self, items: &[Item]) -> anyhow::Result<()> {
        let bodies: Value = items.iter().map(|item| item.body.clone()).collect();
        let path = match self.links.dry_run {
            true => "v1/links/bulk?dry_run=true",
            false => "v1/links/bulk",
        };
        let answer: Answer = self.api.call(Method::PUT, path, Some(&bodies)).await?;
        let mut became: BTreeMap<usize, &'static str> = BTreeMap::new();
        became.extend(answer.created.iter().map(|done| (done.index, "created")));
        became.extend(answer.changed.iter().map(|done| (done.index, "changed")));
        became.extend(answer.unchanged.iter().map(|index| (*index, "unchanged")));
        for (index, what) in became {
            self.report.add(what, 1);
            if let Some(item) = items.get(index) {
                self.say(
                    item.number,
                    what,
                    json!({"slug": item.slug, "destination": item.destination}),
                );
            }
        }
        for refused in answer.rejected {
            if let Some(item) = items.get(refused.index) {
                let refusal = Refusal::new(refused.code, refused.detail);
                self.refuse(item.number, &item.raw, &refusal)?;
            }
        }
        Ok(())
    }

    /// Of a dry run each row is told.
    fn say(&self, line: u64, what: &str, about: Value) {
        if !self.links.dry_run {
            return;
        }
        if self.links.lists.json {
            println!(
                "{}",
                json!({"line": line, "would_be": what, "about": about})
            );
            return;
        }
        let text = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
        match what {
            "refused" => println!("line {line}: refused, {}: {}", text("code"), text("detail")),
            what => println!(
                "line {line}: {what}, {} → {}",
                text("slug"),
                text("destination")
            ),
        }
    }
}
