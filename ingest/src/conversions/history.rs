//! What a report adds to a transaction and takes back, by what was recorded of it before. Pure.
//!
//! The reports of a transaction are a chain: each has the number of its step, which is a sender's key, so that of two that
//! are recorded at once one sees the other. What was decided is written in the event, and the numbers follow from the
//! events alone.

use catalog::goal_options::Repeats;
use model::{Event, EventId, Status};

use super::report::Terms;

/// What was recorded of a transaction, in order.
#[derive(Debug, Default)]
pub(crate) struct History(Vec<(EventId, Event)>);

/// What becomes of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is recorded, and does this.
    Record(Effect),
    /// It says nothing new.
    Repeats {
        /// What was recorded before.
        of: EventId,
        /// Why it is not recorded, for people.
        why: &'static str,
    },
    /// Its value is in another currency than the transaction.
    OtherCurrency,
}

/// What an event does to its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It is the first report.
    New,
    /// Another status.
    Changed,
    /// Another value in the place of what was.
    Replaced,
    /// A value that is added to what was.
    Added,
    /// Part of the value is given back.
    Refunded,
}

impl Effect {
    /// The word in answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Effect::New => "new",
            Effect::Changed => "changed",
            Effect::Replaced => "replaced",
            Effect::Added => "added",
            Effect::Refunded => "refunded",
        }
    }
}

impl History {
    /// Adds what comes next.
    pub(crate) fn push(&mut self, id: EventId, event: Event) {
        self.0.push((id, event));
    }

    /// How many reports there were.
    pub(crate) fn steps(&self) -> u32 {
        self.0.len() as u32
    }

    /// What there is, with the names of its events.
    pub(crate) fn all(&self) -> impl Iterator<Item = &(EventId, Event)> {
        self.0.iter()
    }

    /// Decides on a report, of which status and amount are set, and writes into it what it does.
    pub(crate) fn decide(&self, event: &mut Event, terms: &Terms) -> Decision {
        event.step = self.steps();
        if self.is_other_currency(event) {
            return Decision::OtherCurrency;
        }
        self.inherit(event);
        if is_refund(event) {
            return self.refund(event);
        }
        let Some(current) = self.current() else {
            if event.amount_micros.is_none()
                && let Some((price, currency)) = &terms.usual
            {
                event.amount_micros = Some(price.micros());
                event.currency.clone_from(currency);
            }
            self.set_value(event);
            return Decision::Record(Effect::New);
        };
        if let Some(of) = self.repeated(event) {
            let why = "this status and value of the transaction were recorded before";
            return Decision::Repeats { of, why };
        }
        match event.status() == current.status() {
            true => self.another_value(event, terms.repeats),
            false => {
                event.amount_micros = event.amount_micros.or_else(|| amount_of(current));
                event.taken_back = Some(current.status);
                self.set_value(event);
                Decision::Record(Effect::Changed)
            }
        }
    }

    /// The last report of a status.
    fn current(&self) -> Option<&Event> {
        let last = self.0.iter().rfind(|(_, fact)| !fact.adjusts);
        last.map(|(_, fact)| fact)
    }

    /// Records a report at the next step as if it were the first, since what was before cannot be read: it is never
    /// lost, and takes nothing back.
    pub(crate) fn record_unchecked(&self, event: &mut Event) -> Decision {
        event.step = self.steps();
        event.unchecked = true;
        event.adjusts = is_refund(event);
        self.set_value(event);
        Decision::Record(Effect::New)
    }

    fn refund(&self, event: &mut Event) -> Decision {
        let same =
            |(_, fact): &&(EventId, Event)| fact.adjusts && amount_of(fact) == event.amount_micros;
        // Two equal refunds are told apart by a key of their own.
        let repeated = self
            .0
            .iter()
            .find(same)
            .filter(|_| event.idempotency_key.is_none());
        if let Some((of, _)) = repeated {
            let why =
                "a refund of this value was recorded before; another one needs an idempotency_key";
            return Decision::Repeats { of: *of, why };
        }
        event.status = self
            .current()
            .map_or(event.status, |current| current.status);
        self.adjust(event, Effect::Refunded)
    }

    /// The same status with another value.
    fn another_value(&self, event: &mut Event, repeats: Repeats) -> Decision {
        let of = self.0.last().map(|(id, _)| *id);
        let repeat = |why| Decision::Repeats {
            of: of.unwrap_or_else(|| unreachable!("a transaction without a report has no status")),
            why,
        };
        match repeats {
            _ if event.amount_micros.is_none() => repeat("this status was recorded before"),
            Repeats::Ignore => repeat(
                "another value of this transaction is recorded, and the goal ignores repeats",
            ),
            Repeats::Add if event.idempotency_key.is_none() => {
                repeat("what is added to a transaction needs an idempotency_key")
            }
            Repeats::Add => self.adjust(event, Effect::Added),
            Repeats::Replace => {
                event.taken_back = Some(event.status);
                self.set_value(event);
                Decision::Record(Effect::Replaced)
            }
        }
    }

    /// Changes the value alone.
    fn adjust(&self, event: &mut Event, effect: Effect) -> Decision {
        event.adjusts = true;
        let counts = event.status() == Status::Approved;
        event.value_micros = event
            .amount_micros
            .map(|amount| if counts { amount } else { 0 });
        Decision::Record(effect)
    }

    /// What was reported with the same status and value. A report without a value says nothing of it.
    fn repeated(&self, event: &Event) -> Option<EventId> {
        let is_same = |fact: &Event| {
            let is_same = |amount| Some(amount) == amount_of(fact);
            let same_amount = event.amount_micros.is_none_or(is_same);
            !fact.adjusts && fact.status == event.status && same_amount
        };
        let is_own = event.idempotency_key.is_none();
        let mut facts = self.0.iter().filter(|_| is_own);
        facts.find(|(_, fact)| is_same(fact)).map(|(id, _)| *id)
    }

    /// What refunds and additions come to.
    fn adjusted(&self) -> i64 {
        let adjusting = self.0.iter().filter(|(_, fact)| fact.adjusts);
        let amounts = adjusting.filter_map(|(_, fact)| amount_of(fact));
        amounts.fold(0, i64::saturating_add)
    }

    /// Once it is approved the amount counts, and what was refunded and added; less what counts already.
    fn set_value(&self, event: &mut Event) {
        let before = self.value();
        let counts = event.status() == Status::Approved;
        let amount = event.amount_micros.filter(|_| counts);
        let adjusted = match event.adjusts {
            true => 0,
            false => self.adjusted(),
        };
        let now = amount.map_or(0, |amount| amount.saturating_add(adjusted));
        let has_value = event.amount_micros.is_some() || before != 0;
        event.value_micros = has_value.then(|| now.saturating_sub(before));
    }

    /// What all of it adds to the values of approved conversions.
    fn value(&self) -> i64 {
        let values = self.0.iter().filter_map(|(_, fact)| fact.value_micros);
        values.fold(0, i64::saturating_add)
    }

    fn is_other_currency(&self, event: &Event) -> bool {
        let is_other = |own: &str| !own.is_empty() && own != event.currency;
        let has_own = event.amount_micros.is_some() && !event.currency.is_empty();
        has_own && self.0.iter().any(|(_, fact)| is_other(&fact.currency))
    }

    /// What is told of a transaction counts where its first report did, in its currency.
    fn inherit(&self, event: &mut Event) {
        let currency = self.0.iter().map(|(_, fact)| &fact.currency);
        if let Some(currency) = currency.into_iter().find(|currency| !currency.is_empty()) {
            event.currency.clone_from(currency);
        }
        let Some((id, first)) = self.0.first() else {
            return;
        };
        event.first_event = id.to_string();
        event.first_ms = Some(first.occurred_ms);
        event.seeks_visitor = first.seeks_visitor;
        event.seeks_first = first.seeks_first;
        event.seeks_days = first.seeks_days;
        event.click_event.clone_from(&first.click_event);
        event.click_received_ms = first.click_received_ms;
        event.campaign = first.campaign;
        event.link = first.link;
        event.clicked_ms = first.clicked_ms;
        // Where the click's time counts, it does for all that becomes of the conversion.
        if first.clicked_ms == Some(first.occurred_ms) {
            event.occurred_ms = first.occurred_ms;
        }
        take_place(event, first);
    }
}

/// Takes over all that numbers are grouped by: what a change takes back must be where it was counted.
fn take_place(event: &mut Event, first: &Event) {
    event.country.clone_from(&first.country);
    event.region.clone_from(&first.region);
    event.city.clone_from(&first.city);
    event.asn = first.asn;
    event.user_agent.clone_from(&first.user_agent);
    event.fetch = first.fetch;
    event.device_type.clone_from(&first.device_type);
    event.browser.clone_from(&first.browser);
    event.os.clone_from(&first.os);
    event.accept_language.clone_from(&first.accept_language);
    event.referrer.clone_from(&first.referrer);
    event.listed_channel.clone_from(&first.listed_channel);
    event.ad_parameter.clone_from(&first.ad_parameter);
    event.utm.clone_from(&first.utm);
    event.subs.clone_from(&first.subs);
    event.variant.clone_from(&first.variant);
    event.rule.clone_from(&first.rule);
    event.trigger.clone_from(&first.trigger);
}

/// A negative value of a transaction. Without a transaction there is nothing that it could be of.
fn is_refund(event: &Event) -> bool {
    let is_negative = event.amount_micros.is_some_and(|amount| amount < 0);
    is_negative && event.transaction_id.is_some()
}

/// What was reported; events from before statuses say it in their value.
fn amount_of(fact: &Event) -> Option<i64> {
    fact.amount_micros.or(fact.value_micros)
}

#[cfg(test)]
mod tests;
