//! Who goes next: every operation on disk, store or Redis waits here until the seed picks it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use model::Randomness;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};
use tokio::sync::oneshot;

/// A process; when it is dead none of its operations ever happens or returns.
#[derive(Clone, Default)]
pub(crate) struct Process(Arc<AtomicBool>);

impl Process {
    pub(crate) fn kill(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Probability that an operation is held up, and for how many steps at most.
const HOLD_UP: f64 = 0.01;
const LONGEST: u64 = 800;

struct Waiting {
    process: Process,
    turn: oneshot::Sender<()>,
    /// Step before which it is not its turn.
    not_before: u64,
}

/// The order of steps, and all other chance. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Mutex<State>>);

struct State {
    random: StdRng,
    waiting: Vec<Waiting>,
    /// Operations of the dead, kept so that nobody is told.
    dead: Vec<oneshot::Sender<()>>,
    steps: u64,
    quiet: bool,
    diary: Option<Vec<String>>,
}

impl Randomness for Gate {
    fn fill(&self, bytes: &mut [u8]) {
        self.state().random.fill_bytes(bytes);
    }
}

impl Gate {
    pub(crate) fn new(seed: u64, diary: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            random: StdRng::seed_from_u64(seed),
            waiting: Vec::new(),
            dead: Vec::new(),
            steps: 0,
            quiet: false,
            diary: diary.then(Vec::new),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of `process`.
    pub(crate) async fn step(&self, process: &Process) {
        let (turn, mine) = oneshot::channel();
        {
            let mut state = self.state();
            let held_up = !state.quiet && state.random.random_bool(HOLD_UP);
            let steps = match held_up {
                true => state.random.random_range(0..LONGEST),
                false => 0,
            };
            let not_before = state.steps + steps;
            let process = process.clone();
            state.waiting.push(Waiting {
                process,
                turn,
                not_before,
            });
        }
        if mine.await.is_err() {
            // The simulation is over.
            std::future::pending::<()>().await;
        }
    }

    /// Lets one waiting operation go on; whether there was one.
    pub(crate) fn release_one(&self) -> bool {
        let mut state = self.state();
        let State { waiting, dead, .. } = &mut *state;
        for i in (0..waiting.len()).rev() {
            if waiting[i].process.is_dead() {
                dead.push(waiting.swap_remove(i).turn);
            }
        }
        let now = state.steps;
        let ready = |w: &Waiting| state.quiet || w.not_before <= now;
        let ready: Vec<usize> = (0..state.waiting.len())
            .filter(|i| ready(&state.waiting[*i]))
            .collect();
        state.steps += 1;
        if ready.is_empty() {
            return false;
        }
        let chosen = ready[state.random.random_range(0..ready.len())];
        let chosen = state.waiting.remove(chosen);
        // Whoever waited may have been cancelled.
        let _ = chosen.turn.send(());
        true
    }

    /// From now on nothing is held up.
    pub(crate) fn quiet(&self) {
        self.state().quiet = true;
    }

    pub(crate) fn steps(&self) -> u64 {
        self.state().steps
    }

    pub(crate) fn below(&self, end: u64) -> u64 {
        self.state().random.random_range(0..end.max(1))
    }

    pub(crate) fn chance(&self, probability: f64) -> bool {
        self.state().random.random_bool(probability)
    }

    pub(crate) fn number(&self) -> u128 {
        self.state().random.random()
    }

    /// Lets a random time pass, up to `most`.
    pub(crate) async fn idle(&self, most: Duration) {
        let ms = self.below(most.as_millis() as u64 + 1);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// Writes a line into the diary, if one is kept.
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        let mut state = self.state();
        let steps = state.steps;
        if let Some(diary) = &mut state.diary {
            diary.push(format!("{steps:6} {}", line()));
        }
    }

    pub(crate) fn diary(&self) -> Vec<String> {
        self.state().diary.clone().unwrap_or_default()
    }
}
