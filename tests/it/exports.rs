//! Files of events that are cut off, against the binary: the rest of them is asked for, and there is no byte too many and none
//! too few.

use reqwest::{Response, header};
use serde_json::json;

use crate::support::{http::Customer, process::Server};

const FORMS: [&str; 3] = [
    "application/x-ndjson",
    "text/csv",
    "application/vnd.apache.parquet",
];
const QUESTION: &str = "range=7d&sub1=a,b";

/// Sends clicks of the last day; a third of them is in no answer to [`QUESTION`].
async fn send(customer: &Customer, count: usize) {
    let now = model::Clock::now_ms(&model::SystemClock);
    let events = (0..count).map(|number| {
        let at = now - (number as i64 % 1_440 + 1) * 60_000;
        json!({
            "type": "click", "link": "spring", "occurred_at": model::time::rfc3339(at),
            "country": (["DE", "AT"][number % 2]), "sub1": (["a", "b", "c"][number % 3]),
            "referrer": format!("https://news.example/{number}"), "visitor": format!("v{}", number % 40),
        })
    });
    let url = format!("{}/v1/events", customer.collector);
    let request = customer.http.post(url).bearer_auth(&customer.key);
    let request = request.json(&events.collect::<Vec<_>>());
    let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["accepted"], count, "{answer}");
}

async fn until_counted(customer: &Customer, count: usize) {
    let query = "metrics=clicks,bot_clicks&range=7d&exclude_bots=false";
    let counted = |answer: &serde_json::Value| {
        let number = |name: &str| answer["totals"][name].as_u64().unwrap();
        number("clicks") + number("bot_clicks") >= count as u64
    };
    customer.wait_for_stats(query, counted).await;
}

/// A file as it came, and what its headers say.
#[derive(Debug, PartialEq)]
struct File {
    status: u16,
    tag: String,
    as_of: String,
    range: String,
    bytes: Vec<u8>,
}

async fn file(response: Response) -> File {
    let text = |name: &str| {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let (tag, as_of, range) = (text("etag"), text("millrace-as-of"), text("content-range"));
    File {
        status: response.status().as_u16(),
        tag,
        as_of,
        range,
        bytes: response.bytes().await.unwrap().to_vec(),
    }
}

async fn ask(
    customer: &Customer,
    query: &str,
    form: &str,
    headers: &[(header::HeaderName, &str)],
) -> Response {
    let url = format!("{}/v1/events?{query}", customer.api);
    let mut request = customer.http.get(url).bearer_auth(&customer.key);
    request = request.header(header::ACCEPT, form);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

/// The rest of a file that was begun: as a browser asks for it, and as `curl -C -` does.
async fn goes_on(customer: &Customer, form: &str, whole: &File) {
    let length = whole.bytes.len();
    for had in [length / 3, length - 1] {
        let range = format!("bytes={had}-");
        let by_tag = [(header::RANGE, &*range), (header::IF_RANGE, &whole.tag)];
        let by_moment = format!("{QUESTION}&as_of={}", whole.as_of);
        for (query, headers) in [(QUESTION, &by_tag[..]), (&by_moment, &by_tag[..1])] {
            let rest = file(ask(customer, query, form, headers).await).await;
            let expected = File {
                status: 206,
                tag: whole.tag.clone(),
                as_of: whole.as_of.clone(),
                range: format!("bytes {had}-{}/{length}", length - 1),
                bytes: whole.bytes[had..].to_vec(),
            };
            assert!(
                rest == expected,
                "{form} from {had}: {} {}",
                rest.status,
                rest.range
            );
        }
    }
}

/// What cannot be gone on with is sent whole, and says that it is.
async fn is_not_mixed(customer: &Customer, form: &str, whole: &File) {
    let range = (header::RANGE, "bytes=10-");
    let now = file(ask(customer, QUESTION, form, std::slice::from_ref(&range)).await).await;
    assert_eq!(now.status, 200, "of which moment is not said");
    let other = format!("{QUESTION}&country=DE&as_of={}", whole.as_of);
    let headers = [range, (header::IF_RANGE, &*whole.tag)];
    let other = file(ask(customer, &other, form, &headers).await).await;
    assert_eq!(other.status, 200, "another question");
    assert_ne!(other.tag, whole.tag);
    let by_moment = format!("{QUESTION}&as_of={}", whole.as_of);
    let range = format!("bytes={}-", whole.bytes.len());
    let none = file(ask(customer, &by_moment, form, &[(header::RANGE, &*range)]).await).await;
    let beyond = format!("bytes */{}", whole.bytes.len());
    assert_eq!((none.status, none.range), (416, beyond));
}

/// Two thirds of what was there, the oldest first, however many batches the engine made of it.
fn is_in_order(bytes: &[u8]) {
    let lines = std::str::from_utf8(bytes).unwrap().lines();
    let events = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let times: Vec<String> = events
        .map(|event| event["time"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(times.len(), 12_000);
    assert!(times.is_sorted(), "the oldest come first");
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "spring", "destination": "https://shop.example/"});
    customer.create("links", &link).await;
    send(&customer, 9_000).await;
    until_counted(&customer, 9_000).await;
    customer.settle().await;
    // Some are settled, some are not.
    send(&customer, 9_000).await;
    until_counted(&customer, 18_000).await;
    let mut files = Vec::new();
    for form in FORMS {
        let mut begun = ask(&customer, QUESTION, form, &[]).await;
        assert_eq!(begun.headers()["accept-ranges"], "bytes");
        assert_eq!(begun.headers()["millrace-complete"], "true");
        let tag = begun.headers()["etag"].to_str().unwrap().to_owned();
        let as_of = begun.headers()["millrace-as-of"]
            .to_str()
            .unwrap()
            .to_owned();
        let first = begun.chunk().await.unwrap().unwrap();
        // The line goes dead.
        drop(begun);
        files.push((form, tag, as_of, first));
    }
    // More comes, and all of it is settled: nothing is where it was.
    send(&customer, 1_000).await;
    until_counted(&customer, 19_000).await;
    customer.settle().await;
    for (form, tag, as_of, first) in files {
        let query = format!("{QUESTION}&as_of={as_of}");
        let whole = file(ask(&customer, &query, form, &[]).await).await;
        assert_eq!(
            (whole.status, &whole.tag, &whole.as_of),
            (200, &tag, &as_of)
        );
        assert!(whole.bytes.starts_with(&first), "{form}");
        goes_on(&customer, form, &whole).await;
        is_not_mixed(&customer, form, &whole).await;
        if form == FORMS[0] {
            is_in_order(&whole.bytes);
        }
    }
}
