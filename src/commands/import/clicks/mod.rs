//! `millrace import clicks`: history straight into a log of its own.

mod contents;
mod conversions;
mod making;
mod reading;
mod targets;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context, bail};
use clap::Args;
use enrich::{Geo, OwnLists, Rules};
use handover::{
    imported::{Begun, Done, ImportId, Put, Standing, Writer},
    salts,
};
use imports::clicks::{Format, Named, Understanding};
use indicatif::{ProgressBar, ProgressStyle};
use ingest::{CurrentSalts, EventBuilder};
use model::{EntityId, random::new_secret};
use url::Url;

use self::{contents::Source, conversions::Conversions, making::Maker, targets::Targets};
use super::report::Report;
use crate::{config::Settings, wiring::Base};

pub(super) const EXAMPLES: &str = "Examples:
  millrace import clicks --account acc_… --format ndjson clicks.ndjson.gz
  millrace import clicks --account acc_… --format csv visits.csv --map short_code=link --map at=time --leave-out id
  millrace import clicks --account acc_… --format combined access.log --create-links --site https://www.example.com
  millrace import clicks --account acc_… --format usagov --create-links --name usagov-2013 raw/*.gz
  millrace import conversions --account acc_… --format csv orders.csv --goal Sale --map order=transaction_id --map total=value

It writes to the object store, as `--store-url` or the settings name it; no collector is needed, and all may be running. A file
counts once, whatever becomes of the import: one that is killed goes on where it was, one that is run again says that it was done.
Files of one --name are one history. Rows that cannot be taken are told by line and kept in FILE.rejected: mended there, that file
is a history of its own. Numbers show it after the next run of the rollup; until then answers of the account say that they are
incomplete.

Exit codes: 0 all was taken, 1 it failed, 3 some rows were refused.";

/// How often an import begins anew because what it stored before is not what it makes now.
const TRIES: u32 = 3;
/// Events that are stored while others are made.
const AHEAD: usize = 1;

#[derive(Debug, Args)]
pub struct Clicks {
    /// Files of history, plain or packed with gzip. `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// ndjson: one object a line; csv: the same fields as columns; combined: the log of a web server, where the path is the
    /// link's slug; usagov: the feed of 1.usa.gov.
    #[arg(long, value_parser = ["ndjson", "csv", "combined", "usagov"])]
    format: String,
    /// Whose history it is.
    #[arg(long)]
    account: EntityId,
    /// The link that all of it happened to: its slug, id, or ext_ and what it is called.
    #[arg(long, conflicts_with_all = ["pixel", "goal"])]
    link: Option<String>,
    /// The pixel that all of it happened to: its name or id.
    #[arg(long, conflicts_with = "goal")]
    pixel: Option<String>,
    /// The goal that all of it reached: its name or id. `link` of a row is then the link that led to it.
    #[arg(long)]
    goal: Option<String>,
    /// A column or field, and what it is: `--map short_code=link`.
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// Columns or fields that are passed over.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    leave_out: Vec<String>,
    /// Makes links that do not exist, where rows say where they lead. Else their rows are refused.
    #[arg(long)]
    create_links: bool,
    /// Where links lead that are made and whose row says nowhere, or where nobody may be led: this address and their path.
    #[arg(long, requires = "create_links")]
    site: Option<Url>,
    /// What the history is called. All files of the command are one history then, and this name counts once, whatever is in
    /// them. By default each file is a history of its own, known by its contents.
    #[arg(long)]
    name: Option<String>,
    /// Where rows go that are refused, each below its reason. [default: FILE.rejected]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What every history of a command needs.
struct Tools {
    base: Base,
    targets: Targets,
    builder: Arc<EventBuilder>,
    bar: ProgressBar,
}

impl Clicks {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let how = self.understanding()?;
        let tools = self.tools(&settings).await?;
        let sources = self
            .files
            .iter()
            .map(|file| contents::look(file))
            .collect::<Result<Vec<_>, _>>()?;
        let mut report = Report::default();
        // Each by itself, unless they have a name.
        let histories: Vec<&[Source]> = match self.name {
            Some(_) => vec![&sources[..]],
            None => sources.chunks(1).collect(),
        };
        for history in histories {
            self.import(&tools, &how, history, &mut report).await?;
        }
        tools.bar.finish_and_clear();
        Ok(report.print(self.json))
    }

    fn understanding(&self) -> anyhow::Result<Understanding> {
        let format: Format = self.format.parse().map_err(anyhow::Error::msg)?;
        let link = self.link.clone().map(Named::Link);
        let target = link
            .or_else(|| self.pixel.clone().map(Named::Pixel))
            .or_else(|| self.goal.clone().map(Named::Goal));
        Understanding::new(format, &self.map, &self.leave_out, target)
    }

    async fn tools(&self, settings: &Settings) -> anyhow::Result<Tools> {
        let base = Base::open(settings)?;
        let catalog = base.catalog().await?;
        let account = catalog.account(self.account);
        let Some(account) = account else {
            bail!(
                "there is no account {} in {}",
                self.account,
                settings.store_url
            );
        };
        let secret = settings.secret(|| new_secret(&*base.env.random))?;
        let (salts, _) = salts::keep(&base.env, &secret).await?;
        let geo = settings
            .geo_db
            .as_deref()
            .map_or_else(|| Ok(Geo::none()), Geo::open)?;
        let lists = OwnLists::default();
        if let Some(path) = &settings.lists {
            lists.replace(Some(Arc::new(crate::lists::read(path)?)));
        }
        let style =
            ProgressStyle::with_template("{bar:30} line {pos} of {len}, {per_sec}, {eta} left")?;
        Ok(Tools {
            targets: Targets::new(catalog, account, self.create_links, self.site.clone()),
            builder: Arc::new(EventBuilder {
                rules: Arc::new(Rules::new()?),
                geo,
                lists,
                salts: CurrentSalts::new(salts),
            }),
            bar: ProgressBar::new(0).with_style(style),
            base,
        })
    }

    /// Imports one history.
    async fn import(
        &self,
        tools: &Tools,
        how: &Understanding,
        sources: &[Source],
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let (store, clock) = (&tools.base.env.store, &tools.base.env.clock);
        let import = contents::import_id(
            self.account,
            self.name.as_deref(),
            how.target.as_ref(),
            sources,
        );
        let names: Vec<String> = sources
            .iter()
            .map(|source| source.path.display().to_string())
            .collect();
        let names = names.join(", ");
        let mut begun = match import
            .begin(store, clock.now_ms())
            .await
            .with_context(|| names.clone())?
        {
            Standing::Done(done) => {
                report.add("counted before", done.last.0);
                report.note(format!(
                    "{names}: it was imported before, as log {}",
                    done.log
                ));
                return Ok(());
            }
            Standing::Begun(begun) => begun,
        };
        tools
            .bar
            .set_length(sources.iter().map(|source| source.lines).sum());
        for _ in 0..TRIES {
            tools.bar.set_position(0);
            let (done, told) = self.attempt(tools, how, sources, (&import, &begun)).await?;
            if let Some(done) = done {
                report.take(told);
                tools.base.env.bell.ring();
                report.note(format!(
                    "{names}: {} events in log {}; the next run of the rollup counts them",
                    done.last.0, done.log
                ));
                return Ok(());
            }
            if told.count("counted") == 0 {
                report.take(told);
                return Ok(());
            }
            // Links were changed since the try before, or another program imports the same at this moment.
            begun = import.begin_again(store, &begun, clock.now_ms()).await?;
        }
        bail!(
            "{names}: another program imports it at this moment, or its links change all the time; try again later"
        )
    }

    /// Writes all of it; no log if there is nothing, or if what is stored is something else.
    async fn attempt(
        &self,
        tools: &Tools,
        how: &Understanding,
        sources: &[Source],
        (import, begun): (&ImportId, &Begun),
    ) -> anyhow::Result<(Option<Done>, Report)> {
        let store = &tools.base.env.store;
        let mut writer = Writer::new(Arc::clone(store), import, begun);
        let (into, mut events) = tokio::sync::mpsc::channel(AHEAD);
        let maker = Maker {
            builder: Arc::clone(&tools.builder),
            conversions: Conversions::new(tools.targets.clone(), &tools.builder),
            targets: tools.targets.clone(),
            received_ms: begun.begun_ms,
            now_ms: tools.base.env.clock.now_ms(),
            bar: tools.bar.clone(),
        };
        let files: Vec<reading::File> = sources
            .iter()
            .map(|source| reading::File {
                path: source.readable.clone(),
                rejects: super::beside(self.rejects.as_deref(), &source.path, ".rejected"),
            })
            .collect();
        let how = how.clone();
        let making = tokio::task::spawn_blocking(move || maker.make(files, &how, &into));
        let mut is_ours = true;
        while let Some(events) = events.recv().await {
            if writer.put(events).await? == Put::Other {
                is_ours = false;
                break;
            }
        }
        drop(events);
        let mut told = making.await.context("the rows could not be read")??;
        let (written, found) = (writer.events(), writer.found());
        if !is_ours || written == 0 {
            return Ok((None, told));
        }
        let Some(sealed) = writer.seal().await? else {
            return Ok((None, told));
        };
        let done = import.finish(store, begun, sealed).await?;
        if found > 0 {
            told.note(format!(
                "{found} segments were there already, of a try before"
            ));
        }
        Ok((Some(done), told))
    }
}
