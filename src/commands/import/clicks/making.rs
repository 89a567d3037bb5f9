//! Events of rows, as a collector would have made them.

use std::sync::Arc;

use anyhow::Context;
use imports::{
    Refusal,
    clicks::{ClickRow, Content, ConversionRow, Row, Understanding},
    rejects::Rejects,
};
use indicatif::ProgressBar;
use ingest::{EventBuilder, MAX_SHORT, MAX_TEXT, RequestFacts, cut, subs, utm};
use model::{Event, time};
use tokio::sync::mpsc;

use super::{
    conversions::Conversions,
    reading::{self, File, Part},
    targets::Targets,
};
use crate::commands::import::report::Report;

/// Bytes of the texts of the events of one segment, about: whoever reads a segment holds all of it.
const MOST_BYTES: usize = 16 << 20;
/// What an event has beside its long texts, bytes, about.
const BESIDE: usize = 128;

/// Makes events of rows.
pub(super) struct Maker {
    pub(super) builder: Arc<EventBuilder>,
    pub(super) targets: Targets,
    pub(super) conversions: Conversions,
    /// When all of it is taken to have been received, unix milliseconds.
    pub(super) received_ms: i64,
    /// Unix milliseconds.
    pub(super) now_ms: i64,
    pub(super) bar: ProgressBar,
}

/// Events that are yet to be handed on.
#[derive(Default)]
struct Batch {
    events: Vec<Event>,
    bytes: usize,
}

impl Maker {
    /// Makes events of all files, and hands them on in segments; says what became of the rows. Ends early if nobody takes
    /// them any more.
    ///
    /// # Errors
    ///
    /// A file cannot be read, refused rows cannot be kept, or links not be made.
    pub(super) fn make(
        &self,
        files: Vec<File>,
        how: &Understanding,
        into: &mpsc::Sender<Vec<Event>>,
    ) -> anyhow::Result<Report> {
        let mut report = Report::default();
        let mut batch = Batch::default();
        let mut rejects = files
            .iter()
            .map(|file| Rejects::new(&file.rejects))
            .collect::<Vec<_>>();
        let made = reading::each_part(&files, how, |part| {
            let file = part.file;
            self.part(part, &mut report, &mut rejects[file], |event| {
                match batch.add(event) {
                    Some(full) => into.blocking_send(full).ok().context(GONE),
                    None => Ok(()),
                }
            })
            .with_context(|| files[file].path.path().display().to_string())
        });
        match made {
            Err(error) if error.root_cause().to_string() != GONE => return Err(error),
            _ => {}
        }
        // Nobody takes it if what is stored is something else.
        let _ = into.blocking_send(batch.events);
        for rejects in rejects {
            report.rejects.extend(rejects.finish()?);
        }
        Ok(report)
    }

    /// Makes events of some rows of a file, after the links that they miss.
    fn part(
        &self,
        part: Part,
        report: &mut Report,
        rejects: &mut Rejects,
        mut take: impl FnMut(Event) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let clicks = part.rows.iter().filter_map(|row| match &row.content {
            Content::Click(click) => Some(&**click),
            _ => None,
        });
        let made = self.targets.make_missing(clicks, self.now_ms)?;
        if made > 0 {
            report.add("links made", made);
        }
        rejects.set_header(part.header.as_deref());
        for row in part.rows {
            self.bar.inc(row.last + 1 - row.line);
            match self.event(&row) {
                Ok(Some(event)) => {
                    report.add("counted", 1);
                    take(event)?;
                }
                Ok(None) => report.add("passed over", 1),
                Err(refusal) => {
                    report.refuse(
                        &format!("line {}", row.line),
                        &refusal.code,
                        &refusal.detail,
                    );
                    let kept = rejects.add(row.line, &row.raw, &refusal);
                    kept.context("refused rows cannot be kept; name another file with --rejects")?;
                }
            }
        }
        Ok(())
    }

    fn event(&self, row: &Row) -> Result<Option<Event>, Refusal> {
        match &row.content {
            Content::Click(click) => self.of_click(click),
            Content::Nothing(_) => Ok(None),
            Content::Refused(refusal) => Err(refusal.clone()),
        }
    }

    fn of_click(&self, click: &ClickRow) -> Result<Option<Event>, Refusal> {
        let latest = self.received_ms + time::MAX_AHEAD_MS;
        if !(time::EARLIEST_MS..=latest).contains(&click.occurred_ms) {
            return Err(Refusal::new(
                "invalid_time",
                "the time must be between 1970 and one day from now",
            ));
        }
        let target = self.targets.find(&click.target)?;
        debug_assert_eq!(target.account, self.targets.account_id());
        let place = |values: &[Option<String>; 5], names: &[&str; 5], name: &str| {
            let place = names.iter().position(|known| *known == name)?;
            values[place].clone()
        };
        let conversion = click.conversion.as_deref();
        let value = conversion.map(|row| self.conversions.value(target.object, row));
        // What a click id says of its click is better than what the row does, and comes after it.
        let text =
            |of: fn(&ConversionRow) -> &Option<String>| conversion.and_then(|row| of(row).clone());
        let own_key = text(|row| &row.idempotency_key);
        let seen = RequestFacts {
            transaction_id: text(|row| &row.transaction_id),
            // As a postback's: one of `/v1/events` is another.
            idempotency_key: own_key.map(|key| format!("{}/{key}", target.object)),
            click_id: text(|row| &row.click_id),
            value: value.transpose()?.flatten(),
            occurred_ms: click.occurred_ms,
            received_ms: self.received_ms,
            ip: click.ip,
            user_agent: cut(click.user_agent.clone(), MAX_TEXT),
            referrer: cut(click.referrer.clone(), MAX_TEXT),
            accept_language: cut(click.accept_language.clone(), MAX_TEXT),
            visitor: click.visitor.clone(),
            country: click.country.clone(),
            subs: subs(|name| place(&click.subs, &SUBS, name)),
            utm: utm(|name| place(&click.utm, &UTMS, name)),
            ..RequestFacts::default()
        };
        let event = self
            .builder
            .event(target, &self.targets.account.settings, seen);
        let or = |ours: String, said: &str| match ours.is_empty() {
            true => cut(said.to_owned(), MAX_SHORT),
            false => ours,
        };
        let event = Event {
            region: or(event.region.clone(), &click.region),
            city: or(event.city.clone(), &click.city),
            variant: click.variant.clone(),
            trigger: click.trigger.clone(),
            ..event
        };
        match conversion {
            Some(row) => self.conversions.decide(row, event),
            None => Ok(Some(event)),
        }
    }
}

/// Why reading ends early: whoever took events has found out that it is of no use.
const GONE: &str = "nobody takes events any more";
const SUBS: [&str; 5] = ["sub1", "sub2", "sub3", "sub4", "sub5"];
const UTMS: [&str; 5] = [
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
];

impl Batch {
    /// Adds an event; gives all of them if that makes a segment.
    fn add(&mut self, event: Event) -> Option<Vec<Event>> {
        self.bytes +=
            BESIDE + event.user_agent.len() + event.referrer.len() + event.accept_language.len();
        self.events.push(event);
        let is_full =
            self.events.len() >= handover::imported::MOST_EVENTS || self.bytes >= MOST_BYTES;
        is_full.then(|| {
            self.bytes = 0;
            std::mem::take(&mut self.events)
        })
    }
}
