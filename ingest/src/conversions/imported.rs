//! Conversions of a history that no door has taken: decided by the rules of their goals, as doors do, among themselves.
//!
//! What doors took is not looked at here. Each event says that its keys could not be checked, so that the first batch that
//! sees two reports of a transaction that say the same counts one of them.

use std::collections::HashMap;

use catalog::{Catalog, Goal};
use enrich::click_id::ClickKey;
use http::StatusCode;
use model::{EntityId, Event, EventId, LogId, Seq};
use prost::Message;
use web::Problem;

use super::{
    attribution::attribute_told,
    history::{Decision, History},
    record::MAX_STEPS,
    report,
};
use crate::{
    http::{other_currency, read_value, too_many_steps},
    request_facts::EventBuilder,
};

/// Transactions of one history at most: each takes a few hundred bytes of memory.
const MOST_TRANSACTIONS: usize = 2_000_000;

/// What a row says of a conversion beside what every event has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Its status, in a word of the goal's.
    pub status: Option<String>,
    /// The link that led to it, and its campaign, if the row knows and a click id does not say so.
    pub link: Option<(EntityId, Option<EntityId>)>,
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// This event.
    Recorded(Box<Event>),
    /// Nothing: an earlier row said the same. Why, for people.
    Repeats(&'static str),
}

/// The transactions of one history.
pub struct ImportedConversions {
    catalog: Catalog,
    key: ClickKey,
    /// Events of each transaction, as they are stored, by a hash of its goal and its id.
    known: HashMap<[u8; 16], Vec<Box<[u8]>>>,
}

impl ImportedConversions {
    /// None yet.
    pub fn new(catalog: Catalog, builder: &EventBuilder) -> Self {
        Self {
            catalog,
            key: builder.click_key(),
            known: HashMap::new(),
        }
    }

    /// A value in millionths and its currency, as a goal takes them.
    ///
    /// # Errors
    ///
    /// It is no decimal, or in no currency, or in another one than the goal's.
    pub fn value(
        goal: &Goal,
        value: &str,
        currency: Option<&str>,
    ) -> Result<(i64, String), Problem> {
        read_value(value, currency, goal.currency.as_deref())
    }

    /// Decides on the next row, whose value and click id stand in `event`.
    ///
    /// # Errors
    ///
    /// The goal does not know the status, or the transaction is in another currency, or there is too much of it.
    pub fn decide(&mut self, goal: &Goal, said: &Said, mut event: Event) -> Result<Told, Problem> {
        report::write(goal, said.status.as_deref(), &mut event)
            .map_err(|wrong| Problem::bad_request("unknown_status", wrong.detail))?;
        let told = attribute_told(&self.catalog, &self.key, goal, &mut event);
        let by_id = event.click_id.is_some() && told.is_ok();
        if let (false, Some((link, campaign))) = (by_id, said.link) {
            // The file knows what batch would look for.
            event.seeks_visitor = 0;
            event.link = Some(link.raw);
            event.campaign = campaign.map(|campaign| campaign.raw).or(event.campaign);
        }
        let key = transaction(&event);
        let before = key.and_then(|key| self.known.get(&key));
        let history = history(before.map_or(&[], Vec::as_slice));
        if history.steps() > MAX_STEPS {
            return Err(too_many_steps());
        }
        match history.decide(&mut event, &report::terms(goal)) {
            Decision::Record(_) => {}
            Decision::Repeats { why, .. } => return Ok(Told::Repeats(why)),
            Decision::OtherCurrency => return Err(other_currency()),
        }
        event.unchecked = event.has_key();
        if let Some(key) = key {
            self.remember(key, &event)?;
        }
        Ok(Told::Recorded(Box::new(event)))
    }

    fn remember(&mut self, key: [u8; 16], event: &Event) -> Result<(), Problem> {
        if self.known.len() >= MOST_TRANSACTIONS && !self.known.contains_key(&key) {
            let detail = format!(
                "a history holds at most {MOST_TRANSACTIONS} transactions: import the rest as another one"
            );
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_many_transactions",
                detail,
            ));
        }
        // What decisions do not look at.
        let short = Event {
            user_agent: String::new(),
            referrer: String::new(),
            accept_language: String::new(),
            subs: Vec::new(),
            utm: Vec::new(),
            ..event.clone()
        };
        let known = self.known.entry(key).or_default();
        known.push(short.encode_to_vec().into());
        Ok(())
    }
}

/// The events of a transaction, in order. Nobody looks at their names.
fn history(events: &[Box<[u8]>]) -> History {
    let mut history = History::default();
    for (number, bytes) in (1..).zip(events) {
        let id = EventId {
            log: LogId(0),
            seq: Seq(number),
        };
        // What was encoded here can be decoded.
        history.push(id, Event::decode(&bytes[..]).unwrap_or_default());
    }
    history
}

fn transaction(event: &Event) -> Option<[u8; 16]> {
    let id = event.transaction_id.as_ref()?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&event.object.to_le_bytes());
    hasher.update(id.as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Some(key)
}

#[cfg(test)]
mod tests;
