//! Modules of the dashboard that work without a page: what they make of numbers, times and addresses.

use serde_json::json;

use super::Page;

#[tokio::test]
async fn days_are_those_of_the_time_zone_whatever_clocks_do() {
    let page = Page::signed_in().await;
    let found = page
        .module(
            "core/time.js",
            "const iso = (ms) => new Date(ms).toISOString();
             const zone = 'Europe/Berlin';
             return [
               module.dayOf(Date.parse('2026-03-28T23:30:00Z'), zone),
               iso(module.startOfDay('2026-03-30', zone)),
               iso(module.shiftDays(Date.parse('2026-03-30T08:00:00Z'), -7, zone)),
               iso(module.startOfDay('2026-11-27', 'Asia/Kolkata')),
             ];",
        )
        .await;
    let expected = json!([
        "2026-03-29",
        "2026-03-29T22:00:00.000Z",
        "2026-03-23T09:00:00.000Z",
        "2026-11-26T18:30:00.000Z"
    ]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_morning_is_compared_with_a_morning() {
    let page = Page::signed_in().await;
    let found = page
        .module(
            "core/question.js",
            "const now = Date.parse('2026-11-27T09:30:20Z');
             const before = (params, soFar) => {
               const { start, end } = module.askedBefore(module.understand(new URLSearchParams(`tz=UTC&${params}`), now), { soFar });
               return [start, end];
             };
             return [before('range=today'), before('range=today', true), before('range=7d'), before('range=30d', true),
               before('start=2026-03-01&end=2026-03-02&compare=previous_year'), before('range=yesterday', true),
               module.askedBefore(module.understand(new URLSearchParams('compare=none'), now))];",
        )
        .await;
    let expected = json!([
        ["2026-11-20", "2026-11-21"],
        ["2026-11-20", "2026-11-20T09:31:00Z"],
        ["2026-11-14", "2026-11-21"],
        ["2026-09-29", "2026-10-28T10:00:00Z"],
        ["2025-03-01", "2025-03-03"],
        ["2026-11-19", "2026-11-20"],
        null
    ]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_was_not_counted_is_a_break_and_not_nothing() {
    let page = Page::signed_in().await;
    let found = page
        .module(
            "views/curve_data.js",
            "const hour = (n) => `2026-11-27T${String(n).padStart(2, '0')}:00:00Z`;
             const answer = {
               results: [5, 0, 0, 7, 2, 0].map((clicks, n) => ({ time: hour(n), clicks })),
               meta: { gaps: [{ from: hour(1), to: hour(2), reason: 'collector_down' }] },
             };
             const forecast = { points: [4, 5].map((n) => ({ time: hour(n), value: 10, lower_80: 8, upper_80: 12, lower_95: 6, upper_95: 14 })) };
             const question = { metric: 'clicks', interval: 'hour', now: Date.parse('2026-11-27T04:30:00Z') };
             const { done, going, bands } = module.curve(question, answer, null, forecast);
             const end = Date.parse(hour(6)) / 1000;
             return [done, going, bands.value, module.projected(14, forecast, question.now, end), module.projected(14, null, question.now, end)];",
        )
        .await;
    let expected = json!([
        [5, null, 0, 7, null, null],
        [null, null, null, null, 2, null],
        [null, null, null, null, 10, 10],
        29,
        null
    ]);
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_missing_is_said_in_words() {
    let page = Page::signed_in().await;
    let found = page
        .module(
            "parts/truth.js",
            "const place = document.createElement('div');
             const said = (meta) => { module.showTruth(place, [meta]); return [place.hidden, place.textContent]; };
             return [said({ complete: true }), said({ complete: false, missing: ['events of log 1'] }),
               said({ complete: true, gaps: [{ from: '2026-11-27T01:00:00Z', to: '2026-11-27T02:00:00Z', reason: 'collector_down' }] })];",
        )
        .await;
    assert_eq!(found[0], json!([true, ""]));
    assert_eq!(found[1][0], json!(false));
    assert!(
        found[1][1].as_str().unwrap().contains("events of log 1"),
        "{found}"
    );
    assert!(
        found[2][1]
            .as_str()
            .unwrap()
            .contains("a collector was down"),
        "{found}"
    );
}

#[tokio::test]
async fn files_are_read_as_text_by_spreadsheets() {
    let page = Page::signed_in().await;
    let found = page
        .module(
            "core/format.js",
            "return module.csv([['Link', 'Clicks'], ['a \"b\", c', 1], ['=1+1', -2], ['-cmd', 'x\\ny']]);",
        )
        .await;
    assert_eq!(
        found,
        json!("Link,Clicks\r\n\"a \"\"b\"\", c\",1\r\n'=1+1,-2\r\n'-cmd,\"x\ny\"\r\n")
    );
}
