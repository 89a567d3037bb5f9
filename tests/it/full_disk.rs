//! A disk that is full, for real: a small tmpfs, which only root can mount.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use reqwest::Response;
use serde_json::json;

use crate::support::{
    diary::Diary, eventually, http::Customer, load::Load, objects::Objects, place::Place,
    process::Server, truth,
};

/// Room for the log, and not for much more.
const SIZE: &str = "size=8m";
const FLAGS: [&str; 4] = ["--segment-interval", "200ms", "--epoch-max-age", "1s"];
/// A full disk is tried again every 5 s.
const LIMIT: Duration = Duration::from_secs(30);
const CLIENTS: u64 = 4;
/// Events that must be acknowledged before the disk fills, and after there is room again.
const SOME: u64 = 300;

/// A mounted folder, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(at);
        let mounted = mount.status().is_ok_and(|status| status.success());
        mounted.then(|| Self(at.to_owned()))
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        let mut size = 64 * 1024;
        while size > 0 {
            if filler.write_all(&vec![0; size]).is_err() {
                size /= 2;
            }
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the process in it ends at the same time.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_stops_no_redirect_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(&folder.path().join("disk")) else {
        testing::skip(
            testing::here!(),
            "only root can mount a small disk; run it as root",
        );
        return;
    };
    let place = Place::folder(&folder.path().join("store"));
    let mut server = Server::up(&disk.0, &FLAGS).at(&place);
    server.start().await;
    let customer = Customer::of(&server).await;
    let collectors = [server.collector.clone()];
    let objects = Objects::create(&customer, &collectors, 2).await;
    let load = Load::start(&customer, &collectors, &objects, CLIENTS, 1);
    load.wait_for_more(SOME).await;

    let mut probes = Diary::default();
    for round in 0..2 {
        disk.fill();
        nothing_is_recorded_and_that_is_said(&customer, &server.operator, &objects, &mut probes)
            .await;
        let full = load.acknowledged();
        println!("round {round}: {full} acknowledged when the disk was full");
        disk.free();
        load.wait_for_more(SOME).await;
    }

    let mut diary = load.end().await;
    diary.add(probes);
    truth::wait_for_everything(&customer, &[&server.collector], &objects, &mut diary).await;
    let live = truth::Live::of(&customer, &place.store).await;
    customer.roll_up().await;
    live.check_settled(&customer, &place.store, &diary).await;
}

async fn nothing_is_recorded_and_that_is_said(
    customer: &Customer,
    operator: &str,
    objects: &Objects,
    probes: &mut Diary,
) {
    let base = &customer.collector;
    let get = async |path: String| customer.http.get(format!("{base}{path}")).send().await;
    eventually("a redirect that is not recorded", LIMIT, async || {
        let marker = format!("probe-{}", probes.sent.len());
        match truth::click(customer, base, objects, &marker, probes).await {
            true => Err("it is recorded"),
            false => Ok(()),
        }
    })
    .await;
    let view = get(format!("/p/{}.gif", objects.pixels[0])).await.unwrap();
    assert_eq!(view.status(), 200);
    assert!(!view.headers().contains_key("millrace-event-id"));
    let goal = &objects.goals[0];
    let postback = get(format!("/c/{goal}?transaction_id=full")).await.unwrap();
    asks_to_send_again(&postback);
    let events = customer.http.post(format!("{base}/v1/events"));
    let events = events
        .bearer_auth(&customer.key)
        .json(&json!([{"goal": goal}]));
    asks_to_send_again(&events.send().await.unwrap());
    let metrics = customer.http.get(format!("{operator}/metrics"));
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    let counted = metrics
        .lines()
        .find(|line| line.starts_with("millrace_unrecorded_events_total{reason=\"disk\"}"));
    assert!(counted.is_some(), "{metrics}");
}

fn asks_to_send_again(response: &Response) {
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
}
