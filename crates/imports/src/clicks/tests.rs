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

#[test]
fn rows_with_a_goal_are_conversions() {
    let ndjson = r#"{"goal":"Sale","link":"a","time":1614593100,"txid":7,"payout":12.50,"currency":"EUR","status":"sale","cid":"x"}"#;
    let csv = "Goal,Slug,Date,Order ID,Revenue,Currency,Status,SubID\nSale,a,1614593100,7,12.50,EUR,sale,x\n";
    let [one] = &clicks(Format::Ndjson, &[], ndjson)[..] else {
        panic!("one line, one conversion");
    };
    assert_eq!(one.target, Named::Goal("Sale".into()));
    let text = |text: &str| Some(text.to_owned());
    let expected = ConversionRow {
        link: text("a"),
        transaction_id: text("7"),
        idempotency_key: None,
        click_id: text("x"),
        value: text("12.5"),
        currency: text("EUR"),
        status: text("sale"),
    };
    assert_eq!(one.conversion.as_deref(), Some(&expected));
    let csv = clicks(Format::Csv, &[], csv);
    let expected = ConversionRow {
        value: text("12.50"),
        ..expected
    };
    assert_eq!(csv[0].conversion.as_deref(), Some(&expected));
    assert_eq!(csv[0].target, one.target);
    // All of a file may be of one goal.
    let target = Some(Named::Goal("Lead".into()));
    let how = Understanding::new(Format::Ndjson, &[], &[], target.clone()).unwrap();
    let mut rows = Rows::new(&b"{\"time\":1614593100,\"link\":\"a\"}\n"[..], how).unwrap();
    let Some(Row {
        content: Content::Click(row),
        ..
    }) = rows.row().unwrap()
    else {
        panic!("one row");
    };
    assert_eq!(
        (Some(row.target), row.conversion.unwrap().link),
        (target, text("a"))
    );
}

#[test]
fn what_only_conversions_have_is_refused_elsewhere() {
    for field in [
        "txid",
        "value",
        "currency",
        "status",
        "click_id",
        "idempotency_key",
    ] {
        let text = format!("{{\"link\":\"a\",\"time\":1614593100,\"{field}\":\"x\"}}");
        let rows = rows(Format::Ndjson, &[], &[], text.as_bytes());
        let Content::Refused(refusal) = &rows[0].content else {
            panic!("{field}: {:?}", rows[0]);
        };
        assert_eq!(refusal.code, "no_goal", "{field}");
    }
}

#[test]
fn no_number_is_rounded() {
    let line = |id: &str| format!("{{\"goal\":\"g\",\"time\":1614593100,\"txid\":{id}}}");
    for (id, expected) in [
        ("18446744073709551615", Some("18446744073709551615")),
        ("-5", Some("-5")),
        ("1.5", Some("1.5")),
        ("18446744073709551616", None),
        ("12345678901234567890123", None),
        ("1e300", None),
        (
            "\"12345678901234567890123\"",
            Some("12345678901234567890123"),
        ),
    ] {
        let rows = rows(Format::Ndjson, &[], &[], line(id).as_bytes());
        let read = match &rows[0].content {
            Content::Click(row) => row
                .conversion
                .as_ref()
                .and_then(|row| row.transaction_id.as_deref()),
            _ => None,
        };
        assert_eq!(read, expected, "{id}");
    }
}
