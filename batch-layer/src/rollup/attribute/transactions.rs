//! What reports should have done to their transaction whose door did not know what was before. Pure.
//!
//! The reports of a transaction are told again in the order in which they were received. What they amount to is compared
//! with what is counted already, and the next one that is settled does the difference.

use std::collections::BTreeMap;

use handover::{
    attributions::{Correction, Decisions},
    sender_keys::{Keyed, Said},
};
use model::{EventId, Status};

/// A report that does something else than its door wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Corrected {
    pub(super) event: EventId,
    pub(super) account: u64,
    pub(super) does: Correction,
    /// The first report of its transaction, and when it happened and was received, unix milliseconds.
    pub(super) first: (EventId, i64, i64),
}

/// What of the reports of all transactions some of which could not be checked is to be corrected. `decided` is what was
/// corrected before of those that are `settled`: they stay as they are.
pub(super) fn corrections(
    rows: &[Keyed],
    settled: impl Fn(EventId) -> bool,
    decided: &Decisions,
) -> Vec<Corrected> {
    let mut transactions: BTreeMap<String, Vec<&Keyed>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.said.is_some()) {
        transactions.entry(row.subject()).or_default().push(row);
    }
    let unsure = |reports: &&mut Vec<&Keyed>| reports.iter().any(|row| row.unchecked);
    let each = transactions.values_mut().filter(unsure);
    each.flat_map(|reports| {
        reports.sort_by_key(|row| (row.received_ms, row.step(), row.event));
        of_one(reports, &settled, decided).unwrap_or_default()
    })
    .collect()
}

/// Those of one transaction; `None` if it is not known what one of its reports did.
fn of_one(
    reports: &[&Keyed],
    settled: impl Fn(EventId) -> bool,
    decided: &Decisions,
) -> Option<Vec<Corrected>> {
    let mut counted = Counted::default();
    for row in reports.iter().filter(|row| settled(row.event)) {
        let before = decided.get(&row.event).and_then(|d| d.correction);
        counted.add(&before.or_else(|| does(row.said.as_ref()?))?);
    }
    let first = reports.first()?;
    let mut corrected = Vec::new();
    for (place, row) in reports.iter().enumerate() {
        if settled(row.event) {
            continue;
        }
        let known = reports.iter().enumerate();
        let known = known.filter(|(n, row)| *n <= place || settled(row.event));
        let mut told = Told::default();
        known
            .filter_map(|(_, row)| row.said.as_ref())
            .for_each(|said| told.hear(said));
        let wrote = does(row.said.as_ref()?)?;
        let right = told.less(&counted, &wrote);
        counted.add(&right);
        // What happened to come first has nothing to inherit. A door that took another one for the first had the place of that.
        let knew_all = !row.unchecked && row.step() as usize == place;
        let knew = knew_all || row.event == first.event;
        if right != wrote || !knew {
            corrected.push(Corrected {
                event: row.event,
                account: row.account,
                does: right,
                first: (first.event, first.occurred_ms, first.received_ms),
            });
        }
    }
    Some(corrected)
}

/// What its door wrote that a report does; `None` if that is not known.
fn does(said: &Said) -> Option<Correction> {
    let does = said.does?;
    Some(Correction {
        status: said.status,
        taken_back: does.taken_back,
        adjusts: said.adjusts,
        value_micros: does.value_micros,
    })
}

/// What a transaction is, after some reports.
#[derive(Debug, Default)]
struct Told {
    status: Option<i32>,
    amount: i64,
    adjusted: i64,
}

const ADD: u32 = 1;
const REPLACE: u32 = 2;

impl Told {
    fn hear(&mut self, said: &Said) {
        let amount = said.amount.unwrap_or(0);
        if said.adjusts {
            self.adjusted = self.adjusted.saturating_add(amount);
            return;
        }
        let is_same = self.status == Some(said.status);
        match (is_same, said.amount, said.repeats) {
            (true, Some(amount), ADD) => self.adjusted = self.adjusted.saturating_add(amount),
            (true, Some(amount), REPLACE) => self.amount = amount,
            // A report without a value says nothing of it, and a goal may ignore another one.
            (true, ..) | (false, None, _) => {}
            (false, Some(amount), _) => self.amount = amount,
        }
        self.status = Some(said.status);
    }

    fn value(&self) -> i64 {
        match self.status {
            Some(status) if status != Status::Approved as i32 => 0,
            _ => self.amount.saturating_add(self.adjusted),
        }
    }

    /// What a report has to do that it comes to this, with what is counted; it is written as its door did where that
    /// does it.
    fn less(&self, counted: &Counted, wrote: &Correction) -> Correction {
        let mut lacks = Counted::default();
        if let Some(of) = self.status.and_then(|status| lacks.of(status)) {
            *of = 1;
        }
        let lacks: [i64; 3] = [0, 1, 2].map(|n| lacks.statuses[n] - counted.statuses[n]);
        let value = self.value().saturating_sub(counted.value);
        let status = |wanted: fn(&i64) -> bool| lacks.iter().position(wanted).map(|n| n as i32);
        let (more, less) = (status(|n| *n > 0), status(|n| *n < 0));
        let has_value = wrote.value_micros.is_some() || value != 0;
        let right = Correction {
            status: more.unwrap_or(wrote.status),
            taken_back: less.filter(|_| more.is_some()),
            // What changes no status changes the value alone.
            adjusts: more.is_none(),
            value_micros: has_value.then_some(value),
        };
        match right.effect() == wrote.effect() {
            true => *wrote,
            false => right,
        }
    }
}

/// What reports add up to: by status, and the value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counted {
    statuses: [i64; 3],
    value: i64,
}

impl Counted {
    fn of(&mut self, status: i32) -> Option<&mut i64> {
        self.statuses.get_mut(usize::try_from(status).ok()?)
    }

    fn add(&mut self, does: &Correction) {
        self.value = self.value.saturating_add(does.value_micros.unwrap_or(0));
        if does.adjusts {
            return;
        }
        if let Some(of) = self.of(does.status) {
            *of += 1;
        }
        if let Some(of) = does.taken_back.and_then(|status| self.of(status)) {
            *of -= 1;
        }
    }
}

/// What one report adds.
trait Effect {
    fn effect(&self) -> Counted;
}

impl Effect for Correction {
    fn effect(&self) -> Counted {
        let mut counted = Counted::default();
        counted.add(self);
        counted
    }
}

#[cfg(test)]
mod tests {
    use handover::sender_keys::Does;
    use model::{LogId, Seq};
    use proptest::prelude::*;

    use super::*;

    fn report(seq: u64, received_ms: i64, status: i32, amount: Option<i64>) -> Keyed {
        Keyed {
            account: 1,
            key: "t".into(),
            event: EventId {
                log: LogId(1),
                seq: Seq(seq),
            },
            occurred_ms: received_ms,
            received_ms,
            unchecked: true,
            said: Some(Said {
                status,
                amount,
                adjusts: false,
                repeats: 0,
                own_key: None,
                does: Some(Does {
                    taken_back: None,
                    value_micros: amount.filter(|_| status == 0),
                }),
            }),
        }
    }

    #[test]
    fn a_change_takes_back_what_was() {
        let first = Keyed {
            unchecked: false,
            ..report(1, 10, 1, Some(5))
        };
        let sale = report(2, 20, 0, Some(5));
        let rows = [sale.clone(), first.clone()];
        let found = corrections(&rows, |event| event == first.event, &Decisions::new());
        let expected = Correction {
            status: 0,
            taken_back: Some(1),
            adjusts: false,
            value_micros: Some(5),
        };
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].event, found[0].does), (sale.event, expected));
        assert_eq!(found[0].first.0, first.event);
        // The other way round: what is settled stays, and what came before it is but a change.
        let found = corrections(&rows, |event| event == sale.event, &Decisions::new());
        assert_eq!((found.len(), found[0].event), (1, first.event));
        assert!(found[0].does.adjusts && found[0].does.taken_back.is_none());
        let alone = corrections(&[first], |_| false, &Decisions::new());
        assert!(alone.is_empty(), "nothing to correct");
    }

    /// The store of keys was away for the first two: the third's door took the second for the first.
    #[test]
    fn what_takes_something_back_does_so_where_that_was_counted() {
        let (lead, sale) = (report(1, 10, 1, Some(5)), report(2, 20, 0, Some(5)));
        let mut trash = Keyed {
            unchecked: false,
            key: "t.1".into(),
            ..report(3, 30, 2, Some(5))
        };
        let wrote = Correction {
            status: 2,
            taken_back: Some(0),
            adjusts: false,
            value_micros: Some(-5),
        };
        if let Some(said) = &mut trash.said {
            said.does = Some(Does {
                taken_back: wrote.taken_back,
                value_micros: wrote.value_micros,
            });
        }
        let rows = [lead.clone(), sale.clone(), trash.clone()];
        let found = corrections(&rows, |_| false, &Decisions::new());
        let events: Vec<EventId> = found.iter().map(|it| it.event).collect();
        assert_eq!(events, [sale.event, trash.event]);
        assert_eq!((found[1].does, found[1].first.0), (wrote, lead.event));
    }

    #[test]
    fn of_reports_that_do_not_tell_what_they_did_nothing_is_corrected() {
        let mut first = report(1, 10, 1, Some(5));
        if let Some(said) = &mut first.said {
            said.does = None;
        }
        let rows = [first.clone(), report(2, 20, 0, Some(5))];
        let found = corrections(&rows, |event| event == first.event, &Decisions::new());
        assert!(found.is_empty());
    }

    proptest! {
        /// In whatever order reports are settled, their transaction counts once, as what was said last.
        #[test]
        fn a_transaction_counts_once(
            said in proptest::collection::vec((0i32..3, proptest::option::of(1i64..9), any::<u8>()), 1..9),
        ) {
            let rows: Vec<Keyed> = said.iter().enumerate()
                .map(|(n, (status, amount, _))| report(n as u64 + 1, n as i64, *status, *amount))
                .collect();
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by_key(|n| said[*n].2);
            let (mut done, mut decisions) = (Vec::new(), Decisions::new());
            for place in order {
                let known: Vec<Keyed> = done.iter().chain([&place]).map(|n: &usize| rows[*n].clone()).collect();
                let is_settled = |event| event != rows[place].event;
                for corrected in corrections(&known, is_settled, &decisions) {
                    decisions.insert(corrected.event, handover::attributions::Decision {
                        event: corrected.event,
                        account: 1,
                        origin: None,
                        correction: Some(corrected.does),
                    });
                }
                done.push(place);
            }
            let mut counted = Counted::default();
            for row in &rows {
                let corrected = decisions.get(&row.event).and_then(|d| d.correction);
                counted.add(&corrected.or_else(|| does(row.said.as_ref()?)).unwrap());
            }
            let mut told = Told::default();
            rows.iter().filter_map(|row| row.said.as_ref()).for_each(|said| told.hear(said));
            prop_assert_eq!(counted.value, told.value());
            prop_assert!(counted.statuses.iter().all(|n| *n >= 0), "{:?}", counted);
            prop_assert_eq!(counted.statuses.iter().sum::<i64>(), 1);
            prop_assert_eq!(counted.statuses[told.status.unwrap() as usize], 1);
        }
    }
}
