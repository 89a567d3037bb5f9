//! Somebody who looks at the numbers all the time, whatever happens to the processes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::{task::JoinHandle, time::sleep};

use super::http::{Customer, all_days};

const PAUSE: Duration = Duration::from_millis(20);
const METRICS: [&str; 5] = ["clicks", "views", "conversions", "pending", "rejected"];

/// Looks until it is ended. The account it looks at must be the only one with events.
pub struct Watch {
    stop: Arc<AtomicBool>,
    /// Odd while numbers are being lost with whatever held them.
    incidents: Arc<AtomicU64>,
    task: JoinHandle<Seen>,
}

impl Watch {
    pub fn start(customer: &Customer) -> Self {
        Self::start_beside(customer, Arc::default())
    }

    /// The same where events are sent that change what others count; `changes` is how many, at most.
    pub fn start_beside(customer: &Customer, changes: Arc<AtomicU64>) -> Self {
        let (stop, incidents) = (Arc::default(), Arc::default());
        let task = look(
            customer.clone(),
            Arc::clone(&stop),
            Arc::clone(&incidents),
            changes,
        );
        let task = tokio::spawn(task);
        Self {
            stop,
            incidents,
            task,
        }
    }

    /// To be called before live numbers are lost, and again when that is over: from then on they
    /// are complete as of what is known again, which may be less for a moment.
    pub fn incident(&self) {
        self.incidents.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether it has seen what must not be; [`Watch::end`] says what.
    pub fn has_failed(&self) -> bool {
        self.task.is_finished()
    }

    /// Ends it; panics if an answer that was called complete was not.
    pub async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        let seen = self.task.await.unwrap();
        println!("{} of {} answers were complete", seen.complete, seen.all);
        assert!(seen.complete > 0, "no answer was complete");
    }
}

#[derive(Default)]
struct Seen {
    all: u64,
    complete: u64,
    /// Since the last incident.
    highest: u64,
    /// Whether the answer before said that it may hold events that repeat others.
    unchecked: bool,
    /// Events that are left out, as far as was asked.
    left_out: u64,
    /// Events that change others, at most.
    changes: u64,
    manifest: u64,
    as_of: BTreeMap<String, u64>,
}

async fn look(
    customer: Customer,
    stop: Arc<AtomicBool>,
    incidents: Arc<AtomicU64>,
    changes: Arc<AtomicU64>,
) -> Seen {
    let mut seen = Seen::default();
    let mut calm_since = 0;
    while !stop.load(Ordering::Relaxed) {
        sleep(PAUSE).await;
        let before = incidents.load(Ordering::SeqCst);
        let (api, metrics) = (&customer.api, METRICS.join(","));
        let days = all_days();
        let url = format!("{api}/v1/stats?metrics={metrics}&exclude_bots=false&{days}");
        let request = customer.http.get(url).bearer_auth(&customer.key);
        let Ok(response) = request.send().await else {
            continue;
        };
        let Ok(answer) = response.json::<Value>().await else {
            continue;
        };
        let calm = before.is_multiple_of(2) && incidents.load(Ordering::SeqCst) == before;
        if calm_since != before {
            (calm_since, seen.highest) = (before, 0);
        }
        seen.all += 1;
        // A change is one more event, and counts none more.
        seen.changes = changes.load(Ordering::SeqCst);
        if answer["meta"]["complete"] == true {
            seen.complete += 1;
            if seen.events(&answer) < least(&answer) {
                // Killed between the two questions, nobody says how many repeat others: nothing can be said of the answer.
                match left_out(&customer).await {
                    Some(left_out) => seen.left_out = left_out,
                    None => continue,
                }
            }
            seen.check(&answer, calm);
        }
    }
    seen
}

fn as_of(answer: &Value) -> BTreeMap<String, u64> {
    serde_json::from_value(answer["meta"]["counted_upto"].clone()).unwrap()
}

/// Events are numbered without gaps: all up to these numbers must be in, or left out.
fn least(answer: &Value) -> u64 {
    as_of(answer).values().sum()
}

fn counted(answer: &Value) -> u64 {
    let counts = METRICS.map(|metric| answer["totals"][metric].as_i64().unwrap());
    u64::try_from(counts.iter().sum::<i64>()).unwrap()
}

/// How many settled events are not counted, for they repeat others; `None` if nobody answers.
async fn left_out(customer: &Customer) -> Option<u64> {
    let url = format!("{}/v1/audit", customer.api);
    let request = customer.http.get(url).bearer_auth(&customer.key);
    let audit: Value = request.send().await.ok()?.json().await.ok()?;
    audit["settled"]["duplicates"].as_u64()
}

impl Seen {
    /// How many events an answer may have counted, at most.
    fn events(&self, answer: &Value) -> u64 {
        counted(answer) + self.left_out + self.changes
    }

    fn check(&mut self, answer: &Value, calm: bool) {
        let meta = &answer["meta"];
        let (counted, as_of) = (counted(answer), as_of(answer));
        let all = self.events(answer);
        assert!(all >= least(answer), "{all} events are counted: {meta}");
        let manifest = meta["manifest"].as_u64().unwrap();
        assert!(manifest >= self.manifest, "an older manifest: {meta}");
        // One that ended without an event may be forgotten.
        let mut known = self.as_of.iter().filter(|(_, seq)| **seq > 0);
        let forgotten = known.find(|(log, _)| !as_of.contains_key(*log));
        assert_eq!(forgotten, None, "a log is forgotten: {meta}");
        // A batch has decided which events repeat others.
        let decided = self.unchecked && manifest > self.manifest;
        self.unchecked = meta["unchecked"] == true;
        if calm && decided {
            self.highest = counted;
        } else if calm {
            let highest = self.highest;
            assert!(
                counted >= highest,
                "a count fell from {highest} to {counted}: {meta}"
            );
            self.highest = counted;
        }
        (self.manifest, self.as_of) = (manifest, as_of);
    }
}
