//! Referrers and places against reference answers.

mod common;

use std::{collections::BTreeMap, net::IpAddr, path::Path};

use enrich::{Geo, Place, referrer_host};
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
