//! Visitors are erased, against the binary: no number changes, nothing of them is shown or stored in what is settled, nobody
//! else is touched, and no full run brings them back.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{
    http::Customer,
    process::{Server, millrace, run_ok},
};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
/// What only ann's events say, as it is asked for and as it is kept.
const ANNS: [&str; 7] = [
    "iPhone; CPU",
    "203.0.113.",
    "anns-story",
    "anns-sub",
    "anns-key",
    "de-AT",
    "cid-of-ann",
];
const QUESTIONS: [&str; 9] = [
    "metrics=clicks,views,conversions,value,unique_visitors",
    "metrics=clicks,unique_visitors&interval=hour",
    "metrics=clicks,conversions&group_by=link",
    "metrics=clicks&group_by=country",
    "metrics=clicks&group_by=browser",
    "metrics=clicks&group_by=referrer",
    "metrics=conversions,value&group_by=goal",
    // From the events themselves.
    "metrics=clicks,unique_visitors&country=DE,AT&browser=-Edge",
    "metrics=clicks,conversions&group_by=device,country",
];

struct Site {
    data: PathBuf,
    server: Server,
    /// Two accounts with the same visitors.
    ours: Customer,
    theirs: Customer,
}

impl Site {
    async fn new(folder: &Path, flags: &[&str]) -> Self {
        let data = folder.join("data");
        let mut server = Server::up(&data, flags).with_clock();
        server.start().await;
        let (ours, theirs) = (Customer::of(&server).await, Customer::of(&server).await);
        for (customer, slug) in [(&ours, "ours"), (&theirs, "theirs")] {
            let goal = json!({"name": "Sale", "currency": "EUR"});
            customer.create("goals", &goal).await;
            for slug in [format!("{slug}-a"), format!("{slug}-b")] {
                let link = json!({"slug": slug, "destination": "https://shop.example/", "append_click_id": true,
                    "click_id_param": "cid"});
                customer.create("links", &link).await;
            }
        }
        Self {
            data,
            server,
            ours,
            theirs,
        }
    }

    fn both(&self) -> [(&Customer, &'static str); 2] {
        [(&self.ours, "ours"), (&self.theirs, "theirs")]
    }

    /// Ann and bob do the same in both accounts: two clicks each, and a sale that batch finds one of them for.
    async fn act(&self, round: &str, has_sales: bool) {
        for (customer, slug) in self.both() {
            for link in ["a", "b"] {
                let link = format!("{slug}-{link}");
                let ann = json!({"type": "click", "link": link, "visitor": "ann", "ip": "203.0.113.9", "country": "AT",
                    "user_agent": PHONE, "referrer": "https://news.example/anns-story", "sub1": "anns-sub",
                    "accept_language": "de-AT,de", "idempotency_key": format!("anns-key-{round}-{link}")});
                let bob = json!({"type": "click", "link": link, "visitor": "bob", "ip": "198.51.100.9", "country": "DE",
                    "user_agent": PERSON, "referrer": "https://blog.example/bobs", "sub1": "bobs-sub"});
                send(customer, &json!([ann, bob])).await;
            }
            if !has_sales {
                continue;
            }
            let sale = |visitor: &str, ip: &str, agent: &str| {
                json!({"type": "conversion", "goal": "Sale", "visitor": visitor, "ip": ip, "value": 5,
                    "user_agent": agent, "transaction_id": format!("{visitor}-{round}")})
            };
            let sales = json!([
                sale("ann", "203.0.113.9", PHONE),
                sale("bob", "198.51.100.9", PERSON)
            ]);
            send(customer, &sales).await;
        }
    }

    /// Until all of so many rounds is counted, some of them with sales.
    async fn counted(&self, rounds: i64, with_sales: i64) {
        for (customer, _) in self.both() {
            let all = |answer: &Value| {
                let of = |metric: &str| answer["totals"][metric].as_i64().unwrap_or(0);
                of("clicks") == 4 * rounds && of("conversions") == 2 * with_sales
            };
            customer
                .wait_for_stats("range=24h&metrics=clicks,conversions", all)
                .await;
        }
    }

    fn command<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let folder = ["--data-dir", self.data.to_str().unwrap()];
        [arguments, &folder].concat()
    }

    async fn batch(&self, arguments: &[&str]) {
        let arguments = [&["batch"], arguments].concat();
        run_ok(&self.data, &self.command(&arguments)).await;
    }

    /// Lets a rollup die at a named place.
    async fn dies(&self, place: &str) {
        let mut dies = millrace();
        dies.args(self.command(&["batch", "run", "--close-epochs"]));
        dies.current_dir(&self.data).env("MILLRACE_DIE_AT", place);
        let output = tokio::task::spawn_blocking(move || dies.output().unwrap());
        let status = output.await.unwrap().status;
        assert_eq!(status.signal(), Some(6), "{place}: {status}");
    }

    /// All columns of all settled events, as text.
    async fn table(&self) -> String {
        let sql = ["query", "SELECT * FROM events ORDER BY event_id"];
        run_ok(&self.data, &self.command(&sql)).await
    }

    async fn audit(&self) {
        run_ok(&self.data, &self.command(&["audit", "--full"])).await;
    }

    /// Files of a folder of the store.
    fn files(&self, folder: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut folders = vec![self.data.join("store").join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(found.insert(path.display().to_string())),
                }
            }
        }
        found
    }
}

async fn send(customer: &Customer, events: &Value) {
    let request = customer
        .http
        .post(format!("{}/v1/events", customer.collector));
    let answer = request.bearer_auth(&customer.key).json(events).send();
    let answer: Value = answer.await.unwrap().json().await.unwrap();
    assert_eq!(answer["rejected"], json!([]), "{answer}");
}

/// All events of an account, by id.
async fn listed(customer: &Customer) -> BTreeMap<String, Value> {
    let page = customer.get("/v1/events?range=24h&limit=1000").await;
    let items = page["items"].as_array().unwrap().iter();
    let mut all = BTreeMap::new();
    for item in items {
        let mut item = item.clone();
        // It says when it was asked.
        item.as_object_mut().unwrap().remove("settled");
        all.insert(item["event_id"].as_str().unwrap().to_owned(), item);
    }
    all
}

/// What all questions are answered.
async fn numbers(customer: &Customer) -> Vec<(Value, Value)> {
    let mut answers = Vec::new();
    for question in QUESTIONS {
        let answer = customer.stats(&format!("range=24h&{question}")).await;
        answers.push((answer["results"].clone(), answer["totals"].clone()));
    }
    answers
}

fn is_anns(text: &str) -> bool {
    ANNS.iter().any(|word| text.contains(word))
}

/// Asks for an erasure; gives its id.
async fn erase(customer: &Customer, whom: &Value) -> String {
    let asked = customer.post("/v1/erasures", whom).await;
    assert_eq!(asked["state"], "pending", "{asked}");
    asked["id"].as_str().unwrap().to_owned()
}

async fn state(customer: &Customer, id: &str) -> (String, i64) {
    let told = customer.get(&format!("/v1/erasures/{id}")).await;
    let state = told["state"].as_str().unwrap().to_owned();
    (state, told["events"].as_i64().unwrap())
}

#[tokio::test]
async fn a_named_visitor_is_erased_and_no_number_changes() {
    testing::needs_faults!();
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path(), &[]).await;
    let (ours, theirs) = (&site.ours, &site.theirs);
    site.act("one", true).await;
    site.counted(1, 1).await;
    ours.settle().await;
    site.act("two", false).await;
    site.counted(2, 1).await;

    let erasure = erase(ours, &json!({"visitor": "ann"})).await;
    let (before, rows) = (numbers(ours).await, listed(ours).await);
    let (their_before, their_rows) = (numbers(theirs).await, listed(theirs).await);
    assert!(rows.values().any(|row| is_anns(&row.to_string())));
    assert_eq!(
        numbers(ours).await,
        before,
        "what is asked for changes nothing"
    );
    ours.settle().await;
    // Two clicks in each of two rounds, and the sale that names her.
    assert_eq!(state(ours, &erasure).await, ("erased".into(), 5));

    let check = async || {
        assert_eq!(numbers(ours).await, before);
        assert_eq!(numbers(theirs).await, their_before);
        let now = listed(ours).await;
        assert!(
            !now.values().any(|row| is_anns(&row.to_string())),
            "{now:?}"
        );
        let is_kept = |(id, row): (&String, &Value)| now[id] == *row;
        let kept = rows.iter().filter(|row| is_kept(*row)).count();
        assert_eq!((kept, now.len()), (5, 10), "bob's are as they were");
        // Also those of the same name.
        assert_eq!(listed(theirs).await, their_rows);
        assert!(their_rows.values().any(|row| is_anns(&row.to_string())));
        // She is one visitor still, and a name that nobody can tell.
        let visitor = |(id, row): (&String, &Value)| {
            (row["type"] == "click" && now[id] != rows[id]).then(|| row["visitor"].clone())
        };
        let numbers: Vec<Value> = now.iter().filter_map(visitor).collect();
        assert_eq!(numbers.len(), 4);
        assert!(numbers.iter().all(|number| *number == numbers[0]));
        let old = rows.values().any(|row| row["visitor"] == numbers[0]);
        assert!(!old, "her number is another one");
    };
    check().await;
    let table = site.table().await;
    site.audit().await;
    site.batch(&["run", "--full"]).await;
    check().await;
    assert_eq!(site.table().await, table, "a full run comes to the same");
    site.audit().await;

    // Who comes again is somebody new; what she did later belongs to no click from before.
    site.act("three", true).await;
    site.counted(3, 2).await;
    ours.settle().await;
    let visitors = |answer: &[(Value, Value)]| answer[0].1["unique_visitors"].as_i64().unwrap();
    assert_eq!(visitors(&before), 2);
    assert_eq!(visitors(&numbers(ours).await), 3);
    assert_eq!(visitors(&numbers(theirs).await), 2);

    // Old files go an hour later, and the day after where a full run has replaced them.
    for hours in [2, 27, 29, 31] {
        site.server.set_clock(hours * 60);
        ours.settle().await;
    }
    assert_eq!(state(ours, &erasure).await, ("done".into(), 5));
    let named = run_ok(&site.data, &site.command(&["files", "events"])).await;
    assert_eq!(site.files("events").len(), named.lines().count(), "{named}");
    assert_eq!(site.files("erased").len(), 1);
    assert!(site.files("erasing").is_empty(), "nobody has her number");
}

#[tokio::test]
async fn whoever_made_a_click_is_erased_wherever_it_dies() {
    testing::needs_faults!();
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path(), &[]).await;
    let (ours, theirs) = (&site.ours, &site.theirs);
    site.act("one", true).await;
    site.counted(1, 1).await;
    ours.settle().await;
    let click = |agent: &'static str, slug: &'static str| async move {
        let request = ours
            .http
            .get(format!("{}/{slug}?sub1=by-the-way", ours.collector));
        let clicked = request.header("user-agent", agent).send().await.unwrap();
        let id = clicked.headers()["millrace-event-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let location = clicked.headers()["location"].to_str().unwrap();
        let (_, click_id) = location.split_once("cid=").unwrap();
        (id, click_id.to_owned())
    };
    let (first, _) = click(PHONE, "ours-a").await;
    let (second, click_id) = click(PHONE, "ours-b").await;
    let (other, _) = click(PERSON, "ours-a").await;
    let sale = json!([{"type": "conversion", "goal": "Sale", "click_id": click_id, "user_agent": PHONE, "value": 1}]);
    send(ours, &sale).await;
    ours.wait_for_stats("range=24h&metrics=clicks,conversions", |answer| {
        answer["totals"]["clicks"] == 7 && answer["totals"]["conversions"] == 3
    })
    .await;

    // Nobody else can tell that there is such an event.
    for whom in [json!({"event_id": first}), json!({"click_id": click_id})] {
        let request = theirs.http.post(format!("{}/v1/erasures", theirs.api));
        let refused = request.bearer_auth(&theirs.key).json(&whom).send().await;
        assert_eq!(refused.unwrap().status().as_u16(), 404, "{whom}");
    }
    for wrong in [
        json!({}),
        json!({"visitor": ""}),
        json!({"event_id": "x"}),
        json!({"click_id": "cx"}),
        json!({"visitor": "ann", "event_id": first}),
        json!({"name": "ann"}),
    ] {
        let request = ours.http.post(format!("{}/v1/erasures", ours.api));
        let refused = request.bearer_auth(&ours.key).json(&wrong).send().await;
        assert_eq!(refused.unwrap().status().as_u16(), 400, "{wrong}");
    }
    // A retry is no second erasure.
    let ask = async || {
        let request = ours.http.post(format!("{}/v1/erasures", ours.api));
        let request = request
            .bearer_auth(&ours.key)
            .header("idempotency-key", "once");
        let asked = request.json(&json!({"click_id": click_id})).send().await;
        let asked: Value = asked.unwrap().json().await.unwrap();
        asked["id"].as_str().unwrap().to_owned()
    };
    let erasure = ask().await;
    assert_eq!(ask().await, erasure);
    assert_eq!(
        ours.get("/v1/erasures").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(theirs.get("/v1/erasures").await["items"], json!([]));
    let request = theirs
        .http
        .get(format!("{}/v1/erasures/{erasure}", theirs.api));
    let hidden = request.bearer_auth(&theirs.key).send().await.unwrap();
    assert_eq!(hidden.status().as_u16(), 404);

    let (before, rows) = (numbers(ours).await, listed(ours).await);
    let (their_before, their_rows) = (numbers(theirs).await, listed(theirs).await);
    let check = async || {
        assert_eq!(numbers(ours).await, before);
        assert_eq!(numbers(theirs).await, their_before);
        assert_eq!(listed(theirs).await, their_rows);
    };
    for place in ["erase.files", "rollup.files", "erase.published"] {
        site.dies(place).await;
        check().await;
        site.audit().await;
    }
    site.batch(&["run", "--close-epochs"]).await;
    ours.settle().await;
    check().await;
    assert_eq!(
        state(ours, &erasure).await,
        ("erased".into(), 3),
        "two clicks, one sale"
    );
    let now = listed(ours).await;
    for id in [&first, &second] {
        let row = &now[id];
        for field in ["user_agent", "network", "sub1"] {
            assert!(rows[id][field].is_string(), "{}", rows[id]);
            assert!(row[field].is_null(), "{row}");
        }
        assert_eq!(row["browser"], rows[id]["browser"]);
        assert_ne!(row["visitor"], rows[id]["visitor"]);
    }
    assert_eq!(now[&other], rows[&other]);
    let (id, sold) = rows
        .iter()
        .find(|(_, row)| row["click_id"] == click_id)
        .unwrap();
    let sale = &now[id];
    assert!(
        sale["user_agent"].is_null() && sale["click_id"].is_null(),
        "{sale}"
    );
    assert_eq!(sale["link"], sold["link"]);

    // What was counted anew before somebody was erased is published without them, and so is what one goes back to.
    site.batch(&["run", "--full", "--stage"]).await;
    let bob = erase(ours, &json!({"visitor": "bob"})).await;
    ours.settle().await;
    assert_eq!(state(ours, &bob).await.0, "erased");
    let table = site.table().await;
    site.batch(&["publish"]).await;
    assert_eq!(site.table().await, table);
    check().await;
    let ann = erase(theirs, &json!({"visitor": "ann"})).await;
    theirs.settle().await;
    assert_eq!(state(theirs, &ann).await, ("erased".into(), 3));
    let table = site.table().await;
    let now = listed(theirs).await;
    assert!(!now.values().any(|row| is_anns(&row.to_string())));
    site.batch(&["rollback"]).await;
    assert_eq!(site.table().await, table);
    assert_eq!(numbers(ours).await, before);
    assert_eq!(numbers(theirs).await, their_before);
    site.audit().await;
}

#[tokio::test]
async fn an_account_is_erased_and_audits_miss_nothing() {
    testing::needs_faults!();
    let folder = tempfile::tempdir().unwrap();
    let site = Site::new(folder.path(), &[]).await;
    let (ours, theirs) = (&site.ours, &site.theirs);
    site.act("one", true).await;
    site.counted(1, 1).await;
    ours.settle().await;
    site.act("two", false).await;
    site.counted(2, 1).await;
    let (their_before, their_rows) = (numbers(theirs).await, listed(theirs).await);
    let account = ours.get("/v1/account").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let operator = Customer {
        key: ours.operator.clone(),
        ..ours.clone()
    };
    let url = format!("{}/v1/accounts/{account}", ours.api);
    let by = async |key: &str| {
        let asked = ours
            .http
            .delete(&url)
            .bearer_auth(key)
            .send()
            .await
            .unwrap();
        (
            asked.status().as_u16(),
            asked.json::<Value>().await.unwrap(),
        )
    };
    for key in [&ours.key, &theirs.key] {
        assert_eq!(by(key).await.0, 403);
    }
    let (status, asked) = by(&ours.operator).await;
    assert_eq!(
        (status, &asked["state"]),
        (200, &json!("pending")),
        "{asked}"
    );
    // At once it is nobody's any more.
    let stats = ours.http.get(format!("{}/v1/stats", ours.api));
    let refused = stats.bearer_auth(&ours.key).send().await.unwrap();
    assert!([401, 403].contains(&refused.status().as_u16()));
    crate::support::eventually(
        "the door to know it",
        std::time::Duration::from_secs(20),
        async || {
            let link = ours.http.get(format!("{}/ours-a", ours.collector)).send();
            let status = link
                .await
                .map_err(|error| error.to_string())?
                .status()
                .as_u16();
            [404, 410]
                .contains(&status)
                .then_some(())
                .ok_or(format!("it answers {status}"))
        },
    )
    .await;

    for place in ["erase.files", "erase.published"] {
        site.dies(place).await;
        assert_eq!(numbers(theirs).await, their_before);
        site.audit().await;
    }
    theirs.settle().await;
    let erasure = operator
        .get(&format!("/v1/accounts/{account}/erasure"))
        .await;
    assert_eq!(erasure["state"], "erased", "{erasure}");
    let check = async || {
        let table = site.table().await;
        assert!(!table.contains(&account), "{table}");
        // Who has the same name in the other account is left alone.
        assert_eq!(table.matches("anns-story").count(), 4, "{table}");
        let sql = ["query", "SELECT COUNT(*) AS n FROM events"];
        let count = run_ok(&site.data, &site.command(&sql)).await;
        assert!(
            count.contains("20"),
            "what was accepted stays counted: {count}"
        );
        let sums = ["query", "SELECT * FROM account_total"];
        let sums = run_ok(&site.data, &site.command(&sums)).await;
        assert!(
            !sums.contains(&account) && sums.contains("acc_0000000000000"),
            "{sums}"
        );
        assert_eq!(numbers(theirs).await, their_before);
        assert_eq!(listed(theirs).await, their_rows);
        site.audit().await;
        table
    };
    let table = check().await;
    site.batch(&["run", "--full"]).await;
    assert_eq!(check().await, table, "a full run comes to the same");
    // It cannot be taken back.
    let url = format!("{}/v1/accounts/{account}/suspension", ours.api);
    let resumed = ours
        .http
        .delete(url)
        .bearer_auth(&ours.operator)
        .send()
        .await
        .unwrap();
    assert_eq!(
        resumed.json::<Value>().await.unwrap()["suspended"]["erased"],
        true
    );
    assert_eq!(by(&ours.operator).await.1["state"], "erased");
}
