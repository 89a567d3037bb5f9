//! `millrace query`.

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use enrich::Rules;

use crate::{config::Settings, wiring::Base};

#[derive(Debug, Args)]
pub struct Query {
    /// One SELECT over `events`, `stats`, `account_country`, `object_total` and the other tables of docs/TABLES.md.
    sql: String,
    /// Rows shown at most.
    #[arg(long, default_value_t = 1000)]
    limit: usize,
}

impl Query {
    pub async fn run(self, settings: Settings) -> anyhow::Result<ExitCode> {
        let batch = Base::open(&settings)?.batch(Arc::new(Rules::new()?))?;
        let Query { sql, limit } = self;
        let rows = batch
            .run(move |deps| async move { batch_layer::query(&deps, &sql, limit).await })
            .await??;
        println!("{}", batch_layer::pretty_format_batches(&rows)?);
        Ok(ExitCode::SUCCESS)
    }
}
