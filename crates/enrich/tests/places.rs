//! Referrers and places against reference answers.

mod common;

use std::{collections::BTreeMap, net::IpAddr, path::Path, sync::Arc};

use enrich::{Database, Geo, Place, referrer_host};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Event {
    referer: String,
}

#[derive(Deserialize)]
struct Host {
    referrer_host: String,
    events: u64,
}

#[test]
fn referrer_hosts_of_real_clicks_are_counted_exactly() {
    testing::needs_data!("clicks-usagov-2013");
    let mut counted = BTreeMap::new();
    for event in common::csv::<Event>("clicks-usagov-2013/events.csv.gz") {
        *counted.entry(referrer_host(&event.referer)).or_insert(0) += 1;
    }
    let expected: Vec<Host> = common::csv("clicks-usagov-2013/expected/by_referrer_host.csv.gz");
    let expected: BTreeMap<_, _> = expected
        .into_iter()
        .map(|row| (row.referrer_host, row.events))
        .collect();
    assert_eq!(expected.len(), 1_894);
    assert_eq!(counted, expected);
}

#[derive(Deserialize)]
struct Lookup {
    ip: IpAddr,
    country_code: String,
}

#[test]
fn countries_of_the_flat_layout() {
    testing::needs_data!("geoip-iptoasn-country");
    let path = testing::data("geoip-iptoasn-country/iptoasn-country.mmdb");
    let geo = Geo::open(&path).expect("a database");
    let lookups: Vec<Lookup> = common::csv("geoip-iptoasn-country/lookups.csv");
    assert_eq!(lookups.len(), 4_000);
    for lookup in lookups {
        let place = Place {
            country: lookup.country_code,
            ..Place::default()
        };
        assert_eq!(geo.lookup(lookup.ip), place, "{}", lookup.ip);
    }
}

#[test]
fn places_of_the_maxmind_layouts() {
    testing::needs_data!("geoip-maxmind-testdb");
    assert!(agreements("GeoIP2-City-Test") > 100);
    assert!(agreements("GeoIP2-Country-Test") > 100);
    assert!(agreements("GeoIP2-ISP-Test") > 100);
}

/// Looks up the first address of every network of a test database's source.
fn agreements(name: &str) -> usize {
    let file = |folder: &str, ending: &str| {
        testing::data(&format!("geoip-maxmind-testdb/{folder}/{name}.{ending}"))
    };
    let bytes = std::fs::read(file("test-data", "mmdb")).expect("readable");
    let geo = Geo::from_bytes(bytes).expect("a database");
    let source = std::fs::read_to_string(file("source-data", "json")).expect("readable");
    let source: Vec<BTreeMap<String, Value>> = serde_json::from_str(&source).expect("JSON");
    let networks = source.iter().flatten();
    let checked = networks.map(|(network, record)| {
        let first = network.split('/').next().expect("an address");
        assert_eq!(
            geo.lookup(first.parse().expect("an address")),
            place(record),
            "{network}"
        );
    });
    checked.count()
}

fn place(record: &Value) -> Place {
    let text = |pointer: &str| {
        record
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Place {
        country: text("/country/iso_code"),
        region: text("/subdivisions/0/iso_code"),
        city: text("/city/names/en"),
        asn: record["autonomous_system_number"]
            .as_u64()
            .map(|n| n as u32),
    }
}

#[test]
fn without_a_database_every_place_is_unknown() {
    assert_eq!(
        Geo::none().lookup(IpAddr::from([8, 8, 8, 8])),
        Place::default()
    );
}

#[test]
fn a_missing_or_broken_database_is_an_error_that_names_it() {
    let missing = Geo::open(Path::new("no-such.mmdb"))
        .err()
        .expect("an error")
        .to_string();
    assert!(missing.contains("no-such.mmdb"), "{missing}");
    assert!(Geo::from_bytes(b"not a database".to_vec()).is_err());
}

fn maxmind(name: &str) -> std::path::PathBuf {
    testing::data(&format!("geoip-maxmind-testdb/test-data/{name}.mmdb"))
}

#[test]
fn a_database_says_whether_it_knows_countries() {
    testing::needs_data!("geoip-maxmind-testdb");
    testing::needs_data!("geoip-iptoasn-country");
    for (name, knows) in [
        ("GeoIP2-Country-Test", true),
        ("GeoIP2-City-Test", true),
        ("GeoIP2-ISP-Test", false),
        ("GeoIP2-Connection-Type-Test", false),
        ("GeoIP2-Anonymous-IP-Test", false),
        ("MaxMind-DB-test-ipv4-24", false),
        ("MaxMind-DB-test-decoder", false),
    ] {
        let database = Database::open(&maxmind(name)).expect("a database");
        assert_eq!(database.has_countries(), knows, "{name}");
        assert!(database.built_s() > 1_000_000_000 && !database.name().is_empty());
    }
    // Its records are texts.
    assert!(Database::open(&maxmind("MaxMind-DB-string-value-entries")).is_err());
    let flat = testing::data("geoip-iptoasn-country/iptoasn-country.mmdb");
    assert!(Database::open(&flat).expect("a database").has_countries());
}

#[test]
fn several_databases_complete_each_other_and_can_be_replaced() {
    testing::needs_data!("geoip-maxmind-testdb");
    let open = |name| Arc::new(Database::open(&maxmind(name)).expect("a database"));
    let both = || vec![open("GeoIP2-ISP-Test"), open("GeoIP2-City-Test")];
    let geo = Geo::of(both());
    let seen_by_all = geo.clone();
    let ip: IpAddr = "81.2.69.160".parse().expect("an address");
    let london = seen_by_all.lookup(ip);
    assert_eq!((&*london.country, &*london.city), ("GB", "London"));
    // 1.128.0.0 is Telstra's there.
    let telstra: IpAddr = "1.128.0.1".parse().expect("an address");
    assert_eq!(seen_by_all.lookup(telstra).asn, Some(1221));
    geo.replace(vec![open("GeoIP2-Country-Test")]);
    let country = seen_by_all.lookup(ip);
    assert_eq!((&*country.country, &*country.city), ("GB", ""));
    assert_eq!(seen_by_all.lookup(telstra).asn, None);
    geo.replace(Vec::new());
    assert_eq!(seen_by_all.lookup(ip), Place::default());
}

#[test]
fn a_database_that_was_cut_or_overwritten_is_refused() {
    testing::needs_data!("geoip-maxmind-testdb");
    let whole = std::fs::read(maxmind("GeoIP2-ISP-Test")).expect("readable");
    for cut in [0, 1, whole.len() / 2, whole.len() - 200] {
        assert!(
            Database::from_bytes(whole[..cut].to_vec()).is_err(),
            "{cut}"
        );
    }
    // All of its data are another's; the tree and the end still say that it is a database.
    let mut wrong = whole.clone();
    let end = wrong.len() - 4_000;
    wrong[40_000..end].fill(0xff);
    assert!(Database::from_bytes(wrong).is_err());
}
