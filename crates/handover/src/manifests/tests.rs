use futures::executor::block_on;
use object_store::memory::InMemory;

use super::*;
use crate::manifest::{EventsFile, File};

fn file(n: u64) -> EventsFile {
    EventsFile {
        file: File {
            name: format!("{n:04}"),
            rows: n,
            bytes: 10 * n,
        },
        received: 1,
        first_ms: 2,
        last_ms: 3,
        has_expired: false,
        is_rest: false,
    }
}

fn stamp(n: u64) -> Stamp {
    Stamp {
        nonce: n.into(),
        at_ms: 0,
    }
}

#[test]
fn what_is_written_follows_what_changed_and_every_reader_sees_all() {
    let store: Store = Arc::new(InMemory::new());
    let writer = Manifests::new(Arc::clone(&store));
    let (mut published, mut sizes) = (vec![Published::default()], Vec::new());
    for n in 1..=3 * short::EVERY {
        let current = block_on(writer.latest()).unwrap();
        let mut manifest = (*current.manifest).clone();
        manifest.events_count = n;
        manifest.event_files.push(file(n));
        manifest
            .event_files
            .retain(|file| file.file.rows % 5 != 1 || file.file.rows + 3 > n);
        let appended = block_on(writer.publish(&current, &manifest, stamp(n))).unwrap();
        assert_eq!(appended, Appended::Yes);
        published.push(block_on(writer.latest()).unwrap());
        let stored: Manifest = block_on(writer.ledger.entry(n)).unwrap().unwrap().body;
        sizes.push((stored.since.is_some(), stored.event_files.len() as u64));
    }
    // Whoever begins anywhere, and whoever goes on from there, reads the same.
    for reader in [Manifests::new(Arc::clone(&store)), writer] {
        for whole in published.iter().skip(1) {
            let read = block_on(reader.get(whole.n)).unwrap().unwrap();
            assert_eq!(
                (read.manifest, read.whole),
                (Arc::clone(&whole.manifest), whole.whole)
            );
        }
    }
    let whole = sizes.iter().filter(|(short, _)| !short).count();
    assert_eq!(whole, 3, "the first, and one in so many");
    let longest = sizes
        .iter()
        .filter(|(short, _)| *short)
        .map(|(_, files)| *files)
        .max();
    assert!(longest < Some(short::EVERY), "{longest:?}");
    let last = published.pop().unwrap();
    assert_eq!(last.manifest.event_files.len(), 154);
}

#[test]
fn a_manifest_whose_base_is_lost_or_no_base_is_refused() {
    let store: Store = Arc::new(InMemory::new());
    let writer = Manifests::new(Arc::clone(&store));
    for n in 1..=2 {
        let current = block_on(writer.latest()).unwrap();
        let mut manifest = (*current.manifest).clone();
        manifest.event_files.push(file(n));
        block_on(writer.publish(&current, &manifest, stamp(n))).unwrap();
    }
    let second: Manifest = block_on(writer.ledger.entry(2)).unwrap().unwrap().body;
    assert_eq!(second.since.as_ref().map(|since| since.manifest), Some(1));
    let elsewhere: Store = Arc::new(InMemory::new());
    let ledger = Ledger::new(Arc::clone(&elsewhere), manifest::LEDGER);
    for n in 1..=2 {
        block_on(ledger.append(n, &second, stamp(n))).unwrap();
    }
    let error = block_on(Manifests::new(elsewhere).get(2)).unwrap_err();
    assert!(error.to_string().contains("not stored whole"), "{error}");
}
