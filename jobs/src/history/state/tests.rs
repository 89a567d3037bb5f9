use super::*;

fn decide(state: &State, now: &str, silent: bool) -> Decision {
    let schedule = Schedule::parse("@hourly", chrono_tz::Tz::UTC).unwrap();
    let now = now.parse().unwrap();
    state.decide(&View {
        schedule: &schedule,
        by: "me",
        now,
        silent,
    })
}

fn ms(text: &str) -> i64 {
    text.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
}

fn started(state: &State, now: &str, silent: bool) -> Started {
    match decide(state, now, silent) {
        Decision::Append(Entry::Started(started)) => started,
        other => panic!("{other:?}"),
    }
}

fn known(at: &str) -> State {
    let mut state = State::default();
    state.apply(1, Entry::Served { served_ms: ms(at) });
    state
}

#[test]
fn what_was_due_before_a_job_was_known_is_not_run() {
    let first = decide(&State::default(), "2026-01-01T00:30:00Z", false);
    assert_eq!(
        first,
        Decision::Append(Entry::Served {
            served_ms: ms("2026-01-01T00:30:00Z")
        })
    );
    let next = decide(
        &known("2026-01-01T00:30:00Z"),
        "2026-01-01T00:59:59Z",
        false,
    );
    assert_eq!(next, Decision::Wait("2026-01-01T01:00:00Z".parse().ok()));
}

#[test]
fn missed_runs_are_caught_up_once() {
    let mut state = known("2026-01-01T00:30:00Z");
    assert_eq!(
        started(&state, "2026-01-01T01:00:00Z", false).reason,
        Reason::Schedule
    );
    let late = started(&state, "2026-01-01T07:20:00Z", false);
    assert_eq!(
        (late.reason, late.scheduled_for),
        (Reason::CatchUp, Some(ms("2026-01-01T07:00:00Z")))
    );
    state.apply(2, Entry::Started(late));
    assert_eq!(
        decide(&state, "2026-01-01T09:00:00Z", false),
        Decision::Wait(None),
        "one at a time"
    );
    let detail = json!(null);
    state.apply(
        3,
        Entry::Finished(Finished {
            run: 2,
            ok: true,
            detail,
            took_ms: 1,
        }),
    );
    let next = decide(&state, "2026-01-01T07:21:00Z", false);
    assert_eq!(next, Decision::Wait("2026-01-01T08:00:00Z".parse().ok()));
}

#[test]
fn a_request_begins_a_run_and_does_not_replace_the_schedule() {
    let mut state = known("2026-01-01T00:30:00Z");
    let ask = |close_epochs| Entry::Requested {
        by: "you".into(),
        close_epochs,
    };
    state.apply(2, ask(true));
    state.apply(3, ask(false));
    let run = started(&state, "2026-01-01T00:31:00Z", false);
    assert_eq!(
        (run.reason, run.scheduled_for, run.close_epochs),
        (Reason::Request, None, true)
    );
    state.apply(4, Entry::Started(run));
    state.apply(5, ask(false));
    let detail = json!(null);
    state.apply(
        6,
        Entry::Finished(Finished {
            run: 4,
            ok: true,
            detail,
            took_ms: 1,
        }),
    );
    let run = started(&state, "2026-01-01T00:32:00Z", false);
    assert_eq!(
        (run.reason, run.served_ms),
        (Reason::Request, ms("2026-01-01T00:30:00Z")),
        "asked after the first began"
    );
}

#[test]
fn a_silent_run_is_taken_over_and_given_up_in_the_end() {
    let mut state = known("2026-01-01T00:30:00Z");
    let now = "2026-01-01T01:00:00Z";
    state.apply(2, Entry::Started(started(&state, now, false)));
    for (n, deaths) in [(3, 1), (4, 2)] {
        let again = started(&state, now, true);
        assert_eq!(
            (again.takes_over, again.deaths, again.reason),
            (Some(n - 1), deaths, Reason::Schedule)
        );
        state.apply(n, Entry::Started(again));
        let late = Finished {
            run: n - 1,
            ok: true,
            detail: json!(null),
            took_ms: 1,
        };
        let mut unmoved = state.clone();
        unmoved.apply(n, Entry::Finished(late));
        assert_eq!(unmoved, state, "who was taken over has no say");
    }
    let Decision::Append(end) = decide(&state, now, true) else {
        panic!()
    };
    state.apply(5, end);
    assert_eq!(state.running, None);
}

#[test]
fn a_clock_that_was_far_ahead_does_not_stop_the_job_for_long() {
    let state = known("2099-01-01T00:00:00Z");
    let now = "2026-01-01T00:30:00Z";
    assert_eq!(
        decide(&state, now, false),
        Decision::Append(Entry::Served { served_ms: ms(now) })
    );
    let state = known("2026-01-01T01:00:00Z");
    assert_eq!(
        decide(&state, "2026-01-01T00:59:59Z", false),
        Decision::Wait("2026-01-01T02:00:00Z".parse().ok())
    );
}
