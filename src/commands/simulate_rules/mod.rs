//! `millrace simulate-rules`: where the real clicks of a link would have gone by other rules. Nothing is changed.

mod live;
mod settled;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use catalog::{
    Catalog, Link, Row,
    routing::{LinkOptions, Rule, Visit, choose},
};
use chrono_tz::Tz;
use clap::Args;
use enrich::Rules;
use model::time;
use serde_json::{Value, json};

use crate::{config::Settings, wiring::Base};

pub const EXAMPLES: &str = "Examples:\n  millrace simulate-rules --link spring --rules new.json --range 7d\n  \
    millrace simulate-rules --link lnk_0000000000005 --rules '[]' --json\n\
    The file holds what `rules` of PATCH /v1/links/{id} would: a list, or an object with `rules`. Clicks are those that are settled, and \
    those behind them that collectors have stored: they do so every few seconds, so that only the last ones are missing. Of addresses only the network is kept, and of parameters `utm_…` and `sub1` to `sub5`: conditions on \
    others fit nobody.";

#[derive(Debug, Args)]
pub struct SimulateRules {
    /// The link: its id, or its slug.
    #[arg(long)]
    link: String,
    /// The rules: a file, or JSON.
    #[arg(long)]
    rules: String,
    /// How far back: a number of hours or days, such as 24h or 7d.
    #[arg(long, default_value = "7d")]
    range: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// By what clicks are led anew.
#[derive(Clone)]
struct By {
    link: Arc<Link>,
    zone: Tz,
    since_ms: i64,
}

/// Where clicks go: the rule, and the variant.
type Way = (String, String);

/// How many clicks of people and of bots went a way.
type Ways = BTreeMap<Way, [u64; 2]>;

impl SimulateRules {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let base = Base::open(&settings)?;
        let catalog = Catalog::open(base.env.clone()).await?;
        let link = find(&catalog, &self.link)?;
        let changed = with_rules(&link, read_rules(&self.rules)?);
        let account = catalog.account(link.account);
        let account = account.context("the account of the link is gone")?;
        changed.check_routing(None, &account.settings.allowed_schemes)?;
        let zone: Tz = account.settings.timezone.parse().unwrap_or(Tz::UTC);
        let since_ms = base.env.clock.now_ms() - range_ms(&self.range)?;
        let rules = Arc::new(Rules::new()?);
        let by = By {
            link: Arc::new(changed),
            zone,
            since_ms,
        };
        let batch = base.batch(Arc::clone(&rules))?;
        let settled = by.clone();
        let (mut told, manifest) = batch
            .run(move |deps| async move { settled::read(&deps, &settled).await })
            .await??;
        live::read(&base.env.store, &manifest.horizon, &rules, &by, &mut told).await?;
        match self.json {
            true => println!("{}", told.json(&link, since_ms)),
            false => told.print(&link, since_ms),
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn find(catalog: &Catalog, text: &str) -> anyhow::Result<Arc<Link>> {
    let by_id = text.parse().ok().and_then(|id| catalog.link(id));
    let link = by_id.or_else(|| catalog.link_named(text));
    link.filter(|link| !link.deleted())
        .with_context(|| format!("there is no link `{text}`; give its id (lnk_…) or its slug"))
}

/// The rules of a file, or of the argument itself.
fn read_rules(text: &str) -> anyhow::Result<Box<[Rule]>> {
    let json = match text.trim_start().starts_with(['[', '{']) {
        true => text.to_owned(),
        false => std::fs::read_to_string(PathBuf::from(text))
            .with_context(|| format!("the rules {text} cannot be read"))?,
    };
    let mut value: Value = serde_json::from_str(&json).context("the rules are not JSON")?;
    if let Some(rules) = value.get_mut("rules") {
        value = rules.take();
    }
    serde_json::from_value(value).context("these are no rules of a link")
}

fn with_rules(link: &Link, rules: Box<[Rule]>) -> Link {
    let options = link.options.as_deref().cloned().unwrap_or_default();
    Link {
        options: Some(Box::new(LinkOptions { rules, ..options })),
        ..link.clone()
    }
}

fn range_ms(text: &str) -> anyhow::Result<i64> {
    let hours = text.strip_suffix('h').map(|number| (number, time::HOUR));
    let days = text.strip_suffix('d').map(|number| (number, time::DAY));
    let (number, minutes) = match hours.or(days) {
        Some(range) => range,
        None => bail!("--range must be a number of hours or days, such as 24h or 7d"),
    };
    let number: u16 = number
        .parse()
        .context("--range must be a number of hours or days, such as 24h or 7d")?;
    Ok(i64::from(number) * minutes * 60_000)
}

/// What came of it.
#[derive(Debug, Default)]
struct Told {
    before: Ways,
    after: Ways,
    moved: u64,
    settled: u64,
    live: u64,
    newest_ms: Option<i64>,
}

impl Told {
    /// Leads a click anew, which went this way.
    fn add(&mut self, link: &Link, visit: &Visit<'_>, before: Way) {
        let after = choose(link.rules(), visit).map_or_else(Way::default, |choice| {
            let rule = link.rules()[choice.rule].name(choice.rule);
            (rule, choice.variant.to_owned())
        });
        self.newest_ms = self.newest_ms.max(Some(visit.at_ms));
        self.moved += u64::from(before != after);
        self.before.entry(before).or_default()[usize::from(visit.bot)] += 1;
        self.after.entry(after).or_default()[usize::from(visit.bot)] += 1;
    }

    fn clicks(&self) -> u64 {
        self.settled + self.live
    }

    fn newest(&self) -> Option<String> {
        self.newest_ms.map(time::rfc3339)
    }

    fn json(&self, link: &Link, since_ms: i64) -> Value {
        let ways = |ways: &Ways| -> Value {
            let ways = ways.iter().map(|((rule, variant), [people, bots])| {
                let name = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                json!({"rule": name(rule), "variant": name(variant), "clicks": people, "bot_clicks": bots})
            });
            ways.collect()
        };
        json!({
            "link": link.id, "slug": link.slug, "since": time::rfc3339(since_ms), "clicks": self.clicks(),
            "settled": self.settled, "live": self.live, "newest": self.newest(),
            "moved": self.moved, "before": ways(&self.before), "after": ways(&self.after),
        })
    }

    fn print(&self, link: &Link, since_ms: i64) {
        let (slug, since) = (&link.slug, time::rfc3339(since_ms));
        println!(
            "{} clicks on {slug} since {since}, {} of them not settled yet; {} would go another way",
            self.clicks(),
            self.live,
            self.moved
        );
        if let Some(newest) = self.newest() {
            println!("the newest is of {newest}; what collectors have not stored yet is not in it");
        }
        println!(
            "\n{:<24} {:<24} {:>10} {:>10}",
            "rule", "variant", "as it was", "by these"
        );
        let mut all: Vec<&Way> = self.before.keys().chain(self.after.keys()).collect();
        all.sort_unstable();
        all.dedup();
        for way in all {
            let of = |ways: &Ways| ways.get(way).map_or(0, |counts| counts.iter().sum::<u64>());
            let name = |text: &'_ str, none: &str| {
                if text.is_empty() {
                    none.to_owned()
                } else {
                    text.to_owned()
                }
            };
            let (rule, variant) = (name(&way.0, "(destination)"), name(&way.1, ""));
            println!(
                "{rule:<24} {variant:<24} {:>10} {:>10}",
                of(&self.before),
                of(&self.after)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_rules_are_read_as_people_write_them() {
        assert_eq!(range_ms("24h").unwrap(), 86_400_000);
        assert_eq!(range_ms("7d").unwrap(), 7 * 86_400_000);
        for wrong in ["", "d", "7", "7w", "-1d", "7 d", "é"] {
            range_ms(wrong).unwrap_err();
        }
        let list = r#"[{"to": "https://a.example/"}]"#;
        assert_eq!(read_rules(list).unwrap().len(), 1);
        assert_eq!(
            read_rules(&format!("{{\"rules\": {list}}}")).unwrap().len(),
            1
        );
        assert_eq!(read_rules("[]").unwrap().len(), 0);
        for wrong in ["[1]", "{", "/nowhere/rules.json"] {
            read_rules(wrong).unwrap_err();
        }
    }
}
