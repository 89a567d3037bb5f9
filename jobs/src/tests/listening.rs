use model::random::SeededRandom;
use storage::{bell::SELDOM, counted::Counted};

use super::*;

/// An installation whose requests are counted.
fn counted() -> (Env, Arc<Counted>) {
    let env = in_runtime();
    let counted = Counted::new(env.store);
    let store: Arc<Counted> = Arc::clone(&counted);
    (Env { store, ..env }, counted)
}

/// The same as seen by a process that rings.
fn ringing(env: &Env, seed: u64) -> Env {
    let random = Arc::new(SeededRandom::new(seed));
    let (store, bell) = Bell::over(env.store.clone(), random.clone());
    Env {
        store,
        bell,
        random,
        ..env.clone()
    }
}

/// A scheduler that hears others, of a job that is never due; runs are noted in `log`.
fn hearing(env: &Env, log: &Arc<Log>) -> (Process, JoinHandle<()>) {
    let env = ringing(env, 2);
    let job = ScheduledJob {
        schedule: Schedule::parse("0 0 29 2 *", Tz::UTC).unwrap(),
        ..log.job(Duration::from_millis(1), Ok(Value::Null))
    };
    let bell = env.bell.clone();
    let kept = tokio::spawn(async move { bell.keep().await });
    (Process::start("one", env, job), kept)
}

/// How long it takes from a request until its run.
async fn answered(client: &JobClient) -> Duration {
    let asked = Instant::now();
    assert_eq!(start(client, false, true).await["state"], "ok");
    asked.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_the_newest_run_is_not_read_again() {
    let (env, counted) = counted();
    let job = Arc::new(Log::default()).job(Duration::from_secs(1), Ok(Value::Null));
    let process = Process::start("one", env.clone(), job);
    let client = client(&env);
    let last = async || client.list().await.unwrap().remove(0).last.unwrap();
    sleep(30 * MINUTE).await;
    let before = last().await;
    let requests = counted.requests();
    assert_eq!(last().await, before);
    let asked = counted.requests() - requests;
    assert_eq!((asked.heads, asked.all()), (1, 1), "{asked:?}");
    sleep(10 * MINUTE).await;
    process.stop().await;
    assert_eq!(json!(last().await), runs(&env).await[0]);
}

#[tokio::test(start_paused = true)]
async fn a_request_wakes_a_scheduler_that_asks_for_nothing() {
    let (env, counted) = counted();
    let log = Arc::new(Log::default());
    let (process, kept) = hearing(&env, &log);
    sleep(MINUTE).await;
    let before = counted.requests();
    sleep(10 * MINUTE).await;
    let asked = counted.requests() - before;
    assert!(asked.heads <= 21 && asked.lists == 0, "{asked:?}");
    let elsewhere = client(&ringing(&env, 3));
    for _ in 0..3 {
        sleep(MINUTE).await;
        assert!(answered(&elsewhere).await < Duration::from_secs(4));
    }
    assert_eq!(log.reasons(), [Reason::Request; 3]);
    kept.abort();
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_request_of_which_no_bell_tells_is_found_a_little_later() {
    let (env, _) = counted();
    let log = Arc::new(Log::default());
    let (process, kept) = hearing(&env, &log);
    for _ in 0..3 {
        sleep(MINUTE).await;
        assert!(answered(&client(&env)).await < SELDOM + Duration::from_secs(4));
    }
    kept.abort();
    process.stop().await;
}
