use std::io::{BufReader, Read};

use proptest::prelude::*;

use super::*;
use crate::rejects::{Refused, Rejects};

fn records(text: &[u8], format: Format) -> Vec<Record> {
    let records = Records::new(text, format, &[], "f".into()).unwrap();
    records.map(Result::unwrap).collect()
}

/// Line, last line, and the event or why there is none.
fn told(text: &[u8], format: Format) -> Vec<(u64, u64, String)> {
    let told = |record: Record| {
        let what = match record.content {
            Content::Event(text) => text,
            Content::Refused(refusal) => refusal.code.into_owned(),
            Content::Nothing(why) => why,
        };
        (record.line, record.last, what)
    };
    records(text, format).into_iter().map(told).collect()
}

fn error(text: &[u8], format: Format) -> String {
    let records = Records::new(text, format, &[], "f".into());
    records.err().unwrap().to_string()
}

#[test]
fn a_line_that_cannot_be_read_does_not_end_a_file() {
    let long = "x".repeat(crate::MAX_LINE + 1);
    let text = format!("\u{feff}{{\"link\":\"a\"}}\r\n\n[]\n{long}\n{{\"link\":\"b\"}}");
    assert_eq!(
        told(text.as_bytes(), Format::Ndjson),
        [
            (1, 1, r#"{"idempotency_key":"f-1","link":"a"}"#.into()),
            (3, 3, "not_json".into()),
            (4, 4, "too_long".into()),
            (5, 5, r#"{"idempotency_key":"f-5","link":"b"}"#.into()),
        ]
    );
}

#[test]
fn an_unclosed_quote_costs_its_own_line_only() {
    let rows: Vec<String> = (2..40).map(|n| format!("l{n},{n}")).collect();
    let mut text = format!("link,time\n{}\n", rows.join("\n"));
    text = text
        .replace("l7,7", "\"l7,7")
        .replace("l20,20", "l20,\"20\"");
    let told = told(text.as_bytes(), Format::Csv);
    assert_eq!(told.len(), 38);
    for (line, _, what) in told {
        match line {
            7 => assert_eq!(what, "unclosed_quote"),
            _ => assert!(
                what.contains(&format!("\"link\":\"l{line}\"")),
                "{line}: {what}"
            ),
        }
    }
}

#[test]
fn a_quote_that_another_row_seems_to_close_swallows_nothing() {
    let text = b"link,sub1\na,\"x\nb,y\nc,z\nd,\"\ne,w\n";
    let told = told(text, Format::Csv);
    let lines: Vec<(u64, bool)> = told.iter().map(|t| (t.0, t.2.starts_with('{'))).collect();
    assert_eq!(
        lines,
        [(2, false), (3, true), (4, true), (5, false), (6, true)]
    );
}

#[test]
fn rows_of_several_lines_are_one_record() {
    let text = b"link,sub1\na,\"one\ntwo\"\nb,\xff\nc\nd,x\n";
    assert_eq!(
        told(text, Format::Csv),
        [
            (
                2,
                3,
                r#"{"idempotency_key":"f-2","link":"a","sub1":"one\ntwo"}"#.into()
            ),
            (4, 4, "not_utf8".into()),
            (5, 5, "ragged_row".into()),
            (
                6,
                6,
                r#"{"idempotency_key":"f-6","link":"d","sub1":"x"}"#.into()
            ),
        ]
    );
}

#[test]
fn a_file_that_is_another_format_is_refused_before_anything_is_sent() {
    assert!(error(b"[\n{}]", Format::Ndjson).contains("jq -c"));
    assert!(error(b"{\n \"link\": \"a\"\n}\n", Format::Ndjson).contains("jq -c ."));
    assert!(error(b"", Format::Csv).contains("no header"));
    assert!(error(b"link,ts\n", Format::Csv).contains("`ts`"));
    let text = b"sep=;\nLink;Time\na;5\n";
    assert_eq!(
        told(text, Format::Csv),
        [(
            3,
            3,
            r#"{"idempotency_key":"f-3","link":"a","occurred_at":5}"#.into()
        )]
    );
}

#[test]
fn a_conversion_keeps_the_key_that_it_has() {
    let text = b"goal,txid,idempotency_key,link\ng,t,,\ng,,,\n,t,,a\n,,k,a\n";
    let own: Vec<bool> = told(text, Format::Csv)
        .iter()
        .map(|t| !t.2.contains("\"f-"))
        .collect();
    assert_eq!(own, [true, false, false, true]);
}

#[test]
fn refused_lines_are_sent_again_with_the_keys_they_had() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r");
    let mut rejects = Rejects::begin(&path, Format::Csv, Some(b"link,time")).unwrap();
    let refused = |record: Record| match record.content {
        Content::Refused(refusal) => Some(Refused {
            line: record.line,
            key: record.key,
            raw: record.raw,
            refusal,
        }),
        _ => None,
    };
    let first = records(b"link,time\na,1\nb\n\"c,3\nd,4,5\n", Format::Csv);
    let refused: Vec<Refused> = first.into_iter().filter_map(refused).collect();
    rejects.write(&refused).unwrap();
    let text = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
    let mended = text
        .replace("\nb\n", "\nb,2\n")
        .replace("\"c", "c")
        .replace("4,5", "4");
    let keyed: Vec<String> = told((mended + "e,9\n").as_bytes(), Format::Csv)
        .into_iter()
        .map(|t| t.2)
        .collect();
    let event = |key: &str, link: &str, time: u64| {
        format!(r#"{{"idempotency_key":"{key}","link":"{link}","occurred_at":{time}}}"#)
    };
    assert_eq!(
        keyed,
        [
            event("f-3", "b", 2),
            event("f-4", "c", 3),
            event("f-5", "d", 4),
            event("f-9", "e", 9)
        ]
    );
}

#[test]
fn of_a_line_of_256_mib_little_is_held() {
    let long = std::io::repeat(b'x').take(1 << 28);
    let text = b"{}\n".chain(long).chain(&b"\n{}\n"[..]);
    let records = Records::new(BufReader::new(text), Format::Ndjson, &[], "f".into()).unwrap();
    let lengths: Vec<usize> = records.map(|r| r.unwrap().raw.len()).collect();
    assert_eq!(lengths, [2, 0, 2]);
}

proptest! {
    #[test]
    fn every_line_is_in_a_record_whatever_it_is(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\n\r\",{}[a".to_vec())], 0..300)
    ) {
        for format in [Format::Csv, Format::Ndjson, Format::Combined] {
            let text = [b"link,time\n".as_slice(), &bytes].concat();
            let mut lines = Lines::new(text.as_slice());
            let mut filled = Vec::new();
            while let Some(line) = lines.read().unwrap() {
                let is_header = format == Format::Csv && line.number == 1;
                if !line.is_blank() && !is_header {
                    filled.push(line.number);
                }
            }
            let records = records(&text, format);
            for pair in records.windows(2) {
                prop_assert!(pair[0].last < pair[1].line);
            }
            for line in filled {
                prop_assert!(records.iter().any(|r| (r.line..=r.last).contains(&line)));
            }
        }
    }
}
