//! A replay from its beginning to its end.

use std::{io::Read, sync::Arc};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::{
    Options, Patience, Report, Tell,
    client::Client,
    delivery::Delivery,
    engine::{self, End},
    prepared::{self, Prepared},
    totals::Totals,
};

/// Sends a file. `stop` ends it in order: what is under way is finished, and progress is kept.
///
/// # Errors
///
/// Before anything was sent; whatever is later is in the report.
pub async fn run(options: Options, tell: Tell, stop: &CancellationToken) -> anyhow::Result<Report> {
    options.check()?;
    let client = Client::new(&options.to, &options.key, options.patience.answer)?;
    let to = client.url().to_owned();
    let delivery = Delivery::new(client, options.patience, options.rate, tell.clone());
    let at_once = (options.streams, options.rate);
    let prepare = tokio::task::spawn_blocking(move || prepared::prepare(&options, &to, &tell));
    let prepared = tokio::select! {
        prepared = prepare => prepared.context("reading the file failed")??,
        () = stop.cancelled() => return Ok(interrupted()),
    };
    send_prepared(prepared, delivery, at_once, stop).await
}

/// Sends events that are at hand, one JSON text a line, without keeping anything in files.
///
/// # Errors
///
/// Before anything was sent; whatever is later is in the report.
pub async fn send(
    events: impl Read + Send + 'static,
    (to, key): (&str, &str),
    key_prefix: &str,
    streams: usize,
) -> anyhow::Result<Report> {
    let tell: Tell = Arc::new(|_| {});
    let patience = Patience::default();
    let client = Client::new(to, key, patience.answer)?;
    let delivery = Delivery::new(client, patience, 0, tell.clone());
    let prepared = prepared::at_hand(events, key_prefix, &tell)?;
    send_prepared(prepared, delivery, (streams, 0), &CancellationToken::new()).await
}

async fn send_prepared(
    prepared: Prepared,
    delivery: Delivery,
    at_once: (usize, u64),
    stop: &CancellationToken,
) -> anyhow::Result<Report> {
    let Prepared {
        records,
        mut keeper,
    } = prepared;
    let begin = keeper.line;
    let records = records.skip_while(move |record| record.as_ref().is_ok_and(|r| r.last <= begin));
    let settle = |delivered| keeper.settle(&delivered);
    let end = engine::send(records, Arc::new(delivery), at_once, stop, settle).await?;
    Ok(keeper.report(end))
}

/// Told to end before anything was sent.
fn interrupted() -> Report {
    Report {
        end: End::Interrupted,
        totals: Totals::default(),
        line: 0,
        key_prefix: String::new(),
        rejects: None,
        examples: Vec::new(),
        kept: true,
    }
}
