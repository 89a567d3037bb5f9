//! What other versions stored: see `testdata/stored`.

use std::path::Path;

use storage::store;

use super::*;

/// A copy of what a format stored; it goes with the folder.
fn stored(format: u32) -> (Store, tempfile::TempDir) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/stored");
    let from = from.join(format!("catalog-{format}/store/ledger"));
    let folder = tempfile::tempdir().unwrap();
    for ledger in ["catalog", "catalog-snapshots"] {
        let to = folder.path().join("ledger").join(ledger);
        std::fs::create_dir_all(&to).unwrap();
        for file in std::fs::read_dir(from.join(ledger)).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
    let store = store::open(&format!("file://{}", folder.path().display())).unwrap();
    (store, folder)
}

fn without_format((n, rows): (u64, Vec<Change>)) -> (u64, Vec<Change>) {
    let rows = rows.into_iter();
    (
        n,
        rows.filter(|row| !matches!(row, Change::Format(_)))
            .collect(),
    )
}

#[tokio::test]
async fn what_each_format_stored_is_read() {
    for format in [1, 2] {
        let (store, folder) = stored(format);
        let catalog = open(&store, 1).await;
        assert!(catalog.key("mr_fixture").is_some());
        assert!(catalog.link_by_slug("second", 0).is_some());
        for slug in ["deleted", "renamed", "first"] {
            let is_free = |owner| catalog.read(|s| s.is_slug_free(None, slug, account_id(owner)));
            assert_eq!((is_free(1), is_free(2)), (true, false), "{slug}");
        }
        let with_snapshot = contents(&catalog);
        std::fs::remove_dir_all(folder.path().join("ledger/catalog-snapshots")).unwrap();
        let from_entries = contents(&open(&store, 2).await);
        assert_eq!(without_format(from_entries), without_format(with_snapshot));
    }
}

#[tokio::test]
async fn the_first_change_names_the_format_and_no_other_does() {
    let (store, _folder) = stored(1);
    let catalog = open(&store, 1).await;
    let entries = Ledger::new(store.clone(), LEDGER);
    for (n, slug) in [(5, "third"), (6, "fourth")] {
        let renamed = vec![Change::PutLink(link(8, 1, slug))];
        assert_eq!(commit(&catalog, renamed.clone()).await.unwrap(), n);
        let entry = entries.entry::<serde_json::Value>(n).await.unwrap();
        let first = entry.unwrap().body[0].clone();
        assert_eq!(
            first == serde_json::json!({"format": Format::OURS}),
            n == 5,
            "{first}"
        );
    }
    let rows = catalog.read(State::rows);
    let again = snapshot::decode(6, &snapshot::encode(6, &rows).unwrap()).unwrap();
    assert_eq!(again.format, Format::OURS);
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let store = memory();
    let catalog = open(&store, 1).await;
    commit(&catalog, vec![account(1)]).await.unwrap();
    let next = u32::from(Format::OURS) + 1;
    let newer = serde_json::json!([{"format": next}, {"put_what_nobody_knows": {}}]);
    let stamp = catalog.0.env.stamp();
    catalog.0.ledger.append(2, &newer, stamp).await.unwrap();
    let refused = catalog.follow().await.unwrap_err().to_string();
    assert!(
        refused.contains(&format!("of format {next}")) && refused.contains("upgrade"),
        "{refused}"
    );
    commit(&catalog, vec![account(2)]).await.unwrap_err();
    assert_eq!(catalog.read(|state| state.n), 1);
    let changes = format!("{{\"n\":2,\"rows\":1}}\n{{\"format\":{next}}}");
    let packed = zstd::encode_all(changes.as_bytes(), 1).unwrap();
    let refused = snapshot::decode(2, &packed).unwrap_err();
    assert!(refused.contains("upgrade"), "{refused}");
}

/// Entries of a ledger are read for as long as there are any.
#[test]
fn options_of_links_are_stored_as_ever() {
    let text = r#"{"put_link":{"id":"lnk_0000000000008","account":"acc_0000000000001","slug":"s","destination":"https://a.example","options":{"status":301,"note":"n","external_id":"e","archived":true,"starts_ms":5,"fallback":"https://f.example/{slug}","click_id_param":"cid","utm":{"source":"mail"},"rules":[{"name":"r","when":{"country":["DE"]},"to":"https://de.example"},{"to":[{"name":"a","weight":1,"to":"https://x.example"}]}]},"created_ms":1}}"#;
    let change: Change = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&change).unwrap(), text);
}
