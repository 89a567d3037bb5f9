//! Whatever is sent: property tests of everything that reads a request.

mod forms;

use std::io::Write;

use catalog::Link;
use model::{EntityId, EntityKind, EventId, LogId, Seq};
use proptest::{collection::vec, prelude::*};

use super::{
    MAX_BODY, aim,
    incoming::Incoming,
    parse_query, postback,
    unpack::{MAX_EVENTS, split, unpack},
};
use crate::request_facts::{MAX_SHORT, cut};

fn pack(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    match encoding {
        "zstd" => zstd::encode_all(bytes, 1).unwrap(),
        "gzip" => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), Default::default());
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        }
        _ => bytes.to_vec(),
    }
}

fn encoding() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["identity", "gzip", "zstd"])
}

/// JSON of events, more or less, and texts that are nearly JSON.
fn event_text() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "type",
        "link",
        "goal",
        "occurred_at",
        "ip",
        "value",
        "currency",
        "sub1",
        "utm_source",
        "idempotency_key",
        "other",
    ]);
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| format!("{n:e}")),
        "[ -~]{0,20}".prop_map(|t| serde_json::to_string(&t).unwrap()),
        any::<String>().prop_map(|t| serde_json::to_string(&t).unwrap()),
        Just("\"click\"".to_owned()),
        Just("[[{\"a\":[]}]]".to_owned()),
    ];
    vec((name, value), 0..6).prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(n, v)| format!("\"{n}\":{v}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

fn link(destination: &str) -> Link {
    Link {
        id: EntityId::new(EntityKind::Link, 1),
        account: EntityId::new(EntityKind::Account, 1),
        slug: "s".into(),
        destination: destination.into(),
        campaign: None,
        tags: [].into(),
        title: None,
        pass_query: true,
        append_click_id: true,
        expires_ms: None,
        options: None,
        created_ms: 0,
        deleted: false,
    }
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked(bytes in vec(any::<u8>(), 0..500), encoding in encoding()) {
        let got = unpack(Some(encoding.as_bytes()), pack(encoding, &bytes));
        prop_assert_eq!(got, Ok(bytes));
    }

    #[test]
    fn damaged_packs_are_refused_or_bounded(
        bytes in vec(any::<u8>(), 0..300), encoding in encoding(),
        at in any::<prop::sample::Index>(), by in 1u8.., noise in vec(any::<u8>(), 0..40),
    ) {
        let mut packed = pack(encoding, &bytes);
        if !packed.is_empty() {
            let at = at.index(packed.len());
            packed[at] ^= by;
        }
        packed.extend(noise);
        match unpack(Some(encoding.as_bytes()), packed) {
            Ok(out) => prop_assert!(out.len() <= MAX_BODY),
            Err(problem) => prop_assert!(matches!(problem.code, "invalid_encoding" | "too_large")),
        }
    }

    #[test]
    fn an_array_and_lines_hold_the_same(events in vec(event_text(), 2..8)) {
        let events: Vec<&[u8]> = events.iter().map(String::as_bytes).collect();
        let array = [b"[".as_slice(), &events.join(&b","[..]), b"]"].concat();
        prop_assert_eq!(split(&array).unwrap(), events.clone());
        let lines = events.join(&b"\r\n\n"[..]);
        prop_assert_eq!(split(&lines).unwrap(), events);
    }

    #[test]
    fn any_body_is_split_or_refused(
        events in vec(event_text(), 0..5), noise in vec(any::<u8>(), 0..30), at in any::<prop::sample::Index>(),
    ) {
        let mut body = format!("[{}]", events.join(",")).into_bytes();
        let at = at.index(body.len());
        body.splice(at..at, noise);
        match split(&body) {
            Ok(texts) => {
                prop_assert!(texts.iter().all(|t| !t.is_empty() && body.windows(t.len()).any(|w| w == *t)));
            }
            Err(problem) => prop_assert!(matches!(problem.code, "malformed_json" | "empty")),
        }
    }

    #[test]
    fn an_event_is_read_or_refused(text in event_text(), at in any::<prop::sample::Index>(), by in 0u8..) {
        let mut text = text.into_bytes();
        let at = at.index(text.len());
        text[at] ^= by;
        // What a number holds is looked at later: 1e999.
        let is_object = text[0] == b'{' && serde_json::from_slice::<&serde_json::value::RawValue>(&text).is_ok();
        match Incoming::parse(&text) {
            Ok(_) => prop_assert!(is_object),
            Err(refusal) => {
                prop_assert!(matches!(refusal.code, "invalid_event" | "unknown_field"));
                prop_assert!(refusal.detail.len() <= MAX_SHORT);
            }
        }
    }

    #[test]
    fn what_is_not_utf8_is_no_event(bytes in vec(0x80u8.., 1..4).prop_filter("UTF-8", |b| str::from_utf8(b).is_err())) {
        for field in ["user_agent", "other"] {
            let text = [b"{\"", field.as_bytes(), b"\":\"", &bytes, b"\"}"].concat();
            prop_assert_eq!(Incoming::parse(&text).err().map(|r| r.code), Some("invalid_event"));
        }
    }

    #[test]
    fn values_are_exact(text in "[-+]?[0-9]{0,11}([.,][0-9]{0,8})?(e[0-9])?", currency in "[a-zA-Z]{0,4}") {
        if let Ok((micros, code)) = postback::read_value(&text, Some(&currency), None) {
            prop_assert_eq!(code, currency.to_ascii_uppercase());
            // As near as a float can tell.
            let given: f64 = text.parse().unwrap();
            prop_assert!((given * 1e6 - micros as f64).abs() <= 0.5 + given.abs() * 1e-9, "{micros}");
        }
    }

    #[test]
    fn queries_round_trip(pairs in vec((any::<String>(), any::<String>()), 0..5)) {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.extend_pairs(&pairs).finish();
        prop_assert_eq!(parse_query(Some(&query)), pairs);
    }

    #[test]
    fn no_query_leads_elsewhere(query in "[ -~]{0,60}|[#?&=/@:%\\\\]{0,20}") {
        let id = EventId { log: LogId(1), seq: Seq(5) };
        let own = "https://example.com/a?b=1#part";
        let to = url::Url::parse(&aim::tests::destination(&link(own), Some(&query), Some(id))).unwrap();
        prop_assert_eq!((to.scheme(), to.host_str(), to.path()), ("https", Some("example.com"), "/a"));
        prop_assert_eq!(to.fragment(), Some("part"));
        let pairs: Vec<_> = to.query_pairs().into_owned().collect();
        let passed = parse_query(Some(&query));
        let own = &("b".to_owned(), "1".to_owned());
        prop_assert!(&pairs[0] == own || passed.iter().any(|(name, _)| name == "b"));
        let (name, text) = pairs.last().unwrap();
        prop_assert_eq!(name, "mr_click");
        prop_assert_eq!(enrich::click_id::ClickId::read(text, &aim::tests::key()).unwrap().event, id);
        prop_assert!(http::HeaderValue::from_str(to.as_str()).is_ok());
    }

    #[test]
    fn a_cut_text_gives_its_memory_back(text in any::<String>(), repeat in 1usize..50, limit in 1usize..300) {
        let text = text.repeat(repeat);
        let cut = cut(text.clone(), limit);
        prop_assert!(text.starts_with(&cut));
        prop_assert!(cut.len() <= limit && cut.len() + 4 > limit.min(text.len()));
        if text.len() > limit {
            prop_assert!(cut.capacity() <= 2 * limit, "{}", cut.capacity());
        }
    }
}

#[test]
fn more_events_than_allowed_are_not_even_listed() {
    let zeros = b"0,".repeat(MAX_BODY / 2 - 1);
    let array = [b"[".as_slice(), &zeros, b"0]"].concat();
    assert_eq!(split(&array).unwrap_err().code, "too_many_events");
    let lines = b"0\n".repeat(MAX_BODY / 2);
    assert_eq!(split(&lines).unwrap_err().code, "too_many_events");
    let most = format!("[{}]", ["0"; MAX_EVENTS].join(","));
    assert_eq!(split(most.as_bytes()).unwrap().len(), MAX_EVENTS);
}

#[test]
fn a_bomb_is_refused() {
    for encoding in ["gzip", "zstd"] {
        let bomb = pack(encoding, &vec![b' '; MAX_BODY + 1]);
        assert!(bomb.len() < 100_000);
        let refused = unpack(Some(encoding.as_bytes()), bomb).unwrap_err();
        assert_eq!(refused.code, "too_large");
    }
    // A frame that wants a window of 2 GiB.
    let hostile = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    let refused = unpack(Some(b"zstd"), hostile.to_vec()).unwrap_err();
    assert_eq!(refused.code, "invalid_encoding");
}

#[test]
fn fields_have_names() {
    let refused = Incoming::parse(b"[\"click\",\"link\"]").unwrap_err();
    assert_eq!(refused.code, "invalid_event");
}

#[test]
fn nested_values_are_too_long_before_they_are_read() {
    let event = format!("{{\"value\":[{}]}}", ["1"; 40_000].join(","));
    assert_eq!(
        Incoming::parse(event.as_bytes()).unwrap_err().code,
        "too_long"
    );
}
