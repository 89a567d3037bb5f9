//! Acknowledged ⊆ stored = counted, event by event and number by number; of what was sent again
//! and stored again, because its key had been forgotten, one is counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use handover::raw;
use model::{Clock, Epoch, Event, LogId, SegmentNo, Seq};
use storage::store::Store;

use crate::{
    recount::{Numbers, Question},
    site::Site,
    support::{
        deals::{self, Sums},
        diary::{Diary, Sent},
        eventually,
        http::{Customer, all_days},
        objects::Objects,
        truth,
    },
};

/// How long the last events may take to be shipped.
const SHIP_LIMIT: Duration = Duration::from_secs(60);
/// Differences that are named.
const NAMED: usize = 5;

/// Events by id.
type Raw = BTreeMap<String, Event>;

/// Checks everything; panics with the first differences. No client may be at work any more.
pub async fn check(site: &Site, customer: &Customer, objects: &Objects, diary: &Diary) {
    let store = &site.place.store;
    let raw = eventually("all events to be shipped", SHIP_LIMIT, async || {
        let raw = read(store).await;
        let missing = diary.ids.keys().filter(|id| !raw.contains_key(*id));
        let missing: Vec<&String> = missing.take(NAMED).collect();
        if missing.is_empty() {
            Ok(raw)
        } else {
            Err(format!(
                "acknowledged and not in raw, first of them: {missing:?}"
            ))
        }
    })
    .await;
    said(
        site,
        &format!(
            "{} ids acknowledged ⊆ {} events in raw",
            diary.ids.len(),
            raw.len()
        ),
    );
    check_contents(&raw, diary);
    said(
        site,
        "contents are equal, none is invented, none is there twice unless it says that it may be",
    );
    let questions = questions(objects);
    check_numbers(store, customer, &questions, &raw).await;
    said(
        site,
        &format!("{} answers = recounts, live and settled", questions.len()),
    );
    customer.settle().await;
    let mut once = raw.clone();
    leave_out(&mut once, &truth::left_out(store).await);
    check_once(&once, diary);
    said(
        site,
        &format!(
            "each event is counted once: {} repeat others",
            raw.len() - once.len()
        ),
    );
    check_numbers(store, customer, &questions, &raw).await;
    said(
        site,
        &format!("{} answers = recounts, all settled", questions.len()),
    );
    // Of reports that could not be checked the clocks of their doors say which came last.
    let compared = match site.has_an_order() {
        true => {
            let goals = check_deals(customer, diary).await;
            format!("transactions of {goals} goals = what was told")
        }
        false => "transactions are not compared: a collector's clock was off".to_owned(),
    };
    said(site, &compared);
    assert_eq!(read(store).await.len(), raw.len(), "raw grew meanwhile");
    let settled = truth::settled_events(store).await;
    let settled: Vec<&String> = settled.iter().map(|event| &event.id).collect();
    let distinct: BTreeSet<&String> = settled.iter().copied().collect();
    assert_eq!(distinct.len(), settled.len(), "an event is settled twice");
    assert!(
        distinct.into_iter().eq(raw.keys()),
        "the table of events is not raw"
    );
    said(site, "the table of events = raw");
}

fn said(site: &Site, what: &str) {
    println!("{:?} check: {what}", site.mode);
}

fn questions(objects: &Objects) -> Vec<Question> {
    let links = objects.links.iter().map(|(_, id)| id.clone());
    let others = [&objects.pixels, &objects.goals, &objects.deals];
    let others = others.into_iter().flatten().cloned();
    Question::all(&links.chain(others).collect::<Vec<_>>())
}

fn leave_out(events: &mut Raw, ids: &BTreeSet<String>) {
    for id in ids {
        assert!(events.remove(id).is_some(), "{id} is left out, not in raw");
    }
}

fn check_once(counted: &Raw, diary: &Diary) {
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    for event in counted.values() {
        *times.entry(marker(event)).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for (marker, sent) in &diary.sent {
        let times = times.get(&**marker).copied().unwrap_or(0);
        if !sent.expected().contains(&times) {
            wrong.push(format!("{marker} is counted {times} times: {sent:?}"));
        }
    }
    let first = &wrong[..wrong.len().min(NAMED)];
    let count = wrong.len();
    assert!(
        wrong.is_empty(),
        "{count} events are not counted once: {first:#?}"
    );
}

fn marker(event: &Event) -> String {
    let of_event = || event.subs.first().cloned().unwrap_or_default();
    deals::marker(event).unwrap_or_else(of_event)
}

/// Everything in raw, log by log; the chain of its segments must be whole.
async fn read(store: &Store) -> Raw {
    let mut all = Raw::new();
    for raw::Listed { log, .. } in raw::logs(store).await.unwrap() {
        for record in chain(store, log).await {
            all.insert(record.id(log).to_string(), record.event);
        }
    }
    all
}

async fn chain(store: &Store, log: LogId) -> Vec<model::Record> {
    let mut records: Vec<model::Record> = Vec::new();
    let (mut seq, mut hash, mut epoch) = (Seq::ZERO, [0; 32], Epoch::ZERO);
    let newest = raw::newest_segment(store, log, SegmentNo(1))
        .await
        .unwrap()
        .unwrap_or_default();
    for number in SegmentNo::FIRST.to(newest) {
        let segment = raw::segment(store, log, number).await.unwrap();
        let segment = segment.unwrap_or_else(|| panic!("segment {number} of {log} is missing"));
        let header = segment.header;
        let follows = (header.previous_seq, header.previous_hash) == (seq, hash);
        assert!(
            follows,
            "segment {number} of {log} does not follow: {header:?}"
        );
        assert!(
            header.epoch >= epoch,
            "the epochs of {log} go back: {header:?}"
        );
        for record in segment.records {
            seq = seq.next();
            let place = (record.seq, record.epoch);
            assert_eq!(place, (seq, header.epoch), "segment {number} of {log}");
            records.push(record);
        }
        (hash, epoch) = (segment.footer.hash, header.epoch);
    }
    records
}

fn check_contents(raw: &Raw, diary: &Diary) {
    let mut recorded: BTreeMap<String, Copies> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (id, event) in raw {
        let marker = marker(event);
        let copies = recorded.entry(marker.clone()).or_default();
        copies.all += 1;
        copies.unchecked += u64::from(event.unchecked);
        match diary.sent.get(&marker) {
            None => wrong.push(format!("{id} ({marker}) was sent by nobody")),
            Some(sent) => {
                let difference = sent.content.differs_from(event, follows(raw, event));
                wrong.extend(difference.map(|d| format!("{id} ({marker}): {d}")));
            }
        }
    }
    for (id, marker) in &diary.ids {
        let found = raw.get(id).map(self::marker);
        if found.as_ref() != Some(marker) {
            wrong.push(format!(
                "{id} was acknowledged for {marker} and is of {found:?}"
            ));
        }
    }
    for (marker, sent) in &diary.sent {
        let copies = recorded.get(&**marker).copied().unwrap_or_default();
        if !copies.fit(sent) {
            wrong.push(format!("{marker} is recorded as {copies:?}: {sent:?}"));
        }
    }
    let first = &wrong[..wrong.len().min(NAMED)];
    assert!(
        wrong.is_empty(),
        "{} events are wrong: {first:#?}",
        wrong.len()
    );
}

/// Whether the door of an event could read what was reported before of its transaction: all of it, as far as is known.
fn follows(raw: &Raw, event: &Event) -> bool {
    let first = raw.get(&event.first_event);
    !event.unchecked && first.is_none_or(|first| !first.unchecked)
}

/// How often an event is recorded.
#[derive(Debug, Clone, Copy, Default)]
struct Copies {
    all: u64,
    /// Those whose key could not be checked, and which say so.
    unchecked: u64,
}

impl Copies {
    fn fit(self, sent: &Sent) -> bool {
        // A copy says that it may be one, and batch decides.
        let most = if sent.keyed { sent.times } else { 1 };
        let known = self.all - self.unchecked;
        known <= 1 && (*sent.expected().start()..=most).contains(&self.all)
    }
}

/// Every answer against a recount of raw without what the answer's manifest leaves out.
async fn check_numbers(store: &Store, customer: &Customer, questions: &[Question], raw: &Raw) {
    let now_ms = model::SystemClock.now_ms();
    let mut counted = (0, raw.clone());
    for question in questions {
        let (manifest, told) = question.ask(customer, now_ms).await;
        if counted.0 != manifest {
            counted = (manifest, raw.clone());
            leave_out(&mut counted.1, &truth::left_out_by(store, manifest).await);
            amend(&mut counted.1, store, manifest).await;
        }
        let counted = question.recount(counted.1.values());
        let difference = first_difference(&told, &counted);
        assert_eq!(difference, None, "{}", question.text());
    }
}

/// What batch has corrected of changes whose past could not be read counts as it was corrected.
async fn amend(events: &mut Raw, store: &Store, n: u64) {
    for (id, decision) in truth::decided_by(store, n).await {
        if let Some(event) = events.get_mut(&id) {
            decision.amend(event);
        }
    }
}

/// Transactions come to what was told of them, whatever became of who took it.
async fn check_deals(customer: &Customer, diary: &Diary) -> usize {
    let expected = diary.deals.sums();
    for (goal, expected) in &expected {
        let query = format!("metrics=conversions,pending,rejected,value&goal={goal}");
        let answer = customer.stats(&format!("{query}&{}", all_days())).await;
        let count = |metric: &str| answer["totals"][metric].as_i64().unwrap();
        let value = answer["totals"]["value"].as_str().unwrap();
        let told = Sums {
            conversions: count("conversions"),
            pending: count("pending"),
            rejected: count("rejected"),
            value_micros: (value.parse::<f64>().unwrap() * 1e6).round() as i64,
        };
        assert_eq!(told, *expected, "{goal}: {}", answer["totals"]);
    }
    expected.len()
}

/// Where two answers differ first: what the API says, and what it should.
fn first_difference(told: &Numbers, counted: &Numbers) -> Option<String> {
    let keys: BTreeSet<_> = told.keys().chain(counted.keys()).collect();
    let differs = |key: &&&(String, String)| told.get(**key) != counted.get(**key);
    let key = keys.iter().find(differs)?;
    Some(format!(
        "{key:?}: the API says {:?}, the events {:?}",
        told.get(*key),
        counted.get(*key)
    ))
}
