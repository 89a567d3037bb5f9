use std::io::BufReader;

use super::*;

fn rows(format: Format, map: &[&str], left_out: &[&str], text: &[u8]) -> Vec<Row> {
    let own = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let how = Understanding::new(format, &own(map), &own(left_out), None).unwrap();
    let mut rows = Rows::new(text, how).unwrap();
    std::iter::from_fn(|| rows.row().unwrap()).collect()
}

fn clicks(format: Format, map: &[&str], text: &str) -> Vec<ClickRow> {
    let rows = rows(format, map, &[], text.as_bytes()).into_iter();
    let click = |row: Row| match row.content {
        Content::Click(click) => *click,
        other => panic!("{other:?}"),
    };
    rows.map(click).collect()
}

#[test]
fn lines_and_columns_have_the_same_fields() {
    let ndjson = r#"{"link":"a","occurred_at":"2021-03-01T10:05:00Z","ip":"203.0.113.7","user_agent":"x","referrer":"https://r.example/","country":"DE","region":"BE","city":"Berlin","visitor":7,"variant":"store","sub2":"s","utm_source":"mail"}"#;
    let csv = "Slug;Timestamp;IP;User Agent;Referer;country;region;city;visitor;variant;sub2;utm_source\na;1614593100;203.0.113.7;x;https://r.example/;DE;BE;Berlin;7;store;s;mail\n";
    let [one] = &clicks(Format::Ndjson, &[], ndjson)[..] else {
        panic!("one line, one click");
    };
    assert_eq!(clicks(Format::Csv, &[], csv), std::slice::from_ref(one));
    assert_eq!(one.occurred_ms, 1_614_593_100_000);
    assert_eq!(
        (one.target.clone(), one.link.clone()),
        (Named::Link("a".into()), None)
    );
    assert_eq!(
        (one.subs[1].as_deref(), one.utm[0].as_deref()),
        (Some("s"), Some("mail"))
    );
}

#[test]
fn columns_are_mapped_and_passed_over() {
    let csv = "policy,timestamp,item_id,click\nbts,2019-11-24 00:01:03.979311+00:00,2,0\n";
    let map = ["policy=variant", "item_id=sub1"];
    let read = rows(
        Format::Csv,
        &[&map[..], &["click=pixel"]].concat(),
        &[],
        csv.as_bytes(),
    );
    let Content::Click(view) = &read[0].content else {
        panic!("{:?}", read[0]);
    };
    assert_eq!(
        (view.variant.as_str(), view.target.clone()),
        ("bts", Named::Pixel("0".into()))
    );
    assert_eq!(view.occurred_ms, 1_574_553_663_979);
    let line = r#"{"policy":"bts","time":1574553663979,"link":"x","note":{"a":1}}"#;
    let read = rows(Format::Ndjson, &map, &["note"], line.as_bytes());
    assert!(matches!(&read[0].content, Content::Click(click) if click.variant == "bts"));
    let told = |map: &str| {
        Understanding::new(Format::Csv, &[map.to_owned()], &[], None)
            .unwrap_err()
            .to_string()
    };
    assert!(told("a=varient").contains("did you mean `variant`"));
    let how = Understanding::new(Format::Csv, &[], &[], None).unwrap();
    let error = Rows::new(&b"link,time,referrrer\n"[..], how)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("did you mean `referrer`"), "{error}");
}

#[test]
fn what_is_no_click_is_told_and_the_next_is_read() {
    let text = "{\"link\":\"a\"}\n[1]\n{\"link\":\"a\",\"time\":\"soon\"}\n{\"time\":1614593100}\n{\"type\":\"conversion\",\"goal\":\"g\"}\n\
        {\"type\":\"conversion\",\"link\":\"g\",\"time\":1614593100}\n{\"link\":\"a\",\"time\":1614593100,\"ip\":\"x\"}\n\
        {\"link\":\"a\",\"time\":1614593100,\"country\":\"de\"}\n\n{\"link\":\"a\",\"time\":1614593100}\n";
    let read = rows(Format::Ndjson, &[], &[], text.as_bytes());
    let code = |row: &Row| match &row.content {
        Content::Refused(refusal) => refusal.code.to_string(),
        Content::Click(_) => "taken".into(),
        Content::Nothing(why) => why.clone(),
    };
    let codes: Vec<String> = read.iter().map(code).collect();
    let expected = [
        "no_time",
        "not_json",
        "invalid_time",
        "no_link",
        "no_time",
        "no_goal",
        "invalid_ip",
        "invalid_country",
        "taken",
    ];
    assert_eq!(codes, expected);
    assert_eq!(read.last().unwrap().line, 10);
}

#[test]
fn real_clicks_of_the_feed_are_read() {
    testing::needs_data!("clicks-usagov-2012-sample");
    let path = testing::data("clicks-usagov-2012-sample/example.txt.gz");
    let how = Understanding::new(Format::Usagov, &[], &[], None).unwrap();
    let mut rows = Rows::new(replay::open(&path).unwrap(), how).unwrap();
    let (mut clicks, mut heartbeats) = (0, 0);
    while let Some(row) = rows.row().unwrap() {
        match row.content {
            Content::Click(_) => clicks += 1,
            Content::Nothing(why) if why == "heartbeat" => heartbeats += 1,
            other => panic!("line {}: {other:?}", row.line),
        }
    }
    assert_eq!((clicks, heartbeats), (3_440, 120));
}

#[test]
fn the_lines_of_a_real_log_are_read() {
    testing::needs_data!("weblog-elastic-apache");
    let path = testing::data("weblog-elastic-apache/apache_logs.gz");
    let how = Understanding::new(Format::Combined, &[], &[], None).unwrap();
    let reader = BufReader::new(replay::open(&path).unwrap());
    let mut rows = Rows::new(reader, how).unwrap();
    let (mut clicks, mut others, mut refused) = (0, 0, 0);
    while let Some(row) = rows.row().unwrap() {
        match row.content {
            Content::Click(_) => clicks += 1,
            Content::Nothing(_) => others += 1,
            Content::Refused(_) => refused += 1,
        }
    }
    assert_eq!((clicks + others, refused), (9_999, 1));
}
