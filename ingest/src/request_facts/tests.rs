use super::*;

#[test]
fn texts_are_cut_between_characters() {
    assert_eq!(cut("aé".into(), 2), "a");
    assert_eq!(cut("ab".into(), 2), "ab");
}

#[test]
fn the_address_does_not_reach_the_event() {
    let builder = EventBuilder {
        rules: Arc::new(Rules::new().unwrap()),
        geo: Geo::none(),
        lists: enrich::OwnLists::default(),
        salts: salts(),
    };
    let account = EntityId::new(model::EntityKind::Account, 1);
    let target = Target {
        object: EntityId::new(model::EntityKind::Link, 2),
        account,
        campaign: None,
    };
    let seen = RequestFacts {
        ip: Some("203.0.113.77".parse().unwrap()),
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148".into(),
        referrer: "https://news.example:8443/a/story?reader=77#here".into(),
        accept_language: "de-AT".into(),
        country: "AT".into(),
        do_not_track: true,
        ..RequestFacts::default()
    };
    let event = builder.event(target, &AccountSettings::default(), seen.clone());
    assert_eq!(event.network, "203.0.113.0/24");
    assert!(!format!("{event:?}").contains("113.77"));
    assert_ne!(event.visitor, 0);
    let honour = AccountSettings {
        honour_dnt: true,
        excluded_networks: vec!["203.0.113.64/26".parse().unwrap()],
        ..AccountSettings::default()
    };
    let hidden = builder.event(target, &honour, seen);
    let expected = Event {
        account: 1,
        object: 2,
        country: "AT".into(),
        referrer: "https://news.example:8443/".into(),
        device_type: "mobile".into(),
        excluded: true,
        ..Event::default()
    };
    assert_eq!(hidden, expected, "nothing else is kept");
}

#[test]
fn without_any_salt_nobody_is_counted_and_the_event_says_so() {
    let none = handover::salts::Salts::new([].into(), enrich::NamedKey([1; 32]));
    let builder = EventBuilder {
        rules: Arc::new(Rules::new().unwrap()),
        geo: Geo::none(),
        lists: enrich::OwnLists::default(),
        salts: CurrentSalts::new(none),
    };
    let target = Target {
        object: EntityId::new(model::EntityKind::Link, 2),
        account: EntityId::new(model::EntityKind::Account, 1),
        campaign: None,
    };
    let seen = RequestFacts {
        ip: Some("203.0.113.77".parse().unwrap()),
        ..RequestFacts::default()
    };
    let event = builder.event(target, &AccountSettings::default(), seen.clone());
    assert_eq!((event.visitor, event.foreign_salt), (0, true));
    let noted: Vec<_> = event.visits(&model::Facts::default()).collect();
    assert_eq!(noted, [(model::visitors::FOREIGN, false)]);
    let honour = AccountSettings {
        honour_dnt: true,
        ..AccountSettings::default()
    };
    let seen = RequestFacts {
        do_not_track: true,
        ..seen
    };
    let hidden = builder.event(target, &honour, seen);
    assert_eq!(hidden.visits(&model::Facts::default()).count(), 0);
}

const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

fn seen_on(kind: model::EntityKind, seen: RequestFacts) -> (Event, model::Facts) {
    let data = testing::data("geoip-maxmind-testdb/test-data/GeoIP2-City-Test.mmdb");
    let builder = EventBuilder {
        rules: Arc::new(Rules::new().unwrap()),
        geo: Geo::open(&data).unwrap(),
        lists: enrich::OwnLists::default(),
        salts: salts(),
    };
    let target = Target {
        object: EntityId::new(kind, 2),
        account: EntityId::new(model::EntityKind::Account, 1),
        campaign: None,
    };
    let seen = RequestFacts {
        ip: Some("81.2.69.160".parse().unwrap()),
        accept_language: "de".into(),
        ..seen
    };
    let event = builder.event(target, &AccountSettings::default(), seen);
    let facts = builder.rules.facts(&event);
    (event, facts)
}

#[test]
fn a_mail_clients_proxy_is_somebody_nobody_knows() {
    testing::needs_data!("geoip-maxmind-testdb");
    let by = |kind, user_agent: &str| {
        let user_agent = user_agent.to_owned();
        seen_on(
            kind,
            RequestFacts {
                user_agent,
                ..RequestFacts::default()
            },
        )
    };
    use model::EntityKind::{Goal, Link, Pixel};
    for (kind, agent) in [
        (Pixel, GMAIL),
        (Link, GMAIL),
        (Pixel, "YahooMailProxy; x"),
        (Pixel, "Mozilla/5.0"),
    ] {
        let (event, facts) = by(kind, agent);
        assert_eq!(
            (event.fetch(), event.fetch().name()),
            (Fetch::Proxy, "proxy")
        );
        assert_eq!(facts.bot, None, "{agent}");
        assert_eq!(
            (&*facts.browser, &*facts.os, facts.device_type),
            ("Other", "Other", "other")
        );
        let place = (
            event.country,
            event.region,
            event.city,
            event.asn,
            event.network,
        );
        assert_eq!(place, Default::default(), "{agent}");
        assert_eq!((event.visitor, &*event.user_agent), (0, agent));
    }
    let (event, facts) = by(Link, "Mozilla/5.0");
    assert_eq!((event.fetch(), &*event.country), (Fetch::Direct, "GB"));
    assert!(
        event.visitor != 0 && facts.bot.is_none(),
        "as anybody who says little"
    );
    let (event, _) = by(Goal, GMAIL);
    assert_eq!((event.fetch(), &*event.country), (Fetch::Direct, "GB"));
}

#[test]
fn what_is_fetched_ahead_counts_like_a_bots() {
    testing::needs_data!("geoip-maxmind-testdb");
    for (fetch, reason) in [(Fetch::Prefetch, "prefetch"), (Fetch::Preview, "preview")] {
        let user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let seen = RequestFacts {
            user_agent: user_agent.into(),
            fetch,
            ..RequestFacts::default()
        };
        let (event, facts) = seen_on(model::EntityKind::Link, seen.clone());
        assert_eq!((event.fetch(), facts.bot.as_deref()), (fetch, Some(reason)));
        assert_eq!(
            (&*event.country, &*facts.browser),
            ("GB", "Firefox"),
            "otherwise as it is"
        );
        let (event, facts) = seen_on(model::EntityKind::Goal, seen);
        assert_eq!((event.fetch(), facts.bot), (Fetch::Direct, None));
    }
}

#[test]
fn a_visitor_has_one_number_on_each_day_of_the_account() {
    let builder = EventBuilder {
        rules: Arc::new(Rules::new().unwrap()),
        geo: Geo::none(),
        lists: enrich::OwnLists::default(),
        salts: salts(),
    };
    let visitor = |zone: &str, time: &str| {
        let settings = AccountSettings {
            timezone: zone.into(),
            ..AccountSettings::default()
        };
        let target = Target {
            account: EntityId::new(model::EntityKind::Account, 1),
            object: EntityId::new(model::EntityKind::Link, 2),
            campaign: None,
        };
        let at = DateTime::parse_from_rfc3339(time)
            .unwrap()
            .timestamp_millis();
        let seen = RequestFacts {
            occurred_ms: at,
            ip: Some("203.0.113.9".parse().unwrap()),
            ..RequestFacts::default()
        };
        builder.event(target, &settings, seen).visitor
    };
    let (late, early) = ("2026-03-02T23:50:00Z", "2026-03-03T00:10:00Z");
    assert_ne!(visitor("UTC", late), visitor("UTC", early));
    let home = "America/Los_Angeles";
    assert_eq!(visitor(home, late), visitor(home, early));
    assert_eq!(
        visitor(home, late),
        visitor("UTC", late),
        "of the same date"
    );
    let (before, after) = ("2026-03-02T07:59:00Z", "2026-03-02T08:01:00Z");
    assert_ne!(visitor(home, before), visitor(home, after));
}

#[test]
fn where_the_account_says_so_a_visitor_has_one_number_in_a_month() {
    let builder = EventBuilder {
        rules: Arc::new(Rules::new().unwrap()),
        geo: Geo::none(),
        lists: enrich::OwnLists::default(),
        salts: salts(),
    };
    let day = |text: &str| time::parse_day(text).unwrap();
    let mut settings = AccountSettings::default();
    let from = day("2026-03-10") * time::DAY;
    settings
        .visitor_memory
        .set(model::Memory::Month, from - 1, from);
    let visitor = |date: &str, received: &str| {
        let target = Target {
            account: EntityId::new(model::EntityKind::Account, 1),
            object: EntityId::new(model::EntityKind::Link, 2),
            campaign: None,
        };
        let seen = RequestFacts {
            occurred_ms: day(date) * 86_400_000,
            received_ms: day(received) * 86_400_000,
            ip: Some("203.0.113.9".parse().unwrap()),
            ..RequestFacts::default()
        };
        let event = builder.event(target, &settings, seen);
        (event.visitor, event.foreign_salt)
    };
    let on = |date| visitor(date, date);
    assert_ne!(on("2026-03-08"), on("2026-03-09"), "as before");
    assert_ne!(on("2026-03-09"), on("2026-03-10"));
    assert_eq!(on("2026-03-10"), on("2026-03-31"));
    assert_ne!(on("2026-03-31"), on("2026-04-01"));
    assert_eq!(visitor("2026-03-11", "2026-03-12"), on("2026-03-11"));
    // Of March nothing is left, and another number says so.
    let late = visitor("2026-03-20", "2026-04-03");
    assert!(late.1 && late.0 != on("2026-03-20").0 && late.0 != on("2026-04-03").0);
    assert_eq!(late, visitor("2026-03-30", "2026-04-09"));
}
