use proptest::prelude::*;
use serde_json::json;

use super::*;

fn click(line: &str) -> Value {
    match read(line.as_bytes()) {
        Ok(Seen::Click(click)) => Value::Object(click),
        other => panic!("{line}: {other:?}"),
    }
}

fn nothing(line: &str) -> String {
    match read(line.as_bytes()) {
        Ok(Seen::Nothing(why)) => why,
        other => panic!("{line}: {other:?}"),
    }
}

const REST: &str = r#"[17/May/2015:10:05:03 +0200] "GET /abc HTTP/1.1" 200 5 "-" "-""#;
const MS: i64 = 1_431_849_903_000;

#[test]
fn a_line_of_a_web_log_becomes_a_click() {
    let line = r#"203.0.113.9 - - [17/May/2015:10:05:03 +0200] "GET /abc?x=1&sub2=s HTTP/1.1" 302 203023 "http://example.com/a" "Mozilla/5.0 (X11)""#;
    assert_eq!(
        click(line),
        json!({
            "type": "click", "link": "abc", "occurred_at": MS, "ip": "203.0.113.9", "sub2": "s",
            "referrer": "http://example.com/a", "user_agent": "Mozilla/5.0 (X11)",
        })
    );
    // What is unknown is left out; more fields may follow; the common format ends early.
    let bare = json!({"type": "click", "link": "abc", "occurred_at": MS, "ip": "203.0.113.9"});
    assert_eq!(click(&format!("203.0.113.9 - - {REST}")), bare);
    assert_eq!(
        click(&format!("203.0.113.9 - - {REST} 0.003 \"-\"\r")),
        bare
    );
    let common = REST.strip_suffix(r#" "-" "-""#).unwrap();
    assert_eq!(click(&format!("203.0.113.9 - - {common}")), bare);
}

#[test]
fn escapes_are_undone_and_quotes_do_not_split() {
    let line = r#"::1 - - [17/May/2015:10:05:03 +0000] "GET /a\"b HTTP/1.1" 200 5 "http://x/\"q\"" "a \"b\" \\ \xc3\xbc \xfc 5"x z""#;
    let click = click(line);
    assert_eq!(click["link"], "a\"b");
    assert_eq!(click["referrer"], "http://x/\"q\"");
    assert_eq!(click["user_agent"], "a \"b\" \\ ü ü 5\"x z");
    let raw = [
        b"1.2.3.4 - J\xfcrg ",
        REST.replace("\"-\"", "\"\\xc3\\xbc\"").as_bytes(),
    ]
    .concat();
    let Ok(Seen::Click(click)) = read(&raw) else {
        panic!("Latin-1 is text, too");
    };
    assert_eq!(click["user_agent"], "ü");
}

#[test]
fn the_client_is_found_in_front_of_the_time() {
    for (front, ip) in [
        ("203.0.113.9 - -", Some("203.0.113.9")),
        ("2001:db8::1 - -", Some("2001:db8::1")),
        ("fe80::1%eth0 - -", Some("fe80::1")),
        ("[2001:db8::1] - -", Some("2001:db8::1")),
        ("[2001:db8::1]:4711 - -", Some("2001:db8::1")),
        ("203.0.113.9:4711 - -", Some("203.0.113.9")),
        ("crawler.example.com - -", None),
        ("- - -", None),
        ("203.0.113.9 - user@example.com", Some("203.0.113.9")),
        ("203.0.113.9 - John [x] Doe", Some("203.0.113.9")),
        (
            "203.0.113.9 - [17/May/2015:10:05:04 +0200]",
            Some("203.0.113.9"),
        ),
        ("203.0.113.9 ident John Q. Doe", Some("203.0.113.9")),
        ("www.example.com:443 203.0.113.9 - -", Some("203.0.113.9")),
        ("www.example.com:80 host.example.com - -", None),
        ("www.example.com 203.0.113.9 - -", Some("203.0.113.9")),
        (
            "www.example.com:443 2001:db8::1 - John [x]",
            Some("2001:db8::1"),
        ),
        ("203.0.113.9, 10.0.0.1 - -", Some("203.0.113.9")),
        ("host.example.com - John Doe", None),
        ("[fe80::1%eth0]:4711 - -", Some("fe80::1")),
        ("[2001:db8::2]:443 203.0.113.9 - -", Some("203.0.113.9")),
        ("192.0.2.1:80 203.0.113.9 - -", Some("203.0.113.9")),
        ("203.0.113.9,10.0.0.1 - -", Some("203.0.113.9")),
        ("203.0.113.9, 10.0.0.2, 10.0.0.1 - -", Some("203.0.113.9")),
        (
            "www.example.com:443 203.0.113.9, 10.0.0.1 - -",
            Some("203.0.113.9"),
        ),
        ("unknown, 203.0.113.9 - -", None),
    ] {
        let click = click(&format!("{front} {REST}"));
        assert_eq!(click.get("ip").and_then(Value::as_str), ip, "{front}");
        assert_eq!(click["occurred_at"], MS, "{front}");
    }
}

#[test]
fn what_is_no_click_is_told_by_its_reason() {
    let with = |request: &str, status: &str| {
        format!(r#"203.0.113.9 - - [17/May/2015:10:05:03 +0000] "{request}" {status} 5 "-" "-""#)
    };
    for (request, status, why) in [
        ("-", "408", "status 408"),
        ("-", "200", "no request"),
        ("GET /a HTTP/1.1", "404", "status 404"),
        ("GET /a HTTP/1.1", "500", "status 500"),
        ("GET /a HTTP/1.1", "499", "status 499"),
        ("GET /a HTTP/1.1", "101", "status 101"),
        ("GET /a HTTP/1.1", "-", "no status"),
        ("GET /a HTTP/1.1", "000", "no status"),
        (r"\x16\x03\x01\x00", "400", "status 400"),
        ("HEAD /a HTTP/1.1", "200", "method HEAD"),
        ("POST /a HTTP/1.1", "302", "method POST"),
        ("OPTIONS * HTTP/1.0", "200", "method OPTIONS"),
        ("BREW /a HTTP/1.1", "200", "method unknown"),
        ("GET / HTTP/1.1", "200", "path / without a link"),
    ] {
        assert_eq!(nothing(&with(request, status)), why, "{request} {status}");
    }
    for status in ["200", "206", "301", "302", "303", "304", "307", "308"] {
        assert_eq!(click(&with("GET /a HTTP/1.1", status))["link"], "a");
    }
}

#[test]
fn a_line_that_cannot_be_read_is_refused() {
    for line in [
        "nonsense",
        "203.0.113.9 - - [17/Mai/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5",
        "203.0.113.9 - - [17/May/2015:10:05:03] \"GET /a HTTP/1.1\" 200 5",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\"",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 \"-",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"Mozil",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\"",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 0.2 \"-\" \"-\"",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"a \"b\" c\"",
        "203.0.113.9 - - [17/May/2015:10:05:03 +0000] \"GET\" 200 5 \"-\" \"-\"",
    ] {
        assert_eq!(
            read(line.as_bytes()).unwrap_err().code,
            "not_combined",
            "{line}"
        );
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[b"1.2.3.4 - - [17/May/2015:10:05:03 +0000] \"GET /", bytes.as_slice(), b"\" 200 1 \"", &bytes, b"\""].concat());
    }

    #[test]
    fn pieces_in_any_order_do_not_make_it_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "[", "]", "\"", "\\", "\\x", "%", "%4", " ", "-", "GET", "/a", "HTTP/1.1", "200", "://", "http", "?", "sub1=", "ü",
            "17/May/2015:10:05:03 +0000", "[17/May/2015:10:05:03 +0000] \"",
        ]), 0..30)
    ) {
        let _ = read(pieces.concat().as_bytes());
    }
}
