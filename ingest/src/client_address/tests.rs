//! What proxies and clients write, and what is read of it.

use super::*;
use http::HeaderValue;
use proptest::prelude::*;

const PROXY: &str = "10.0.0.1";

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn networks() -> Vec<IpNet> {
    ["10.0.0.0/8", "2001:db8:ffff::/48"]
        .map(|n| n.parse().expect("a network"))
        .to_vec()
}

fn headers<'a>(lines: impl IntoIterator<Item = (&'a str, &'a str)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name: HeaderName = name.parse().expect("a name");
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        headers.append(name, value);
    }
    headers
}

fn client<'a>(
    header: Option<&str>,
    peer: &str,
    lines: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> IpAddr {
    let proxies = TrustedProxies::new(networks(), header).expect("a header");
    proxies.client(ip(peer), &headers(lines))
}

#[test]
fn every_form_of_an_address_is_read() {
    for (text, expected) in [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        (" 203.0.113.9\t", "203.0.113.9"),
        ("\"203.0.113.9\"", "203.0.113.9"),
        ("\" 203.0.113.9:80 \"", "203.0.113.9"),
        ("203.0.113.9:_http", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
        ("[2001:db8::1]:_obfuscated", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:443", "fe80::1"),
    ] {
        assert_eq!(address(text), Some(ip(expected)), "{text}");
    }
    for text in [
        "",
        "unknown",
        "\"unknown\"",
        "_hidden",
        "_SEVKISEK",
        "-",
        "203.0.113.9:",
        "203.0.113.9:port",
        "203.0.113.9:99999",
        "203.0.113.9:+80",
        "203.0.113",
        "203.0.113.256",
        "[203.0.113.9]",
        "[2001:db8::1",
        "[2001:db8::1]4711",
        "2001:db8::1%",
        "\"203.0.113.9",
        "203.0.113.9\"",
        "for=203.0.113.9",
        "client.example",
        "203.0.113.9 10.0.0.1",
        "203.0.113.9/32",
    ] {
        assert_eq!(address(text), None, "{text}");
    }
}

#[test]
fn the_client_is_the_last_hop_that_is_no_proxy() {
    for (lines, expected) in [
        (vec![], PROXY),
        (vec!["203.0.113.9"], "203.0.113.9"),
        (vec!["203.0.113.9:51234"], "203.0.113.9"),
        (vec!["6.6.6.6, 203.0.113.9, 10.2.3.4"], "203.0.113.9"),
        (vec!["6.6.6.6,203.0.113.9:1,10.2.3.4:2"], "203.0.113.9"),
        (vec!["6.6.6.6", "203.0.113.9", "10.2.3.4"], "203.0.113.9"),
        (vec!["6.6.6.6, 203.0.113.9", "10.2.3.4,"], "203.0.113.9"),
        (vec!["203.0.113.9, , 10.2.3.4", " "], "203.0.113.9"),
        (vec!["[2001:db8::7]:1, [2001:db8:ffff::1]:2"], "2001:db8::7"),
        (vec!["10.7.7.7, 10.2.3.4"], "10.7.7.7"),
        // A hop that cannot be read, and whatever is before it.
        (vec!["203.0.113.9, unknown"], PROXY),
        (vec!["203.0.113.9, unknown, 10.2.3.4"], "10.2.3.4"),
        (vec!["203.0.113.9, _hidden, 10.2.3.4"], "10.2.3.4"),
        (vec!["junk"], PROXY),
        // What a client wrote does not reach what its proxy wrote.
        (vec!["junk, 203.0.113.9"], "203.0.113.9"),
        (vec!["\", 203.0.113.9"], "203.0.113.9"),
        (vec!["é, 203.0.113.9"], "203.0.113.9"),
        (vec!["é", "203.0.113.9"], "203.0.113.9"),
    ] {
        let said = lines.iter().map(|line| ("X-Forwarded-For", *line));
        assert_eq!(client(None, PROXY, said.clone()), ip(expected), "{lines:?}");
        let stranger = client(None, "9.9.9.9", said.clone());
        assert_eq!(stranger, ip("9.9.9.9"), "{lines:?}");
        let mapped = client(None, "::ffff:10.0.0.1", said);
        assert_eq!(mapped, ip(expected), "{lines:?}");
    }
}

#[test]
fn forwarded_is_read_as_rfc_7239_has_it() {
    for (lines, expected) in [
        (
            vec!["for=192.0.2.60;proto=http;by=203.0.113.43"],
            "192.0.2.60",
        ),
        (
            vec!["proto=http; FOR=192.0.2.60 ;by=10.0.0.1"],
            "192.0.2.60",
        ),
        (vec![r#"for="192.0.2.60:47011""#], "192.0.2.60"),
        (vec![r#"For="[2001:db8::1]:4711""#], "2001:db8::1"),
        (vec![r#"for="[2001:db8::1]""#], "2001:db8::1"),
        (
            vec!["for=6.6.6.6, for=192.0.2.60, for=10.2.3.4"],
            "192.0.2.60",
        ),
        (
            vec!["for=6.6.6.6", "for=192.0.2.60;by=_x, for=10.2.3.4"],
            "192.0.2.60",
        ),
        (
            vec![r#"for=192.0.2.60;host="a,b;for=7.7.7.7", for=10.2.3.4"#],
            "192.0.2.60",
        ),
        (vec!["for=192.0.2.60, for=unknown"], PROXY),
        (
            vec!["for=192.0.2.60, for=_hidden, for=10.2.3.4"],
            "10.2.3.4",
        ),
        (vec!["for=192.0.2.60, by=10.0.0.1;proto=https"], PROXY),
        (vec!["for=192.0.2.60;for=7.7.7.7"], PROXY),
        (vec!["192.0.2.60"], PROXY),
        // An open quote of a client swallows nothing of its proxy.
        (
            vec![r#"for=6.6.6.6, for=", for="192.0.2.60:1""#],
            "192.0.2.60",
        ),
        (vec![r#"for="6.6.6.6, for=192.0.2.60"#], "192.0.2.60"),
    ] {
        let said = lines.iter().map(|line| ("Forwarded", *line));
        assert_eq!(client(None, PROXY, said.clone()), ip(expected), "{lines:?}");
        assert_eq!(client(None, "9.9.9.9", said.clone()), ip("9.9.9.9"));
        assert_eq!(client(Some("forwarded"), PROXY, said), ip(expected));
    }
}

#[test]
fn one_header_counts_and_no_other() {
    let all = [
        ("X-Forwarded-For", "203.0.113.1"),
        ("Forwarded", "for=203.0.113.2"),
        ("CF-Connecting-IP", "203.0.113.3"),
        ("X-Real-IP", "203.0.113.4:80"),
        ("True-Client-IP", "2001:db8::5"),
        ("Fly-Client-IP", "203.0.113.6"),
    ];
    for (header, expected) in [
        (None, "203.0.113.1"),
        (Some("X-Forwarded-For"), "203.0.113.1"),
        (Some("Forwarded"), "203.0.113.2"),
        (Some("CF-Connecting-IP"), "203.0.113.3"),
        (Some("x-real-ip"), "203.0.113.4"),
        (Some("True-Client-IP"), "2001:db8::5"),
        (Some("Fly-Client-IP"), "203.0.113.6"),
        (Some("X-Another"), PROXY),
    ] {
        assert_eq!(client(header, PROXY, all), ip(expected), "{header:?}");
        assert_eq!(client(header, "9.9.9.9", all), ip("9.9.9.9"));
    }
    // Not said by the proxy: what a client wrote elsewhere is not looked at.
    assert_eq!(
        client(Some("CF-Connecting-IP"), PROXY, all[..2].to_vec()),
        ip(PROXY)
    );
    assert!(TrustedProxies::new(Vec::new(), Some("no header")).is_err());
    assert!(TrustedProxies::new(Vec::new(), Some("")).is_err());
}

fn hop() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<Ipv6Addr>().prop_map(|ip| format!("\"[{ip}]:1\"")),
        "(for|by|FOR)=[0-9.:\\[\\]\"]{0,12}",
        "[ -~]{0,12}",
        ".{0,6}",
    ]
}

proptest! {
    #[test]
    fn whatever_is_said_an_untrusted_peer_is_the_client(
        peer: IpAddr,
        header in prop_oneof![Just(None), Just(Some("forwarded")), Just(Some("x-real-ip"))],
        lines in proptest::collection::vec(
            proptest::collection::vec(hop(), 0..4).prop_map(|hops| hops.join(", ")), 0..4),
    ) {
        let mut headers = HeaderMap::new();
        for name in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            for line in &lines {
                if let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) {
                    headers.append(name, value);
                }
            }
        }
        let proxies = TrustedProxies::new(networks(), header).expect("a header");
        let client = proxies.client(peer, &headers);
        if !is_in(&networks(), peer) {
            prop_assert_eq!(client, peer.to_canonical());
        }
        prop_assert_eq!(client, client.to_canonical());
        // Whatever clients write, what the nearest proxy adds behind it decides.
        for name in ["x-forwarded-for", "x-real-ip"] {
            headers.append(name, HeaderValue::from_static("203.0.113.9:1"));
        }
        headers.append("forwarded", HeaderValue::from_static("for=\"203.0.113.9:1\""));
        prop_assert_eq!(proxies.client(ip(PROXY), &headers), ip("203.0.113.9"));
    }

    #[test]
    fn what_the_proxy_adds_to_a_clients_line_decides(line in "[ -~]{0,40}", is_v6: bool) {
        let (written, expected) = match is_v6 {
            true => ("\"[2001:db8::9]:1\"", "2001:db8::9"),
            false => ("203.0.113.9", "203.0.113.9"),
        };
        let plain = format!("{line}, {written}");
        let forwarded = format!("{line}, for={written};proto=https");
        let said = [("x-forwarded-for", &*plain)];
        prop_assert_eq!(client(None, PROXY, said), ip(expected));
        let said = [("forwarded", &*forwarded)];
        prop_assert_eq!(client(None, PROXY, said), ip(expected));
    }
}
