//! A full run that is looked at before it is published, by the commands that an operator has, beside a running installation.

use std::{os::unix::process::ExitStatusExt, path::Path};

use serde_json::{Value, json};

use crate::support::{
    http::Customer,
    process::{Server, millrace, run, run_ok},
};

const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const CLICKS: &str = "metrics=clicks&range=2d";

struct Site {
    data: std::path::PathBuf,
    customer: Customer,
}

impl Site {
    /// Clicks, and waits until they are settled by the running installation.
    async fn click(&self, times: usize, all: i64) {
        for _ in 0..times {
            let request = self
                .customer
                .http
                .get(format!("{}/hello", self.customer.collector));
            let response = request.header("user-agent", PERSON).send().await.unwrap();
            assert!(response.headers().contains_key("millrace-event-id"));
        }
        let counted = |answer: &Value| answer["totals"]["clicks"] == all;
        self.customer.wait_for_stats(CLICKS, counted).await;
        self.customer.settle().await;
        self.counts(all).await;
    }

    async fn counts(&self, all: i64) {
        let answer = self.customer.stats(CLICKS).await;
        assert_eq!(answer["totals"]["clicks"], all, "{answer}");
    }

    async fn batch(&self, arguments: &[&str]) -> Value {
        let printed = run_ok(&self.data, &self.command(arguments)).await;
        serde_json::from_str(&printed).unwrap()
    }

    /// What is said when it is refused.
    async fn refused(&self, arguments: &[&str]) -> String {
        let output = run(&self.data, &self.command(arguments)).await;
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Lets a command die at a named place.
    async fn dies(&self, arguments: &[&str], place: &str) {
        let mut dies = millrace();
        dies.args(self.command(arguments)).current_dir(&self.data);
        dies.env("MILLRACE_DIE_AT", place);
        let output = tokio::task::spawn_blocking(move || dies.output().unwrap());
        let status = output.await.unwrap().status;
        assert_eq!(
            status.signal(),
            Some(6),
            "{arguments:?} at {place}: {status}"
        );
    }

    async fn audit(&self) {
        let audit = ["audit", "--full", "--data-dir", self.data.to_str().unwrap()];
        run_ok(&self.data, &audit).await;
    }

    fn command<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        let folder = ["--json", "--data-dir", self.data.to_str().unwrap()];
        [&["batch"], arguments, &folder].concat()
    }
}

async fn site(folder: &Path) -> (Server, Site) {
    let data = folder.join("data");
    let mut server = Server::up(&data, &[]);
    server.start().await;
    let customer = Customer::of(&server).await;
    let link = json!({"slug": "hello", "destination": "https://example.com/"});
    customer.create("links", &link).await;
    (server, Site { data, customer })
}

#[tokio::test]
async fn a_full_run_is_staged_compared_published_and_gone_back_from() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, site) = site(folder.path()).await;
    site.click(5, 5).await;
    for command in ["diff", "publish", "discard"] {
        let said = site.refused(&[command]).await;
        assert!(said.contains("millrace batch run --full --stage"), "{said}");
    }

    let staged = site.batch(&["run", "--full", "--stage"]).await;
    assert_eq!(
        (&staged["events"], &staged["rows"]),
        (&json!(5), &json!([]))
    );
    site.click(3, 8).await;
    // What was settled since is compared, too.
    let by_day = site.batch(&["diff", "--by", "day"]).await;
    let same = (&by_day["events"], &by_day["rows"], &by_day["cubes"]);
    assert_eq!(same, (&json!(8), &json!([]), &json!([])));
    let published = site.batch(&["publish"]).await;
    assert_eq!(
        (&published["published"], &published["changed"]),
        (&json!(true), &json!([]))
    );
    site.counts(8).await;
    site.refused(&["publish"]).await;

    site.click(2, 10).await;
    assert_eq!(site.batch(&["rollback"]).await["published"], true);
    site.counts(10).await;
    site.batch(&["run", "--full", "--stage"]).await;
    assert_eq!(site.batch(&["discard"]).await["published"], true);
    site.refused(&["discard"]).await;
    site.counts(10).await;
    site.audit().await;
}

#[tokio::test]
async fn commands_that_die_half_way_can_be_given_again() {
    testing::needs_faults!();
    let folder = tempfile::tempdir().unwrap();
    let (_server, site) = site(folder.path()).await;
    site.click(5, 5).await;
    let stage = ["run", "--full", "--stage"];
    site.dies(&stage, "rollup.recounting").await;
    site.batch(&stage).await;
    for place in ["rollup.recounted", "rollup.files"] {
        site.dies(&["publish"], place).await;
        site.counts(5).await;
    }
    site.click(2, 7).await;
    site.dies(&["publish"], "rollup.published").await;
    site.counts(7).await;
    site.refused(&["publish"]).await;
    assert_eq!(site.batch(&["rollback"]).await["published"], true);

    site.batch(&stage).await;
    site.dies(&["discard"], "rollup.files").await;
    for command in ["publish", "discard", "diff"] {
        site.refused(&[command]).await;
    }
    site.click(1, 8).await;
    assert_eq!(site.batch(&["run", "--full"]).await["events"], 8);
    site.counts(8).await;
    site.audit().await;
}
