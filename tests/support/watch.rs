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
const EVERYTHING: &str = "metrics=clicks,views,conversions&exclude_bots=false";

/// Looks until it is ended. The account it looks at must be the only one with events.
pub struct Watch {
    stop: Arc<AtomicBool>,
    /// Odd while numbers are being lost with whatever held them.
    incidents: Arc<AtomicU64>,
    task: JoinHandle<Seen>,
}

impl Watch {
    pub fn start(customer: &Customer) -> Self {
        let (stop, incidents) = (Arc::default(), Arc::default());
        let task = look(customer.clone(), Arc::clone(&stop), Arc::clone(&incidents));
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
    manifest: u64,
    as_of: BTreeMap<String, u64>,
}

async fn look(customer: Customer, stop: Arc<AtomicBool>, incidents: Arc<AtomicU64>) -> Seen {
    let mut seen = Seen::default();
    let mut calm_since = 0;
    while !stop.load(Ordering::Relaxed) {
        sleep(PAUSE).await;
        let before = incidents.load(Ordering::SeqCst);
        let url = format!("{}/v1/stats?{EVERYTHING}&{}", customer.api, all_days());
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
        if answer["meta"]["complete"] == true {
            seen.complete += 1;
            seen.check(&answer, calm);
        }
    }
    seen
}

impl Seen {
    fn check(&mut self, answer: &Value, calm: bool) {
        let meta = &answer["meta"];
        let metrics = ["clicks", "views", "conversions"];
        let counts = metrics.map(|metric| answer["totals"][metric].as_u64().unwrap());
        let counted: u64 = counts.iter().sum();
        let as_of: BTreeMap<String, u64> = serde_json::from_value(meta["as_of"].clone()).unwrap();
        // Events are numbered without gaps: all up to these numbers must be in.
        let least: u64 = as_of.values().sum();
        assert!(counted >= least, "{counted} events are counted: {meta}");
        let manifest = meta["manifest"].as_u64().unwrap();
        assert!(manifest >= self.manifest, "an older manifest: {meta}");
        // One that ended without an event may be forgotten.
        let mut known = self.as_of.iter().filter(|(_, seq)| **seq > 0);
        let forgotten = known.find(|(log, _)| !as_of.contains_key(*log));
        assert_eq!(forgotten, None, "a log is forgotten: {meta}");
        if calm {
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
