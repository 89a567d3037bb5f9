use super::*;

fn read_all(tool: Tool, text: &str) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut keep = |entry| {
        all.push(entry);
        Ok(())
    };
    read(text.as_bytes(), tool, &BTreeMap::new(), &mut keep).unwrap();
    all
}

fn rows(tool: Tool, text: &str) -> Vec<LinkRow> {
    let entries = read_all(tool, text).into_iter();
    entries.flat_map(|entry| entry.rows.unwrap()).collect()
}

fn bodies(tool: Tool, text: &str) -> Value {
    rows(tool, text).iter().map(LinkRow::body).collect()
}

fn refused(tool: Tool, text: &str) -> Vec<String> {
    let entries = read_all(tool, text).into_iter();
    entries
        .filter_map(|entry| Some(entry.rows.err()?.code.into_owned()))
        .collect()
}

#[test]
fn bitly_has_a_link_for_each_path() {
    let text = r#"{"links":[{"created_at":"2021-03-01T10:05:00+0000","id":"bit.ly/3abC","link":"https://bit.ly/3abC",
        "custom_bitlinks":["https://go.example/Spring"],"long_url":"https://shop.example/?a=1","title":"Spring","archived":true,
        "tags":["mail","b"],"clicks":12}],"pagination":{"total":1}}"#;
    let both = rows(Tool::Bitly, text);
    assert_eq!(both.len(), 2);
    assert_eq!(both[0].clicks, Some(12));
    assert_eq!(both[1].clicks, None, "they are counted once");
    assert_eq!(
        Value::from(both[1].body()),
        json!({"external_id": "bitly:bit.ly:3abC", "slug": "3abC", "destination": "https://shop.example/?a=1", "title": "Spring",
            "tags": ["mail", "b"], "archived": true, "note": "Made 2021-03-01T10:05:00Z (bitly)"})
    );
    assert_eq!(both[0].external_id, "bitly:go.example:Spring");
    let csv = "Short link,Long URL,Title,Created,Tags,Clicks\nbit.ly/3abC,https://shop.example/,Spring,2021-03-01,mail|b,\"1,234\"\n";
    let [row] = &rows(Tool::Bitly, csv)[..] else {
        panic!("one path, one link");
    };
    assert_eq!(
        (row.external_id.as_str(), row.clicks),
        ("bitly:bit.ly:3abC", Some(1234))
    );
}

#[test]
fn dub_has_targets() {
    let text = r#"[{"id":"x","domain":"dub.sh","key":"try","url":"https://dub.co","shortLink":"https://dub.sh/try","archived":false,
        "expiresAt":"2027-01-01T00:00:00.000Z","expiredUrl":"https://over.example","password":null,"title":null,"comments":"hi",
        "ios":"https://apps.example/1","geo":{"DE":"https://de.example"},"tags":[{"id":"t","name":"a","color":"red"}],
        "utm_source":"mail","clicks":7,"createdAt":"2024-01-02T03:04:05.000Z"},
        {"domain":"dub.sh","key":"secret","url":"https://a.example","password":"x"},
        {"domain":"go.example","key":"_root","url":"https://a.example"}]"#;
    let entries = read_all(Tool::Dub, text);
    let row = &entries[0].rows.as_ref().unwrap()[0];
    assert_eq!(
        Value::from(row.body()),
        json!({"external_id": "dub:dub.sh:try", "slug": "try", "destination": "https://dub.co", "note": "hi",
            "expires_at": "2027-01-01T00:00:00Z", "fallback_url": "https://over.example", "tags": ["a"], "utm": {"source": "mail"},
            "rules": [{"name": "ios", "when": {"os": ["iOS"]}, "to": "https://apps.example/1"},
                {"name": "geo DE", "when": {"country": ["DE"]}, "to": "https://de.example"}]})
    );
    assert_eq!(refused(Tool::Dub, text), ["password", "root"]);
    // What the list and the table call alike is the same link.
    let csv = "Short link,Destination URL,Clicks\nhttps://dub.sh/try,https://dub.co,7\n";
    assert_eq!(rows(Tool::Dub, csv)[0].external_id, row.external_id);
}

#[test]
fn shlink_has_bounds() {
    let text = r#"{"shortUrls":{"data":[{"shortCode":"12C18","shortUrl":"https://s.example/12C18","longUrl":"https://store.steampowered.com",
        "dateCreated":"2016-08-21T20:34:16+02:00","visitsSummary":{"total":328,"nonBots":328,"bots":0},"tags":["games","tech"],
        "meta":{"validSince":"2017-01-21T00:00:00+02:00","validUntil":null,"maxVisits":100},"domain":null,"title":"Steam",
        "crawlable":false,"forwardQuery":true}],"pagination":{}}}"#;
    let row = &rows(Tool::Shlink, text)[0];
    assert_eq!(
        Value::from(row.body()),
        json!({"external_id": "shlink:s.example:12C18", "slug": "12C18", "destination": "https://store.steampowered.com",
            "title": "Steam", "tags": ["games", "tech"], "starts_at": "2017-01-20T22:00:00Z", "max_clicks": 100, "pass_query": true,
            "note": "Made 2016-08-21T18:34:16Z (shlink)"})
    );
    assert_eq!(row.clicks, Some(328));
    let csv = "createdAt,domain,shortCode,shortUrl,longUrl,title,tags,visits\n2016-08-21T20:34:16+02:00,s.example,12C18,https://s.example/12C18,https://a.example,,games|tech,5\n";
    assert_eq!(rows(Tool::Shlink, csv)[0].external_id, row.external_id);
}

#[test]
fn kutt_yourls_and_clickmeter_are_read() {
    let kutt = r#"{"limit":10,"skip":0,"total":1,"data":[{"id":"4f0a","address":"abc","link":"https://kutt.it/abc","target":"https://a.example",
        "description":"d","banned":false,"password":false,"visit_count":3,"created_at":"2020-01-01T00:00:00.000Z","updated_at":"2020-01-01T00:00:00.000Z"}]}"#;
    let yourls = r#"{"links":{"link_1":{"shorturl":"https://sho.rt/abc","url":"https://a.example","title":"T","timestamp":"2026-07-14 10:00:00",
        "ip":"203.0.113.7","clicks":"42"}},"stats":{"total_links":"1","total_clicks":"42"},"statusCode":200}"#;
    let clickmeter = r#"{"entities":[{"id":27785714,"type":"TL","name":"abc","title":"T","trackingCode":"abc","trackingLink":"http://9nl.es/abc",
        "creationDate":"20130102030405","status":"Active","tags":[{"id":1,"name":"t"}],"typeTL":{"url":"https://a.example","expirationClicks":0}}]}"#;
    for (tool, text, external_id, clicks) in [
        (Tool::Kutt, kutt, "kutt:kutt.it:abc", Some(3)),
        (Tool::Yourls, yourls, "yourls:abc", Some(42)),
        (Tool::Clickmeter, clickmeter, "clickmeter:27785714", None),
    ] {
        let row = &rows(tool, text)[0];
        assert_eq!(
            (row.slug.as_str(), row.destination.as_str()),
            ("abc", "https://a.example"),
            "{tool}"
        );
        assert_eq!(
            (row.external_id.as_str(), row.clicks),
            (external_id, clicks),
            "{tool}"
        );
        assert!(row.created_ms.is_some(), "{tool}");
    }
    let table = "keyword,url,title,timestamp,ip,clicks\nabc,https://a.example,,2026-07-14 10:00:00,203.0.113.7,42\n";
    assert_eq!(rows(Tool::Yourls, table)[0].external_id, "yourls:abc");
}

#[test]
fn a_table_has_our_columns() {
    let csv = "slug,destination,external_id,tags,expires_at,utm_source,max_clicks\na,https://a.example,crm-1,x|y,2027-01-01,mail,5\nb,https://b.example,,,,,\n";
    assert_eq!(
        bodies(Tool::Csv, csv),
        json!([{"external_id": "crm-1", "slug": "a", "destination": "https://a.example", "tags": ["x", "y"],
            "expires_at": "2027-01-01T00:00:00Z", "utm": {"source": "mail"}, "max_clicks": 5},
            {"external_id": "csv:b", "slug": "b", "destination": "https://b.example"}])
    );
    let bad = "slug,destination,expires_at,clicks\n,https://a.example,,\na,,,\nb,https://b.example,soon,\nc,https://c.example,,many\n";
    assert_eq!(
        refused(Tool::Csv, bad),
        ["no_slug", "no_destination", "invalid_time", "invalid_count"]
    );
}

#[test]
fn every_tool_has_its_name() {
    for name in Tool::NAMES {
        assert_eq!(name.parse::<Tool>().unwrap().to_string(), name);
    }
    assert!("x".parse::<Tool>().unwrap_err().contains("bitly"));
}
