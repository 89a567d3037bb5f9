//! Snapshots, copies and entries that somebody damaged: property tests of what reads the catalog.

use std::io::Write;

use proptest::{collection::vec, prelude::*, sample::Index};
use storage::{bell::Bell, env::Env};

use super::*;

fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof!["[ -~]{0,12}", any::<String>(), "x{300}"].prop_map(String::into_boxed_str)
}

/// Any row, whether or not a rule would let it in.
fn any_row() -> impl Strategy<Value = Change> {
    let numbers = any::<(u64, u8, i64, bool)>();
    (numbers, text(), text(), 0..16).prop_map(|((raw, owner, at, flag), name, other, kind)| {
        let owner = account_id(owner.into());
        match kind {
            0 => Change::PutAccount(Account {
                id: account_id(raw),
                name,
                created_ms: at,
                settings: AccountSettings {
                    timezone: other,
                    honour_dnt: flag,
                    excluded_networks: vec!["10.0.0.0/8".parse().unwrap()],
                    allowed_schemes: vec!["ftp".into()],
                    allowed_origins: vec!["https://a.example".into()],
                    count_datacenters: true,
                    click_id_param: None,
                    currency: None,
                    visitor_memory: Default::default(),
                    keep_events_days: flag.then_some(owner.raw as u32),
                },
                plan: flag.then(|| "pro".into()),
                quotas: Box::new(some_quotas(raw)),
                suspended: flag.then(|| Suspension {
                    is_erased: raw % 2 == 0,
                    since_ms: at,
                    reason: "abuse".into(),
                }),
            }),
            1 => Change::PutKey(ApiKey {
                revoked: flag,
                hash: other,
                scopes: vec![Scope::Admin; usize::from(flag)],
                ..key(&name, owner.raw, "mr_x")
            }),
            2 => Change::PutLink(Link {
                destination: other.clone(),
                title: Some(other),
                expires_ms: flag.then_some(at),
                deleted: flag,
                ..link(raw, owner.raw, &name)
            }),
            3 => Change::PutPixel(Pixel {
                id: id(EntityKind::Pixel, raw),
                account: owner,
                name,
                campaign: flag.then_some(owner),
                tags: [other].into(),
                created_ms: at,
                deleted: flag,
            }),
            4 => Change::PutCampaign(campaign(raw, owner.raw, &name)),
            5 => Change::RevokeKey(name),
            7 => Change::Format(Format::OURS),
            6 => Change::GiveUpSlug {
                slug: name,
                account: owner,
            },
            9 => Change::History {
                account: owner,
                entries: [raw >> 1, raw].into(),
            },
            10 => Change::Answered(Box::new(Answered {
                scope: owner.raw,
                name,
                request: other,
                n: raw,
                at_ms: at,
                reply: None,
            })),
            11 => Change::KeyUsed {
                id: name,
                minute: at,
            },
            12 => Change::PutAnnotation(Annotation {
                id: name,
                account: owner,
                from: at,
                to: None,
                text: other,
                object: flag.then_some(owner),
                created_ms: at,
            }),
            14 => Change::PutPlan(Plan {
                name,
                quotas: some_quotas(raw),
                created_ms: at,
            }),
            15 => Change::DeletePlan(name),
            13 => Change::PutShare(Share {
                id: name,
                account: owner,
                hash: other.clone(),
                name: other.clone(),
                filters: [(other.clone(), other)].into(),
                hides_money: flag,
                expires_ms: flag.then_some(at),
                created_ms: at,
            }),
            _ => Change::Delete(id(EntityKind::Link, raw)),
        }
    })
}

fn some_quotas(raw: u64) -> SomeQuotas {
    SomeQuotas {
        links: Some(raw).filter(|raw| raw % 3 > 0),
        shares: Some(1_000).filter(|_| raw.is_multiple_of(2)),
        keep_events_days: Some(raw as u32).filter(|_| raw.is_multiple_of(5)),
        ..SomeQuotas::default()
    }
}

fn state_of(changes: &[Change]) -> State {
    let mut state = State::default();
    changes
        .iter()
        .cloned()
        .for_each(|change| state.apply(change));
    state
}

fn rows(state: &State) -> Vec<Change> {
    state.rows().iter().map(state::Put::to_change).collect()
}

/// A snapshot of these lines, as it may be written by hand.
fn packed(lines: &[String]) -> Vec<u8> {
    let mut out = zstd::Encoder::new(Vec::new(), 1).unwrap();
    out.write_all(lines.join("\n").as_bytes()).unwrap();
    out.finish().unwrap()
}

/// The catalog as read from a copy on disk.
fn open_copy(bytes: &[u8]) -> std::io::Result<(u64, Vec<Change>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    std::fs::write(&path, bytes).unwrap();
    let clock = Arc::new(ManualClock::new(1));
    let random = Arc::new(SeededRandom::new(1));
    let opened = Catalog::open_copy(
        Env {
            store: memory(),
            bell: Bell::default(),
            clock,
            random,
        },
        &path,
    );
    runtime().block_on(opened).map(|catalog| contents(&catalog))
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap()
}

proptest! {
    #[test]
    fn given_up_slugs_are_counted_by_account(changes in vec(any_row(), 0..8)) {
        let state = state_of(&changes);
        let mut counts = std::collections::HashMap::new();
        for row in rows(&state) {
            if let Change::GiveUpSlug { account, .. } = row {
                *counts.entry(account).or_insert(0) += 1;
            }
        }
        for (account, count) in counts {
            prop_assert_eq!(state.given_up_of(account), count);
        }
    }

    #[test]
    fn any_rows_survive_a_snapshot(n in any::<u64>(), changes in vec(any_row(), 0..8)) {
        let state = state_of(&changes);
        let bytes = snapshot::encode(n, &state.rows()).unwrap();
        let read = snapshot::decode(n, &bytes).unwrap();
        prop_assert_eq!((read.n, rows(&read)), (n, rows(&state)));
        prop_assert_eq!((read.len(), open_copy(&bytes).unwrap()), (state.len(), (n, rows(&state))));
        prop_assert!(snapshot::decode(n ^ 1, &bytes).is_err());
    }

    #[test]
    fn a_damaged_snapshot_never_passes_for_another_catalog(
        changes in vec(any_row(), 0..8), at in any::<Index>(), by in 1u8.., noise in vec(any::<u8>(), 0..9),
    ) {
        let state = state_of(&changes);
        let whole = snapshot::encode(7, &state.rows()).unwrap().to_vec();
        let place = at.index(whole.len());
        let (mut flipped, mut longer) = (whole.clone(), whole.clone());
        flipped[place] ^= by;
        longer.extend(noise);
        let copied = open_copy(&flipped).ok().map(|copy| copy.1);
        let decoded = [flipped, longer, whole[..place].to_vec()]
            .map(|damaged| snapshot::decode(7, &damaged).ok().map(|state| rows(&state)));
        for read in decoded.into_iter().chain([copied]).flatten() {
            prop_assert_eq!(read, rows(&state));
        }
    }

    #[test]
    fn lines_of_any_json_are_refused_or_rows(
        changes in vec(any_row(), 0..6), at in any::<Index>(), by in any::<u8>(), count in 0usize..8,
    ) {
        let mut lines = vec![format!("{{\"n\":7,\"rows\":{count}}}")];
        lines.extend(changes.iter().map(|change| serde_json::to_string(change).unwrap()));
        // How many rows there are to be stays as it is said below.
        let head = lines[0].len();
        let mut text = lines.join("\n").into_bytes();
        if text.len() > head {
            let at = head + at.index(text.len() - head);
            text[at] ^= by;
        }
        if let Ok(text) = String::from_utf8(text)
            && let Ok(state) = snapshot::decode(7, &packed(&[text]))
        {
            // A link that is deleted, or loses its slug to another, leaves a reserved slug behind.
            prop_assert!(state.len() <= 2 * count, "{} rows of {}", state.len(), count);
            let again = snapshot::encode(7, &state.rows()).unwrap();
            prop_assert_eq!(rows(&snapshot::decode(7, &again).unwrap()), rows(&state));
        }
    }

    #[test]
    fn who_follows_a_damaged_entry_keeps_what_was_there(
        changes in vec(any_row(), 1..5), at in any::<Index>(), by in 1u8..,
    ) {
        runtime().block_on(async {
            let store = memory();
            let catalog = open(&store, 1).await;
            commit(&catalog, vec![account(1), Change::PutLink(link(1, 1, "here"))]).await.unwrap();
            let before = contents(&catalog);
            let mut text = serde_json::to_vec(&serde_json::json!({"nonce": "0", "at_ms": 0, "body": &changes})).unwrap();
            let at = at.index(text.len());
            text[at] ^= by;
            let path = storage::object_keys::ObjectKey::Ledger { ledger: LEDGER.into(), n: 2 }.path();
            object_store::ObjectStoreExt::put(&*store, &path, text.into()).await.unwrap();
            let late = Catalog::open(Env { store: store.clone(), bell: Bell::default(), clock: Arc::new(ManualClock::new(1)), random: Arc::new(SeededRandom::new(2)) }).await;
            match (catalog.follow().await, late) {
                (Ok(1), Ok(late)) => {
                    prop_assert_eq!(contents(&catalog).0, 2);
                    prop_assert_eq!(contents(&late), contents(&catalog));
                }
                (Err(error), Err(late)) => {
                    prop_assert_eq!(contents(&catalog), before);
                    prop_assert!(catalog.link_by_slug("here", 0).is_some());
                    for error in [error, late] {
                        prop_assert!(error.to_string().contains(path.as_ref()), "{}", error);
                    }
                }
                (follow, late) => prop_assert!(false, "{:?} and {:?}", follow, late.err()),
            }
            Ok(())
        })?;
    }
}
