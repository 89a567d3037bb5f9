//! The script for pages, in a real browser, under a strict policy for contents.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, extract::Path, response::Html, routing::get};
use fantoccini::Client;
use serde_json::json;

use crate::{
    browser::Driver,
    support::{http::Customer, process::Server},
};

/// A site of pages with the script of a collector.
async fn pages(collector: &str, pixel: &str) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let page = Arc::new(format!(
        "<!doctype html><title>shop</title><script src=\"{collector}/mr.js\" data-pixel=\"{pixel}\" data-click-id-param=\"cid\"></script><p>shop"
    ));
    let policy = format!("default-src 'none'; script-src {collector}; connect-src {collector}");
    let answer = move |_: Path<String>| {
        let (page, policy) = (Arc::clone(&page), policy.clone());
        async move {
            (
                [("content-security-policy", policy)],
                Html(page.to_string()),
            )
        }
    };
    let site = Router::new().route("/{page}", get(answer));
    tokio::spawn(async move { axum::serve(listener, site).await });
    address
}

async fn run(browser: &Client, script: &str) -> serde_json::Value {
    browser.execute(script, Vec::new()).await.unwrap()
}

#[tokio::test]
async fn pages_tell_views_and_goals() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::up(&folder.path().join("data"), &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let pixel = customer.create("pixels", &json!({"name": "Shop"})).await;
    customer
        .create("goals", &json!({"name": "Sale", "currency": "EUR"}))
        .await;
    let link = json!({"slug": "offer", "destination": "https://shop.example/", "append_click_id": true, "click_id_param": "cid"});
    let link = customer.create("links", &link).await;
    let site = pages(&customer.collector, &pixel).await;
    let driver = Driver::start();
    let browser = driver.browser(&folder.path().join("profile")).await;
    // Who comes by a link has the id of the click in the address.
    let answer = customer
        .http
        .get(format!("{}/offer", customer.collector))
        .send()
        .await
        .unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let id = location.split_once("cid=").unwrap().1;
    let page = format!("http://{site}/landing?cid={id}&utm_source=mail&sub1=x");
    browser.goto(&page).await.unwrap();
    assert_eq!(run(&browser, "return millrace.clickId()").await, json!(id));
    let views = async |n: i64| {
        let query = format!("range=24h&metrics=views&exclude_bots=false&pixel={pixel}");
        customer
            .wait_for_stats(&query, |answer| answer["totals"]["views"] == n)
            .await
    };
    views(1).await;
    // An application of one page: each address is a view, the same one again is none.
    run(
        &browser,
        "history.pushState({}, '', '/second'); history.replaceState({}, '', '/second')",
    )
    .await;
    views(2).await;
    run(&browser, "history.back()").await;
    views(3).await;
    // The id is remembered for the goal on a page that does not have it.
    browser
        .goto(&format!("http://{site}/thanks"))
        .await
        .unwrap();
    views(4).await;
    let told = "return millrace.goal('Sale', {transaction_id: 'a&b=1', value: 12.5})";
    assert_eq!(run(&browser, told).await, json!(true));
    let query = format!("range=24h&metrics=conversions,value&link={link}");
    let sold = customer.wait_for_stats(&query, |answer| answer["totals"]["conversions"] == 1);
    assert_eq!(sold.await["totals"]["value"], "12.50");
    let by =
        format!("range=24h&metrics=views&exclude_bots=false&group_by=utm_source&pixel={pixel}");
    let by = customer.get(&format!("/v1/stats?{by}")).await;
    let mail = by["results"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["utm_source"] == "mail");
    assert!(mail.is_some(), "{by}");
    // Who does not want to be tracked is not.
    let asks_not =
        "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})";
    run(&browser, asks_not).await;
    let again = format!(
        "return new Promise(done => {{ const s = document.createElement('script'); s.src = '{}/mr.js?again'; \
         s.setAttribute('data-pixel', '{pixel}'); s.onload = () => done(millrace.view()); document.head.append(s) }})",
        customer.collector
    );
    assert_eq!(run(&browser, &again).await, json!(false));
    run(
        &browser,
        "millrace.goal('Sale', {transaction_id: 'untracked'})",
    )
    .await;
    let all = "range=24h&metrics=conversions";
    customer
        .wait_for_stats(all, |answer| answer["totals"]["conversions"] == 2)
        .await;
    let own = customer.get(&format!("/v1/stats?{query}")).await;
    assert_eq!(
        own["totals"]["conversions"], 1,
        "it is told without its click: {own}"
    );
    // Had the script told a view, this would be the sixth.
    let sent = customer
        .http
        .get(format!("{}/p/{pixel}.gif", customer.collector));
    assert_eq!(sent.send().await.unwrap().status(), 200);
    views(5).await;
    browser.close().await.unwrap();
}
