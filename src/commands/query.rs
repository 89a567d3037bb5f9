//! `millrace query`: of the store's settled tables, of one account's alone, or of a running installation.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context, bail};
use asking::{AskError, Events, Form, Moment, SqlAsked, Written};
use batch_layer::{Asker, RollupDeps};
use clap::{Args, ValueEnum};
use enrich::Rules;
use futures::{StreamExt, TryStreamExt};
use model::{EntityId, EntityKind, Hidden};
use serde_json::json;
use storage::stream::MemoryStream;

use crate::{config::Settings, wiring::Base};

pub const EXAMPLES: &str = "Examples:
  millrace query \"SELECT country, SUM(clicks) FROM account_country GROUP BY 1 ORDER BY 2 DESC\"
  millrace query --account acc_0000000000001 \"SELECT type, COUNT(*) FROM events GROUP BY 1\"
  MILLRACE_KEY=… millrace query --url http://localhost:8081 --format csv \"SELECT * FROM events\" > events.csv
Without --account and --url the tables are those of docs/TABLES.md, of all accounts; else those of docs/DATA.md.";

#[derive(Debug, Args)]
pub struct Query {
    /// One SELECT: over `events`, `stats`, `account_country`, `object_total` and the other tables of docs/TABLES.md; with
    /// --account or --url over `events`, `stats` and `forecasts` of the account.
    sql: String,
    /// Ask the settled tables of this account alone: those of others are not there.
    #[arg(long, conflicts_with = "url")]
    account: Option<EntityId>,
    /// Ask a running installation, settled and live: the address of its API.
    #[arg(long, requires = "key")]
    url: Option<String>,
    /// API key that may read, of the account that is asked about at --url.
    #[arg(long, env = "MILLRACE_KEY", hide_env_values = true)]
    key: Option<Hidden<String>>,
    /// How rows are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rows at most. More are not shown; with --account or --url they are an error.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Table,
    /// A JSON object on each line.
    Ndjson,
    /// Comma-separated values.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// What is asked for: a table is drawn of an Arrow stream.
    fn form(self) -> Form {
        match self {
            Self::Ndjson => Form::Ndjson,
            Self::Csv => Form::Csv,
            Self::Table | Self::Arrow => Form::Arrow,
            Self::Parquet => Form::Parquet,
        }
    }

    fn is_binary(self) -> bool {
        matches!(self, Self::Arrow | Self::Parquet)
    }
}

fn media_type(form: Form) -> &'static str {
    match form {
        Form::Ndjson => "application/x-ndjson",
        Form::Csv => "text/csv",
        Form::Arrow => "application/vnd.apache.arrow.stream",
        Form::Parquet => "application/vnd.apache.parquet",
    }
}

impl Query {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        if self.format.is_binary() && std::io::stdout().is_terminal() {
            bail!("this format is not for terminals: send it to a file, as with `> rows.parquet`");
        }
        if let (Some(url), Some(key)) = (&self.url, &self.key) {
            self.print(self.of_installation(url, key).await?).await?;
            return Ok(ExitCode::SUCCESS);
        }
        let base = Base::open(&settings)?;
        if let Some(account) = self.account {
            exists(&base, account).await?;
        }
        let batch = base.batch(Arc::new(Rules::new()?))?;
        let (sql, limit, form) = (self.sql.clone(), self.limit, self.format.form());
        let printed = match self.account {
            None => {
                batch
                    .run(move |deps| async move { of_all(&deps, &sql, limit, form).await })
                    .await??
            }
            Some(account) => batch
                .run(move |deps| async move { of_account(&deps, account, sql, limit, form).await })
                .await??,
        };
        self.print(printed).await?;
        Ok(ExitCode::SUCCESS)
    }

    /// Rows of a running installation, as it writes them.
    async fn of_installation(&self, url: &str, key: &Hidden<String>) -> anyhow::Result<Written> {
        let example = "--url is the address of the API, such as http://localhost:8081";
        let url = replay::address(url, example)?;
        let base = url.as_str().trim_end_matches('/');
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let request = http.build()?.post(format!("{base}/v1/query"));
        let answer = request
            .bearer_auth(key.reveal().trim())
            .header(reqwest::header::ACCEPT, media_type(self.format.form()))
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(json!({"sql": self.sql, "limit": self.limit}).to_string())
            .send()
            .await
            .map_err(|error| anyhow::Error::from(error.without_url()))
            .with_context(|| format!("{url} cannot be reached"))?;
        let status = answer.status();
        if !status.is_success() {
            let text = answer.text().await.unwrap_or_default();
            bail!("{url} answers {status}: {}", replay::detail(&text));
        }
        let broken = |error: reqwest::Error| {
            let why = error.without_url();
            let hint = "there are more rows than --limit, or it took too long";
            AskError::Failed(format!("the answer broke off ({hint}): {why}"))
        };
        Ok(answer.bytes_stream().map_err(broken).boxed())
    }

    /// Writes rows to the standard output.
    async fn print(&self, mut written: Written) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.format == Format::Table {
            let mut stream = Vec::new();
            while let Some(piece) = written.try_next().await? {
                stream.extend_from_slice(&piece);
            }
            let table = batch_layer::pretty_stream(&stream)?;
            return Ok(writeln!(out, "{table}")?);
        }
        while let Some(piece) = written.try_next().await? {
            out.write_all(&piece)?;
        }
        Ok(out.flush()?)
    }
}

async fn exists(base: &Base, account: EntityId) -> anyhow::Result<()> {
    let is_account = account.kind == EntityKind::Account;
    match is_account && base.catalog().await?.account(account).is_some() {
        true => Ok(()),
        false => bail!("there is no account {account}"),
    }
}

/// All of the rows, written.
type Rows = anyhow::Result<Written>;

/// Rows of the settled tables of all accounts.
async fn of_all(deps: &RollupDeps, sql: &str, limit: usize, form: Form) -> Rows {
    let rows = batch_layer::query(deps, sql, limit).await?;
    Ok(batch_layer::write(rows, form)?)
}

/// Rows of the settled tables in which there is nothing but one account's.
async fn of_account(
    deps: &RollupDeps,
    account: EntityId,
    sql: String,
    limit: usize,
    form: Form,
) -> Rows {
    // What is not settled is read by whoever runs: no stream is asked.
    let asker = Asker::new(deps, Arc::new(MemoryStream::default()), 0)?;
    let question = SqlAsked {
        account: account.raw,
        moment: Moment {
            published: deps.manifests.latest().await?,
            upto: std::collections::BTreeMap::new(),
        },
        sql,
        limit,
    };
    // Read to the end here: these are the threads for it.
    let pieces: Vec<_> = asker.query(question, form).await?.try_collect().await?;
    Ok(futures::stream::iter(pieces.into_iter().map(Ok)).boxed())
}
