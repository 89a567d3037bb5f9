//! The services of `docker-compose.yml` as plain processes, with the commands, settings and health checks that are in it; S3
//! is moto's instead of the store that the file names.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, redirect::Policy};
use serde_json::{Value, json};

use crate::support::{eventually, http, moto};

/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(120);
const ADMIN: &str = "the-admin-token-of-a-test-of-compose";

/// All services, ended when dropped.
struct Compose(Child);

impl Compose {
    fn start(folder: &Path) -> Self {
        let repo = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = folder.join("one_at_a_time.py");
        fs::write(&program, moto::PROGRAM).unwrap();
        let python = moto::python();
        let store = format!(
            "{} {} {{port}} {{host}}",
            python.display(),
            program.display()
        );
        let env_file = folder.join("env");
        let env = format!(
            "MILLRACE_ADMIN_TOKEN={ADMIN}\nMILLRACE_SECRET={}\nS3_SECRET_KEY=the-key-of-a-store\nREDIS_PASSWORD=the-password-of-redis\n",
            "5c".repeat(32)
        );
        fs::write(&env_file, env).unwrap();
        let mut command = Command::new(&python);
        command
            .arg(repo.join("scripts/compose-local.py"))
            .args([
                "--binary",
                env!("CARGO_BIN_EXE_millrace"),
                "--store-command",
                &store,
            ])
            .args(["--store-health", "http://{host}:{port}/moto-api/"])
            .arg("--env-file")
            .arg(&env_file)
            .arg("--folder")
            .arg(folder.join("services"))
            .stdout(Stdio::piped());
        // A group of its own: what it starts ends with it, however this test ends.
        Self(
            command
                .process_group(0)
                .spawn()
                .expect("python with PyYAML"),
        )
    }

    /// Waits until all are healthy; gives their addresses by name.
    fn addresses(&mut self) -> Vec<(String, String)> {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        let lines = lines.map_while(Result::ok);
        let services = lines.take_while(|line| !line.starts_with("all are up"));
        let pair = |line: String| {
            line.split_once(' ')
                .map(|(name, host)| (name.to_owned(), host.to_owned()))
        };
        services.filter_map(pair).collect()
    }
}

impl Drop for Compose {
    fn drop(&mut self) {
        // It ends those that drain before those that they need.
        let script = self.0.id().to_string();
        let _ = Command::new("kill").arg(&script).status();
        let _ = self.0.wait();
        let group = format!("-{script}");
        let mut kill = Command::new("kill");
        let _ = kill
            .args(["-KILL", "--", &group])
            .stderr(Stdio::null())
            .status();
    }
}

#[tokio::test]
async fn services_of_the_file_work_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut compose = Compose::start(folder.path());
    let (mut compose, addresses) = tokio::task::spawn_blocking(move || {
        let addresses = compose.addresses();
        (compose, addresses)
    })
    .await
    .unwrap();
    let names: Vec<&str> = addresses.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "collector-1",
            "collector-2",
            "speed",
            "batch",
            "api",
            "redis",
            "store"
        ],
        "all are healthy, and the bucket was made"
    );
    let url = |name: &str, port: u16| {
        let (_, host) = addresses.iter().find(|(known, _)| known == name).unwrap();
        format!("http://{host}:{port}")
    };
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let api = url("api", 8081);
    let post = async |path: &str, key: &str, body: Value| {
        let request = client
            .post(format!("{api}{path}"))
            .bearer_auth(key)
            .json(&body);
        http::answer(path, request.send().await.unwrap()).await
    };
    let account = post("/v1/accounts", ADMIN, json!({"name": "First"})).await;
    let key = account["api_key"].as_str().unwrap();
    post(
        "/v1/links",
        key,
        json!({"slug": "hot", "destination": "https://example.com/"}),
    )
    .await;
    for collector in ["collector-1", "collector-2"] {
        let hot = format!("{}/hot", url(collector, 8080));
        eventually("the link to redirect", LIMIT, async || {
            let answer = client
                .get(&hot)
                .header("user-agent", "Mozilla/5.0")
                .send()
                .await;
            match answer.map(|answer| answer.status().as_u16()) {
                Ok(302) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }
    eventually("both clicks to be counted", LIMIT, async || {
        let question =
            format!("{api}/v1/stats?metrics=clicks&exclude_bots=false&range=24h&interval=none");
        let answer = client.get(question).bearer_auth(key).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let is_right = answer["totals"]["clicks"] == 2 && answer["meta"]["complete"] == true;
        is_right.then_some(()).ok_or(answer)
    })
    .await;
    assert_eq!(compose.0.try_wait().unwrap(), None, "it waits to be ended");
}

/// An image is built of what `.dockerignore` lets in.
#[test]
fn the_image_is_built_with_every_member_of_the_workspace() {
    let repo = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(repo.join(name)).unwrap();
    let let_in = read(".dockerignore");
    let let_in: Vec<&str> = let_in
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    let manifest = read("Cargo.toml");
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = ["));
    let members = members.unwrap().trim_end_matches(']').split(',');
    let members = members.map(|name| name.trim().trim_matches('"'));
    let missing: Vec<&str> = members
        .filter(|name| *name != ".")
        .map(|name| name.split('/').next().unwrap())
        .filter(|name| !let_in.contains(name))
        .collect();
    assert_eq!(missing, [""; 0], "in .dockerignore");
}
