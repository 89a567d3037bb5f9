//! Streams: what is followed, what a listener missed, and what nobody could count.

use std::{collections::VecDeque, fs, time::Duration};

use reqwest::Response;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::support::{eventually, http::Customer, process::Server};

const LIMIT: Duration = Duration::from_secs(60);

/// Messages of a stream.
struct Messages {
    response: Response,
    text: String,
    read: VecDeque<(i64, Value)>,
}

impl Messages {
    async fn open(customer: &Customer, filters: &str, after: Option<i64>) -> Self {
        let url = format!("{}/v1/live?{filters}", customer.api);
        let mut request = customer.http.get(url).bearer_auth(&customer.key);
        if let Some(id) = after {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{filters}");
        Self {
            response,
            text: String::new(),
            read: VecDeque::new(),
        }
    }

    async fn next(&mut self) -> (i64, Value) {
        loop {
            if let Some(message) = self.read.pop_front() {
                return message;
            }
            let chunk = timeout(LIMIT, self.response.chunk()).await.unwrap();
            let chunk = chunk.unwrap().expect("the stream goes on");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((message, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name));
                if let Some(id) = field("id: ") {
                    assert_eq!(field("event: "), None, "{message}");
                    let data = serde_json::from_str(field("data: ").unwrap()).unwrap();
                    self.read.push_back((id.parse().unwrap(), data));
                }
                self.text = rest.to_owned();
            }
        }
    }

    /// Reads on until there are so many clicks; the ids of all that was read.
    async fn until(&mut self, clicks: i64) -> Vec<i64> {
        let mut ids = Vec::new();
        let read = async {
            loop {
                let (id, data) = self.next().await;
                assert!(ids.last().is_none_or(|last| *last < id));
                ids.push(id);
                if data["today"]["clicks"] == clicks {
                    break;
                }
            }
        };
        timeout(LIMIT, read).await.unwrap();
        ids
    }
}

async fn send(customer: &Customer, events: &[(&str, &str)]) {
    let events = events.iter().map(|(country, sub1)| {
        json!({"link": "link", "country": country, "sub1": sub1,
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
    });
    let url = format!("{}/v1/events", customer.collector);
    let request = customer.http.post(url).bearer_auth(&customer.key);
    let answer = request.json(&events.collect::<Vec<_>>()).send().await;
    let answer: Value = answer.unwrap().json().await.unwrap();
    assert_eq!(answer["rejected"], json!([]), "{answer}");
}

#[tokio::test]
async fn streams_have_filters_and_tell_again_what_was_missed() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "link", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    let mut all = Messages::open(&customer, "", None).await;
    let mut german = Messages::open(&customer, "country=DE&link=link", None).await;
    let mut mailed = Messages::open(&customer, "sub1=mail", None).await;
    let first = all.until(0).await[0];
    send(
        &customer,
        &[
            ("DE", "mail"),
            ("DE", "web"),
            ("US", "mail"),
            ("DE", "mail"),
        ],
    )
    .await;
    let ids = all.until(4).await;
    german.until(3).await;
    mailed.until(3).await;

    drop(all);
    let mut again = Messages::open(&customer, "", Some(first)).await;
    for id in ids {
        assert_eq!(again.next().await.0, id, "nothing is missing between");
    }
    for wrong in ["range=7d", "colour=red"] {
        let url = format!("{}/v1/live?{wrong}", customer.api);
        let request = customer.http.get(url).bearer_auth(&customer.key);
        assert_eq!(request.send().await.unwrap().status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_time_without_a_collector_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]).with_clock();
    server.start().await;
    let customer = Customer::of(&server).await;
    let gaps = |answer: &Value| answer["meta"]["gaps"].as_array().unwrap().clone();
    let before = customer.wait_for_stats("range=2d", |_| true).await;
    assert_eq!(gaps(&before), [json!(null); 0]);
    let tallies = server.folder.join("store/tallies");
    eventually("the collector's first word", LIMIT, async || {
        let files = fs::read_dir(&tallies).map_err(|error| error.to_string())?;
        let mut texts = files.map(|file| fs::read_to_string(file.unwrap().path()));
        match texts.any(|text| text.is_ok_and(|text| text.contains("from_ms"))) {
            true => Ok(()),
            false => Err("it has said nothing yet".to_owned()),
        }
    })
    .await;
    server.kill();
    server.set_clock(5);
    server.start().await;
    let answer = customer
        .wait_for_stats("range=2d", |answer| {
            answer["meta"]["gaps"]
                .as_array()
                .is_some_and(|gaps| !gaps.is_empty())
        })
        .await;
    let gaps = gaps(&answer);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(
        (&gaps[0]["reason"], &gaps[0]["events"]),
        (&json!("collector_down"), &Value::Null)
    );
    assert!(
        gaps[0]["from"].as_str() < gaps[0]["to"].as_str(),
        "{gaps:?}"
    );
}

#[tokio::test]
async fn what_was_refused_is_listed_and_taken_again_mended_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(folder.path(), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let stranger = Customer::of(&server).await;
    let goal = json!({"name": "Sale", "currency": "EUR"});
    customer.create("goals", &goal).await;
    let event = json!({"type": "conversion", "goal": "Sale", "transaction_id": "t", "value": "2.50",
        "currency": "EUX", "visitor": "somebody", "ip": "203.0.113.9"});
    let url = format!("{}/v1/events", customer.collector);
    let request = customer.http.post(url).bearer_auth(&customer.key);
    let told: Value = request
        .json(&event)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(told["accepted"], 0, "{told}");
    let listed = eventually("the refused event", LIMIT, async || {
        let page = customer.get("/v1/rejected").await;
        match page["items"]
            .as_array()
            .is_some_and(|items| !items.is_empty())
        {
            true => Ok(page),
            false => Err(page),
        }
    })
    .await;
    let item = &listed["items"][0];
    assert_eq!(item["code"], told["rejected"][0]["code"]);
    assert_eq!(item["event"]["ip"], "203.0.113.0/24");
    assert_eq!(item["without"], json!(["visitor"]));
    assert_eq!(stranger.get("/v1/rejected").await["items"], json!([]));

    let id = item["id"].as_str().unwrap();
    let replay = async |who: &Customer, mend: Value| {
        let url = format!("{}/v1/rejected/{id}/replay", who.collector);
        let request = who.http.post(url).bearer_auth(&who.key).json(&mend);
        let response = request.send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    let (status, problem) = replay(&stranger, json!({"currency": "EUR"})).await;
    assert_eq!(status, 404, "{problem}");
    let (_, again) = replay(&customer, json!({})).await;
    assert_eq!(
        again["rejected"][0]["code"], item["code"],
        "it is still wrong"
    );
    for accepted in [1, 0] {
        let (status, told) = replay(&customer, json!({"currency": "EUR"})).await;
        assert_eq!(
            (status, &told["accepted"]),
            (200, &json!(accepted)),
            "{told}"
        );
    }
    customer
        .wait_for_stats("metrics=conversions,value&range=2d", |answer| {
            answer["totals"] == json!({"conversions": 1, "value": "2.50"})
        })
        .await;
}
