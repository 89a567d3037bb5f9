//! Domains of accounts: their links, and a proxy that fetches certificates for them.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{
    eventually,
    http::Customer,
    process::{Server, free_port},
};

const LIMIT: Duration = Duration::from_secs(30);

/// Status and address of what a host answers at a path.
async fn led(customer: &Customer, host: &str, path: &str) -> (u16, String) {
    let request = customer.http.get(format!("{}{path}", customer.collector));
    let answer = request.header("host", host).send().await.unwrap();
    let location = answer.headers().get("location");
    let location = location.map_or("", |value| value.to_str().unwrap());
    (answer.status().as_u16(), location.to_owned())
}

async fn post(customer: &Customer, key: &str, path: &str, body: Value) -> (u16, Value) {
    let request = customer.http.post(format!("{}{path}", customer.api));
    let answer = request.bearer_auth(key).json(&body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn links_answer_at_their_domain_once_it_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--public-url", "http://go.example"];
    let mut server = Server::up(&folder.path().join("data"), &flags);
    server.start().await;
    let customer = Customer::of(&server).await;
    let other = Customer::of(&server).await;
    let domain = json!({
        "host": "Go.Shop.Example", "root_url": "https://shop.example/", "not_found_url": "https://shop.example/404",
    });
    let made = customer.post("/v1/domains", &domain).await;
    assert_eq!(
        (&made["id"], &made["verified"]),
        (&json!("go.shop.example"), &json!(false))
    );
    let own =
        json!({"slug": "sale", "destination": "https://own.example/", "domain": "go.shop.example"});
    let own = customer.post("/v1/links", &own).await;
    assert_eq!(own["url"], "http://go.shop.example/sale");
    // The same slug on the installation's own domain is another link.
    other
        .post(
            "/v1/links",
            &json!({"slug": "sale", "destination": "https://other.example/"}),
        )
        .await;
    let theirs =
        json!({"slug": "x", "destination": "https://x.example/", "domain": "go.shop.example"});
    let (status, _) = post(&other, &other.key, "/v1/links", theirs).await;
    assert_eq!(status, 400, "it is not their domain");
    assert_eq!(
        led(&customer, "go.shop.example", "/sale").await.0,
        404,
        "not verified"
    );
    let verify = "/v1/domains/go.shop.example/verify";
    let (status, problem) = post(&customer, &customer.key, verify, json!({})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_verified")));
    let account = customer.get("/v1/account").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let theirs = other.get("/v1/account").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // Whoever added it last has it until it is verified, of the account that the operator names.
    let claim = json!({"host": "go.shop.example"});
    let (status, _) = post(&other, &other.key, "/v1/domains", claim.clone()).await;
    assert_eq!(status, 201);
    let of = |account: &str| format!("{verify}?account={account}");
    let (status, _) = post(&customer, &customer.operator, &of(&account), json!({})).await;
    assert_eq!(status, 404, "it is another account's claim");
    customer.post("/v1/domains", &domain).await;
    let (status, _) = post(&customer, &customer.operator, &of(&theirs), json!({})).await;
    assert_eq!(status, 404);
    let (status, verified) = post(&customer, &customer.operator, &of(&account), json!({})).await;
    assert_eq!((status, &verified["verified"]), (200, &json!(true)));
    let (status, problem) = post(&other, &other.key, "/v1/domains", claim).await;
    assert_eq!((status, &problem["code"]), (409, &json!("taken")));
    for (host, path, expected) in [
        ("go.shop.example", "/sale", (302, "https://own.example/")),
        (
            "GO.SHOP.EXAMPLE:80",
            "/sale/",
            (302, "https://own.example/"),
        ),
        ("go.shop.example", "/", (302, "https://shop.example/")),
        (
            "go.shop.example",
            "/nobody",
            (302, "https://shop.example/404"),
        ),
        ("go.example", "/sale", (302, "https://other.example/")),
        ("go.example", "/", (404, "")),
        ("elsewhere.example", "/sale", (404, "")),
    ] {
        let found = led(&customer, host, path).await;
        assert_eq!(found, (expected.0, expected.1.to_owned()), "{host}{path}");
    }
    for (domain, expected) in [
        ("go.shop.example", 200),
        ("go.example", 200),
        ("elsewhere.example", 404),
        ("", 400),
    ] {
        let url = format!("{}/internal/tls?domain={domain}", customer.collector);
        assert_eq!(
            customer.http.get(url).send().await.unwrap().status(),
            expected,
            "{domain}"
        );
    }
    // A suspended account leads nobody anywhere, at its domain neither.
    let suspension = format!("{}/v1/accounts/{account}/suspension", customer.api);
    let suspend = customer
        .http
        .put(&suspension)
        .bearer_auth(&customer.operator);
    let suspended = suspend.json(&json!({"reason": "phishing"})).send().await;
    assert_eq!(suspended.unwrap().status(), 200);
    for path in ["/", "/sale", "/nobody"] {
        let status = || async { led(&customer, "go.shop.example", path).await.0 };
        eventually(
            "the suspension to be heard of",
            LIMIT,
            async || match status().await {
                410 => Ok(()),
                other => Err(other),
            },
        )
        .await;
    }
    let resume = customer
        .http
        .delete(&suspension)
        .bearer_auth(&customer.operator);
    assert_eq!(resume.send().await.unwrap().status(), 200);
    eventually("the end of it to be heard of", LIMIT, async || {
        match led(&customer, "go.shop.example", "/").await.0 {
            302 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    let by = "range=24h&metrics=clicks&exclude_bots=false&group_by=domain";
    let answer = customer.wait_for_stats(by, |answer| answer["totals"]["clicks"] == 2);
    let answer = answer.await;
    assert_eq!(
        answer["results"][0]["domain"], "go.shop.example",
        "{answer}"
    );
    let gone = customer
        .http
        .delete(format!("{}/v1/domains/go.shop.example", customer.api));
    let gone = gone.bearer_auth(&customer.key).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    assert_eq!(led(&customer, "go.shop.example", "/sale").await.0, 404);
}

/// A proxy that is stopped with the test.
struct Caddy(Child);

impl Drop for Caddy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Caddy fetches certificates for verified domains alone, and passes their requests on.
#[tokio::test]
async fn caddy_serves_verified_domains() {
    if Command::new("caddy").arg("version").output().is_err() {
        testing::skip(
            "caddy_serves_verified_domains",
            "caddy is not installed: apt-get install caddy",
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "--public-url",
        "http://go.example",
        "--domain-verification",
        "none",
        "--trusted-proxies",
        "127.0.0.1/32",
    ];
    let mut server = Server::up(&folder.path().join("data"), &flags);
    server.start().await;
    let customer = Customer::of(&server).await;
    customer
        .post("/v1/domains", &json!({"host": "go.shop.example"}))
        .await;
    let link =
        json!({"slug": "sale", "destination": "https://own.example/", "domain": "go.shop.example"});
    customer.post("/v1/links", &link).await;
    let (https, http) = (free_port(), free_port());
    let config = format!(
        "{{\n admin off\n auto_https disable_redirects\n http_port {http}\n https_port {https}\n local_certs\n skip_install_trust\n \
         on_demand_tls {{\n  ask {collector}/internal/tls\n }}\n}}\n\
         https:// {{\n tls internal {{\n  on_demand\n }}\n reverse_proxy {collector}\n}}\n",
        collector = customer.collector
    );
    let file = folder.path().join("Caddyfile");
    std::fs::write(&file, config).unwrap();
    let log = std::fs::File::create(folder.path().join("caddy.log")).unwrap();
    let mut command = Command::new("caddy");
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&file);
    let command = command
        .env("XDG_DATA_HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path());
    let _caddy = Caddy(command.stdout(Stdio::null()).stderr(log).spawn().unwrap());
    let ask = async |host: &str| {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .danger_accept_invalid_certs(true)
            .resolve(host, ([127, 0, 0, 1], https).into())
            .build()
            .unwrap();
        client
            .get(format!("https://{host}:{https}/sale"))
            .send()
            .await
    };
    eventually("caddy to pass a request on", LIMIT, async || {
        let answer = ask("go.shop.example").await.map_err(|e| e.to_string())?;
        let location = answer
            .headers()
            .get("location")
            .and_then(|to| to.to_str().ok());
        match (answer.status().as_u16(), location) {
            (302, Some("https://own.example/")) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    assert!(
        ask("elsewhere.example").await.is_err(),
        "it gets no certificate"
    );
}

#[tokio::test]
async fn a_link_ends_after_its_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "few", "destination": "https://a.example/", "max_clicks": 3, "fallback_url": "https://over.example/"});
    customer.create("links", &link).await;
    let follow = async |agent: &str| {
        let request = customer.http.get(format!("{}/few", customer.collector));
        let answer = request.header("user-agent", agent).send().await.unwrap();
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
    for _ in 0..5 {
        assert_eq!(
            follow("Googlebot/2.1").await,
            "https://a.example/",
            "bots use nothing up"
        );
    }
    for settled in [false, true] {
        eventually("the link to end", LIMIT, async || {
            match follow(BROWSER).await.as_str() {
                "https://over.example/" => Ok(()),
                other => Err(other.to_owned()),
            }
        })
        .await;
        // The collector ends a link by counts that may be of a moment when readers lacked something of its new log.
        let ended = |counted: &Value| counted["totals"]["clicks"].as_i64() >= Some(3);
        customer
            .wait_for_stats("range=24h&metrics=clicks&link=few", ended)
            .await;
        if !settled {
            customer.roll_up().await;
        }
    }
}
