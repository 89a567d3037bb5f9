use super::*;

#[tokio::test(start_paused = true)]
async fn two_schedulers_never_run_a_job_at_once_and_run_all_of_it() {
    let one = in_runtime();
    let log = Arc::new(Log::default());
    let processes = [(1, "one"), (2, "two")].map(|(seed, by)| {
        Process::start(
            by,
            elsewhere(&one, seed),
            log.job(Duration::from_secs(20), Ok(json!({"rows": 1}))),
        )
    });
    sleep(30 * MINUTE).await;
    Process::stop_all(processes).await;
    assert_eq!(log.most.load(Ordering::SeqCst), 1);
    let runs = runs(&one).await;
    assert_eq!(runs.len(), 30);
    assert!(
        runs.iter()
            .all(|run| run["state"] == "ok" && run["reason"] == "schedule")
    );
    assert_eq!(runs[0]["scheduled_for"], "2026-01-01T00:30:00Z");
    assert_eq!(runs[29]["scheduled_for"], "2026-01-01T00:01:00Z");
    assert_eq!(
        (&runs[0]["detail"], &runs[0]["took_ms"]),
        (&json!({"rows": 1}), &json!(20_000))
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_longer_than_the_lease_and_the_schedule_is_left_alone() {
    let one = in_runtime();
    let log = Arc::new(Log::default());
    let processes = [(1, "one"), (2, "two")].map(|(seed, by)| {
        Process::start(
            by,
            elsewhere(&one, seed),
            log.job(5 * MINUTE, Ok(json!(null))),
        )
    });
    sleep(16 * MINUTE).await;
    Process::stop_all(processes).await;
    assert_eq!(log.most.load(Ordering::SeqCst), 1);
    let runs = runs(&one).await;
    assert_eq!(
        runs.len(),
        4,
        "what falls due meanwhile is caught up once: {runs:?}"
    );
    assert!(
        runs[1..]
            .iter()
            .all(|run| run["state"] == "ok" && run["taken_over_by"].is_null())
    );
    assert_eq!(
        runs[0]["detail"]["error"],
        "it was cut off when its process ended"
    );
}

#[tokio::test(start_paused = true)]
async fn missed_runs_are_caught_up_once() {
    let one = in_runtime();
    let log = Arc::new(Log::default());
    let job = || log.job(Duration::from_secs(1), Ok(json!(null)));
    let process = Process::start("one", one.clone(), job());
    sleep(MINUTE).await;
    process.stop().await;
    assert_eq!(log.reasons(), [Reason::Schedule]);
    sleep(60 * MINUTE + Duration::from_secs(75)).await;
    let processes = [2, 3].map(|seed| Process::start("two", elsewhere(&one, seed), job()));
    sleep(Duration::from_secs(10)).await;
    assert_eq!(log.reasons().len(), 2, "once, however many were missed");
    sleep(MINUTE).await;
    Process::stop_all(processes).await;
    assert_eq!(log.reasons().last(), Some(&Reason::Schedule));
}

#[tokio::test]
async fn a_scheduler_that_was_away_for_a_day_catches_up_by_any_clock() {
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let one = env(clock.clone());
    let log = Arc::new(Log::default());
    let job = || log.job(Duration::ZERO, Ok(json!(null)));
    let first = Process::start("one", one.clone(), job());
    sleep(Duration::from_millis(100)).await;
    first.stop().await;
    assert_eq!(log.reasons(), []);
    clock.set(BEGIN_MS + 86_400_000);
    let second = Process::start("one", one.clone(), job());
    sleep(Duration::from_millis(100)).await;
    second.stop().await;
    assert_eq!(log.reasons(), [Reason::CatchUp]);
    assert_eq!(runs(&one).await[0]["scheduled_for"], "2026-01-02T00:00:00Z");
}

#[tokio::test(start_paused = true)]
async fn a_request_from_elsewhere_is_run_and_waited_for() {
    let one = in_runtime();
    let log = Arc::new(Log::default());
    let process = Process::start(
        "one",
        elsewhere(&one, 1),
        log.job(Duration::from_secs(7), Ok(json!("done"))),
    );
    sleep(Duration::from_secs(2)).await;
    let client = client(&elsewhere(&one, 2));
    let asked = start(&client, false, false).await;
    assert_eq!(
        (&asked["state"], &asked["run"]),
        (&json!("requested"), &Value::Null)
    );
    let joined = start(&client, false, true).await;
    assert_eq!(
        joined["request"], asked["request"],
        "nobody had begun yet: one run serves both"
    );
    assert_eq!(
        (
            &joined["state"],
            &joined["run"]["detail"],
            &joined["run"]["reason"]
        ),
        (&json!("ok"), &json!("done"), &json!("request"))
    );
    assert_eq!(log.reasons(), [Reason::Request]);
    let again = start(&client, false, false).await;
    sleep(Duration::from_secs(3)).await;
    let later = start(&client, false, true).await;
    assert_ne!(
        later["request"], again["request"],
        "the run had begun before this was asked"
    );
    assert_eq!(log.reasons(), [Reason::Request; 3]);
    process.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever_and_unknown_jobs_are_said_so() {
    let client = client(&in_runtime());
    let begin = Instant::now();
    assert_eq!(start(&client, true, true).await["state"], "requested");
    assert!(begin.elapsed() < 11 * MINUTE);
    let error = client.start("bacth", false, false).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no such job; there are: batch");
    let listed = json!({"items": client.list().await.unwrap()});
    let expected = json!({"items": [{"name": "batch", "schedule": "* * * * *", "timezone": "UTC", "next": "2026-01-01T00:11:00Z", "last": null}]});
    assert_eq!(listed, expected);
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_are_kept_and_the_job_goes_on() {
    let one = in_runtime();
    let log = Arc::new(Log::default());
    let mut job = log.job(Duration::ZERO, Err("the disk is full"));
    let process = Process::start("one", one.clone(), job.clone());
    sleep(2 * MINUTE).await;
    process.stop().await;
    job.work = Arc::new(|_| Box::pin(async { panic!("a bug in a test") }));
    let process = Process::start("one", one.clone(), job);
    sleep(2 * MINUTE).await;
    process.stop().await;
    let errors: Vec<_> = runs(&one)
        .await
        .iter()
        .map(|run| (run["state"].clone(), run["detail"]["error"].clone()))
        .collect();
    let failed = |why: &str| (json!("failed"), json!(why));
    let panicked = "it panicked; the log of its process says more";
    assert_eq!(
        errors,
        [
            failed(panicked),
            failed(panicked),
            failed("the disk is full"),
            failed("the disk is full")
        ]
    );
}

#[test]
fn a_run_whose_process_dies_is_taken_over_once_it_is_silent() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
    };
    let clock = Arc::new(ManualClock::new(BEGIN_MS));
    let one = env(clock.clone());
    let (dying, log) = (Arc::new(Log::default()), Arc::new(Log::default()));
    let settings = |by: &str| SchedulerSettings {
        poll: Duration::from_millis(10),
        lease: Duration::from_millis(600),
        ..SchedulerSettings::new(by)
    };
    let start = |seed, by: &str, job| {
        let deps = SchedulerDeps {
            env: elsewhere(&one, seed),
            jobs: vec![job],
            epochs: None,
            on_reach: Arc::new(|_, _| ()),
        };
        run(deps, settings(by), CancellationToken::new())
    };
    let first = runtime();
    first.spawn(start(1, "one", dying.job(60 * MINUTE, Ok(json!(null)))));
    std::thread::sleep(Duration::from_millis(100));
    clock.set(BEGIN_MS + 30_000);
    std::thread::sleep(Duration::from_millis(300));
    let second = runtime();
    second.spawn(start(2, "two", log.job(Duration::ZERO, Ok(json!("again")))));
    // Alive for longer than the lease: nobody takes it over.
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!((dying.reasons().len(), log.reasons().len()), (1, 0));
    Process::kill(first);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(log.reasons().len(), 0, "not before the lease is over");
    std::thread::sleep(Duration::from_millis(1_500));
    let runs = second.block_on(runs(&one));
    assert_eq!(log.reasons(), [Reason::Schedule]);
    assert_eq!(runs.len(), 2);
    assert_eq!(
        (&runs[1]["state"], &runs[1]["taken_over_by"]),
        (&json!("taken_over"), &runs[0]["run"])
    );
    assert_eq!(
        (&runs[0]["state"], &runs[0]["detail"], &runs[0]["by"]),
        (&json!("ok"), &json!("again"), &json!("two"))
    );
    Process::kill(second);
}

#[tokio::test(start_paused = true)]
async fn a_job_follows_each_run_of_another_however_that_ends() {
    for result in [Ok(json!(null)), Err("it does not work")] {
        let one = in_runtime();
        let (log, following) = (Arc::new(Log::default()), Arc::new(Log::default()));
        let follower = ScheduledJob {
            name: "audit",
            schedule: Schedule::parse("@yearly", Tz::UTC).unwrap(),
            after: Some("batch"),
            ..following.job(Duration::from_secs(5), Ok(json!(null)))
        };
        let shutdown = CancellationToken::new();
        let deps = SchedulerDeps {
            env: elsewhere(&one, 1),
            jobs: vec![log.job(Duration::from_secs(20), result), follower],
            epochs: None,
            on_reach: Arc::new(|_, _| ()),
        };
        let role = tokio::spawn(run(deps, SchedulerSettings::new("one"), shutdown.clone()));
        sleep(10 * MINUTE + MINUTE / 2).await;
        shutdown.cancel();
        role.await.unwrap();
        assert_eq!(log.reasons().len(), 10);
        assert_eq!(following.reasons(), vec![Reason::Request; 10]);
    }
}
