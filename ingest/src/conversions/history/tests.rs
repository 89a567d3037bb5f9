use model::{EventKind, LogId, Measure, Seq};

use super::*;

const M: i64 = 1_000_000;

fn terms(repeats: Repeats) -> Terms {
    Terms {
        repeats,
        usual: None,
    }
}

fn id(step: u32) -> EventId {
    EventId {
        log: LogId(1),
        seq: Seq(u64::from(step) + 1),
    }
}

fn report(status: Status, amount: Option<i64>) -> Event {
    Event {
        kind: EventKind::Conversion as i32,
        transaction_id: Some("t".into()),
        status: status as i32,
        amount_micros: amount.map(|amount| amount * M),
        currency: amount.map(|_| "EUR".to_owned()).unwrap_or_default(),
        ..Event::default()
    }
}

/// Conversions, pending, rejected and value after all reports, and what each was answered.
fn told(repeats: Repeats, reports: Vec<Event>) -> ([i64; 4], Vec<String>) {
    let (mut history, mut sums, mut said) = (History::default(), [0; 4], Vec::new());
    for mut event in reports {
        let before = history.steps();
        match history.decide(&mut event, &terms(repeats)) {
            Decision::Record(effect) => {
                said.push(effect.name().to_owned());
                let counted = Measure::counted(&event, &model::Facts::default());
                assert_eq!(counted.iter().map(|(_, n)| n).sum::<i64>(), 1);
                for (measure, more) in counted.iter() {
                    match measure {
                        Measure::Conversions => sums[0] += more,
                        Measure::Pending => sums[1] += more,
                        Measure::Rejected => sums[2] += more,
                        _ => {}
                    }
                }
                sums[3] += event.value_micros.unwrap_or(0) / M;
                history.push(id(before), event);
            }
            Decision::Repeats { of, .. } => said.push(format!("repeats {}", of.seq.0)),
            Decision::OtherCurrency => said.push("other currency".into()),
        }
    }
    (sums, said)
}

use Repeats::{Add, Ignore, Replace};
use Status::{Approved, Pending, Rejected};

#[test]
fn a_status_takes_the_place_of_the_one_before() {
    let (sums, said) = told(
        Ignore,
        vec![
            report(Pending, Some(10)),
            report(Approved, None),
            report(Approved, Some(10)),
            report(Approved, Some(12)),
            report(Approved, Some(-4)),
            report(Approved, Some(-4)),
            report(Rejected, None),
        ],
    );
    let expected = [
        "new",
        "changed",
        "repeats 2",
        "repeats 2",
        "refunded",
        "repeats 3",
        "changed",
    ];
    assert_eq!(said, expected);
    assert_eq!(
        sums,
        [0, 0, 1, 0],
        "rejected, and nothing is left of its value"
    );
}

#[test]
fn pending_values_do_not_count_until_they_are_approved() {
    let pending = told(Ignore, vec![report(Pending, Some(10))]);
    assert_eq!(pending.0, [0, 1, 0, 0]);
    let approved = told(
        Ignore,
        vec![report(Pending, Some(10)), report(Approved, Some(8))],
    );
    assert_eq!(approved.0, [1, 0, 0, 8]);
    let straight = told(Ignore, vec![report(Approved, Some(8))]);
    assert_eq!(straight.0, [1, 0, 0, 8]);
}

#[test]
fn another_value_is_ignored_added_or_takes_the_place() {
    let keyed = |amount, key: &str| Event {
        idempotency_key: Some(key.into()),
        ..report(Approved, Some(amount))
    };
    let two = || vec![report(Approved, Some(10)), report(Approved, Some(15))];
    assert_eq!(told(Ignore, two()).0, [1, 0, 0, 10]);
    assert_eq!(told(Replace, two()).0, [1, 0, 0, 15]);
    assert_eq!(told(Add, two()).1, ["new", "repeats 1"]);
    let (sums, said) = told(
        Add,
        vec![report(Approved, Some(10)), keyed(10, "a"), keyed(5, "b")],
    );
    assert_eq!(
        (sums, &said[..]),
        (
            [1, 0, 0, 25],
            &["new", "added", "added"].map(String::from)[..]
        )
    );
}

#[test]
fn a_transaction_has_one_currency() {
    let dollars = Event {
        currency: "USD".into(),
        ..report(Approved, Some(3))
    };
    let (_, said) = told(Replace, vec![report(Approved, Some(10)), dollars]);
    assert_eq!(said, ["new", "other currency"]);
}

#[test]
fn changes_count_where_and_when_the_first_report_did() {
    let first = Event {
        link: Some(7),
        country: "DE".into(),
        variant: "blue".into(),
        clicked_ms: Some(1_000),
        occurred_ms: 1_000,
        ..report(Pending, Some(10))
    };
    let mut history = History::default();
    history.push(id(0), first);
    let mut change = Event {
        country: "US".into(),
        occurred_ms: 9_000,
        ..report(Approved, None)
    };
    history.decide(&mut change, &terms(Ignore));
    assert_eq!(
        (change.link, &*change.country, &*change.variant),
        (Some(7), "DE", "blue")
    );
    assert_eq!(
        (change.occurred_ms, &*change.currency, change.step),
        (1_000, "EUR", 1)
    );
}

/// A shop confirms what a browser reported: nothing may be taken back where it was never counted.
#[test]
fn changes_have_all_that_numbers_are_grouped_by_of_the_first_report() {
    let first = Event {
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
        referrer: "https://news.example.org/".into(),
        accept_language: "de-AT".into(),
        asn: Some(64_500),
        ad_parameter: "gclid".into(),
        fetch: model::Fetch::Proxy as i32,
        utm: vec!["mail".into(); 5],
        subs: vec!["a".into(), "b".into()],
        trigger: "qr".into(),
        ..report(Pending, Some(10))
    };
    let mut history = History::default();
    history.push(id(0), first.clone());
    let mut change = Event {
        user_agent: "Shop/1.0".into(),
        subs: vec!["c".into()],
        ..report(Approved, None)
    };
    history.decide(&mut change, &terms(Ignore));
    let rules = enrich::Rules::new().unwrap();
    assert_eq!(rules.facts(&change), rules.facts(&first));
    let grouped = |event: &Event| {
        let Event {
            utm,
            subs,
            asn,
            trigger,
            ..
        } = event.clone();
        (utm, subs, asn, trigger)
    };
    assert_eq!(grouped(&change), grouped(&first));
}

#[test]
fn what_cannot_be_compared_is_recorded_all_the_same() {
    let mut history = History::default();
    history.push(id(0), Event::default());
    let mut change = report(Approved, Some(10));
    let decision = history.record_unchecked(&mut change);
    assert_eq!(decision, Decision::Record(Effect::New));
    assert_eq!(
        (change.step, change.unchecked, change.value_micros),
        (1, true, Some(10 * M))
    );
}

proptest::proptest! {
    /// Whatever is reported in whatever order, a transaction counts once, as what it is now, with its last value less refunds.
    #[test]
    fn a_transaction_counts_once(reports in proptest::collection::vec((0usize..3, proptest::option::of(-20i64..20)), 1..14)) {
        let is_refund = |amount: &Option<i64>| amount.is_some_and(|amount| amount < 0);
        let (mut refunded, mut status) = (Vec::new(), None);
        for (place, amount) in &reports {
            let known = refunded.contains(amount);
            match is_refund(amount) {
                true if known => {}
                true => refunded.push(*amount),
                false => {
                    status = Some(*place);
                }
            }
        }
        let reports = reports.into_iter().map(|(status, amount)| report(Status::ALL[status], amount));
        let (sums, said) = told(Replace, reports.collect());
        proptest::prop_assert_eq!(sums[0] + sums[1] + sums[2], i64::from(status.is_some()), "{:?}", said);
        proptest::prop_assert!(sums[..3].iter().all(|n| *n >= 0));
        let refunds: i64 = refunded.iter().flatten().sum();
        proptest::prop_assert!(sums[0] == 1 || status.is_none() || sums[3] == 0, "only what is approved has a value");
        proptest::prop_assert!((refunds..20).contains(&sums[3]), "{} of {:?}", sums[3], said);
    }
}

#[test]
fn refunds_and_additions_stay_through_changes() {
    let keyed = |amount, key: &str| Event {
        idempotency_key: Some(key.into()),
        ..report(Pending, Some(amount))
    };
    let refunded = vec![
        report(Pending, Some(10)),
        report(Pending, Some(-10)),
        report(Approved, None),
    ];
    assert_eq!(told(Ignore, refunded).0, [1, 0, 0, 0]);
    let added = vec![
        report(Pending, Some(10)),
        keyed(5, "a"),
        report(Approved, None),
    ];
    assert_eq!(told(Add, added).0, [1, 0, 0, 15]);
    let again = vec![
        report(Approved, Some(10)),
        report(Approved, Some(-4)),
        report(Pending, None),
        report(Rejected, None),
    ];
    assert_eq!(told(Ignore, again).0, [0, 0, 1, 0]);
    let replaced = vec![
        report(Approved, Some(10)),
        report(Approved, Some(-4)),
        report(Approved, Some(12)),
    ];
    assert_eq!(told(Replace, replaced).0, [1, 0, 0, 8]);
}

#[test]
fn a_late_retry_without_a_value_is_one() {
    let (sums, said) = told(
        Ignore,
        vec![
            report(Pending, Some(10)),
            report(Approved, None),
            report(Rejected, None),
            report(Approved, None),
        ],
    );
    assert_eq!(said, ["new", "changed", "changed", "repeats 2"]);
    assert_eq!(sums, [0, 0, 1, 0]);
}

#[test]
fn the_usual_value_is_that_of_a_first_report_alone() {
    let price = catalog::Price::new(7 * M).unwrap();
    let terms = Terms {
        repeats: Replace,
        usual: Some((price, "EUR".into())),
    };
    let mut history = History::default();
    let mut first = report(Pending, Some(12));
    history.decide(&mut first, &terms);
    history.push(id(0), first);
    let mut sale = report(Approved, None);
    history.decide(&mut sale, &terms);
    assert_eq!(sale.value_micros, Some(12 * M), "that of before");
    let mut alone = report(Approved, None);
    History::default().decide(&mut alone, &terms);
    assert_eq!((alone.value_micros, &*alone.currency), (Some(7 * M), "EUR"));
}
