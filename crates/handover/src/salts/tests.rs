use std::sync::Arc;

use model::{
    ManualClock,
    VisitorPeriod::{Day, Month},
    random::SeededRandom,
};

use super::*;

const TODAY: i64 = 20_000;

struct Site {
    env: Env,
    clock: Arc<ManualClock>,
}

impl Site {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(TODAY * DAY_MS + 1_000));
        let env = Env {
            store: store::open("memory://").unwrap(),
            bell: storage::bell::Bell::default(),
            clock: Arc::clone(&clock) as _,
            random: Arc::new(SeededRandom::new(1)),
        };
        Self { env, clock }
    }
}

fn secret(letter: &str) -> Secret {
    Secret::new(&letter.repeat(32)).unwrap()
}

async fn stored(site: &Site) -> String {
    let all: Vec<_> = site.env.store.list(None).try_collect().await.unwrap();
    let mut text = String::new();
    for meta in all {
        let bytes = store::read(&site.env.store, &meta.location).await.unwrap();
        text += &format!("{}: {:?}\n", meta.location, bytes.unwrap());
    }
    text
}

#[tokio::test]
async fn salts_are_made_ahead_once_and_destroyed_in_time() {
    let site = Site::new();
    let (first, kept) = keep(&site.env, &secret("a")).await.unwrap();
    let (again, _) = keep(&site.env, &secret("a")).await.unwrap();
    for day in TODAY - BEHIND..=TODAY + AHEAD {
        assert!(
            first.of(Day(day), 0) == again.of(Day(day), 0),
            "one for all"
        );
        assert!(
            first.of(Day(day), 0) != first.of(Day(day + 1), 0),
            "one for each"
        );
    }
    assert!(first.of(Day(TODAY + AHEAD + 1), 0).is_none());
    let (own, other) = (first.of(Day(TODAY), 0), first.of(Day(17_000), TODAY));
    assert!(own.unwrap().0 == other.unwrap().0);
    assert_eq!((own.unwrap().1, other.unwrap().1), (false, true));
    assert!(kept.open(&secret("a")).unwrap().of(Day(TODAY), 0) == own);
    // A date and two days later.
    let end = (TODAY + 1) * DAY_MS + KEPT_MS;
    site.clock.set(end - 1);
    let two = Destroyed {
        deleted: 2,
        left: vec![],
    };
    assert_eq!(
        destroy_old(&site.env).await.unwrap(),
        two,
        "those before today"
    );
    assert!(
        !kept
            .clone()
            .without_old(end - 1)
            .open(&secret("a"))
            .unwrap()
            .periods
            .is_empty()
    );
    site.clock.set(end);
    let one = Destroyed {
        deleted: 1,
        left: vec![],
    };
    assert_eq!(destroy_old(&site.env).await.unwrap(), one);
    assert!(!stored(&site).await.contains(&Day(TODAY).to_string()));
    let left = kept.without_old(end).open(&secret("a")).unwrap();
    assert!(left.of(Day(TODAY), 0).is_none() && left.of(Day(TODAY + 1), 0).is_some());
}

#[tokio::test]
async fn another_secret_opens_nothing_and_makes_nothing() {
    let site = Site::new();
    keep(&site.env, &secret("a")).await.unwrap();
    let before = stored(&site).await;
    let error = keep(&site.env, &secret("b")).await.err().unwrap();
    assert!(matches!(error, SaltError::OtherSecret { .. }), "{error}");
    assert_eq!(stored(&site).await, before);
    // Nor on the next day, when one is missing.
    site.clock.set((TODAY + 1) * DAY_MS);
    assert!(keep(&site.env, &secret("b")).await.is_err());
    assert_eq!(stored(&site).await, before);
    assert!(keep(&site.env, &secret("a")).await.is_ok());
    assert!(Secret::new("short").is_err());
    // Moved to another date it does not open either.
    let from = ObjectKey::Salt { period: Day(TODAY) }.path();
    let to = ObjectKey::Salt {
        period: Day(TODAY + 1),
    }
    .path();
    site.env.store.copy(&from, &to).await.unwrap();
    assert!(keep(&site.env, &secret("a")).await.is_err());
}

#[tokio::test]
async fn a_salt_is_used_until_its_time_is_over_and_is_never_made_again() {
    let site = Site::new();
    let (salts, _) = keep(&site.env, &secret("a")).await.unwrap();
    let is_own = |salts: &Salts, received| !salts.of(Day(TODAY), received).unwrap().1;
    assert!(is_own(&salts, TODAY + 2));
    assert!(!is_own(&salts, TODAY + 3), "whoever forgot to forget it");
    // It was lost, and others stand: what came on its date has other numbers.
    let path = ObjectKey::Salt { period: Day(TODAY) }.path();
    site.env.store.delete(&path).await.unwrap();
    site.clock.set((TODAY + 1) * DAY_MS);
    let (salts, kept) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(!is_own(&salts, TODAY + 1));
    assert!(!kept.days.contains_key(&TODAY));
    let mut salts = salts;
    salts.forget_old((TODAY + 4) * DAY_MS);
    assert_eq!(salts.periods.keys().next(), Some(&Day(TODAY + 2)));
}

#[tokio::test]
async fn a_clock_that_is_ahead_destroys_nothing() {
    let site = Site::new();
    let real = model::Clock::now_ms(&model::SystemClock);
    site.clock.set(real);
    keep(&site.env, &secret("a")).await.unwrap();
    let before = stored(&site).await;
    site.clock.set(real + 9 * DAY_MS);
    let error = destroy_old(&site.env).await.unwrap_err();
    assert!(error.to_string().contains("ahead"), "{error}");
    let after = stored(&site).await;
    assert!(before.lines().all(|line| after.contains(line)));
    site.clock.set(real);
    assert_eq!(destroy_old(&site.env).await.unwrap(), Destroyed::default());
}

#[tokio::test]
async fn who_moves_over_keeps_the_numbers_of_the_day_and_loses_the_key() {
    let site = Site::new();
    let key = [9; 32];
    installation::begin_as_before(&site.env, key).await;
    let (salts, _) = keep(&site.env, &secret("a")).await.unwrap();
    for day in TODAY - BEHIND..=TODAY + 1 {
        assert!(salts.of(Day(day), 0).unwrap().0 == Salt::of_permanent_key(&key, day));
    }
    let later = salts.of(Day(TODAY + 2), 0).unwrap().0;
    assert!(
        later != Salt::of_permanent_key(&key, TODAY + 2),
        "from then on"
    );
    assert!(salts.named() == NamedKey::of_permanent_key(&key));
    let (again, _) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(again.named() == salts.named() && again.of(Day(TODAY), 0) == salts.of(Day(TODAY), 0));
    let text = stored(&site).await;
    assert!(!text.contains("9,9,9,9"), "{text}");
    assert!(!text.contains("visitor_key"), "{text}");
}

/// 2024-10-04.
const MONTH: i64 = 54 * 12 + 9;

#[tokio::test]
async fn a_month_has_a_salt_until_two_days_after_it() {
    let site = Site::new();
    let (salts, kept) = keep(&site.env, &secret("a")).await.unwrap();
    let own = |salts: &Salts, month, received| {
        let found = salts.of(Month(month), received);
        found
            .filter(|(_, is_foreign)| !is_foreign)
            .map(|(salt, _)| salt.0)
    };
    let this = own(&salts, MONTH, TODAY).unwrap();
    let next = own(&salts, MONTH + 1, TODAY).unwrap();
    assert!(this != next && this != salts.of(Day(TODAY), TODAY).unwrap().0.0);
    assert!(
        own(&salts, MONTH - 1, TODAY).is_none(),
        "over when it all began"
    );
    let (other, is_foreign) = salts.of(Month(MONTH - 1), TODAY).unwrap();
    assert!(other.0 == this && is_foreign, "of the month received");
    assert!(own(&kept.open(&secret("a")).unwrap(), MONTH, TODAY) == Some(this));
    // Two days after its end.
    let end = Month(MONTH).end_day();
    let path = ObjectKey::Salt {
        period: Month(MONTH),
    }
    .path();
    assert_eq!(path.as_ref(), "salts/2024-10.json");
    site.clock.set((end + 2) * DAY_MS - 1);
    destroy_old(&site.env).await.unwrap();
    assert!(stored(&site).await.contains("salts/2024-10.json"));
    let (late, _) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(own(&late, MONTH, end + 1) == Some(this));
    assert!(own(&late, MONTH + 1, end + 1) == Some(next));
    site.clock.set((end + 2) * DAY_MS);
    destroy_old(&site.env).await.unwrap();
    assert!(!stored(&site).await.contains("salts/2024-10.json"));
    let (after, kept_then) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(own(&after, MONTH, end + 2).is_none(), "never made again");
    assert!(
        own(&late, MONTH, end + 2).is_none(),
        "whoever forgot to forget it"
    );
    assert!(kept_then.months.keys().eq(&[MONTH + 1, MONTH + 2]));
    let mut late = late;
    late.forget_old((end + 2) * DAY_MS);
    assert!(!late.periods.contains_key(&Month(MONTH)));
}

#[tokio::test]
async fn a_copy_from_before_months_is_read() {
    let site = Site::new();
    let (_, kept) = keep(&site.env, &secret("a")).await.unwrap();
    let mut text = serde_json::to_value(&kept).unwrap();
    text.as_object_mut().unwrap().remove("months").unwrap();
    let old: Kept = serde_json::from_value(text).unwrap();
    let salts = old.open(&secret("a")).unwrap();
    let (salt, is_foreign) = salts.of(Month(MONTH), TODAY).unwrap();
    assert!(is_foreign && salt == salts.of(Day(TODAY), TODAY).unwrap().0);
}

#[tokio::test]
async fn an_installation_from_before_months_begins_with_its_own() {
    let site = Site::new();
    keep(&site.env, &secret("a")).await.unwrap();
    for month in [MONTH, MONTH + 1] {
        let path = ObjectKey::Salt {
            period: Month(month),
        }
        .path();
        site.env.store.delete(&path).await.unwrap();
    }
    let (salts, _) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(!salts.of(Month(MONTH), TODAY).unwrap().1);
    // One that is lost later is not made again.
    let path = ObjectKey::Salt {
        period: Month(MONTH),
    }
    .path();
    site.env.store.delete(&path).await.unwrap();
    let (salts, _) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(salts.of(Month(MONTH), TODAY).unwrap().1);
}

#[tokio::test]
async fn a_month_that_begins_while_nothing_runs_has_a_salt_afterwards() {
    let site = Site::new();
    keep(&site.env, &secret("a")).await.unwrap();
    let later = Month(MONTH + 2).first_day() + 9;
    site.clock.set(later * DAY_MS);
    let (salts, _) = keep(&site.env, &secret("a")).await.unwrap();
    let (salt, is_foreign) = salts.of(Month(MONTH + 2), later).unwrap();
    assert!(!is_foreign);
    let (again, _) = keep(&site.env, &secret("a")).await.unwrap();
    assert!(again.of(Month(MONTH + 2), later) == Some((salt, false)));
}
