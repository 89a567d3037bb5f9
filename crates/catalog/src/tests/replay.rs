//! Whatever happens, a snapshot and what follows it equal the whole history.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Put(u64, u64, u8),
    Delete(u64),
    Key(u8, u64),
    Revoke(u8),
    Snapshot,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..12u64, 0..2u64, 0..12u8).prop_map(|(raw, owner, slug)| Step::Put(raw, owner, slug)),
        2 => (1..12u64).prop_map(Step::Delete),
        1 => (0..4u8, 0..2u64).prop_map(|(name, owner)| Step::Key(name, owner)),
        1 => (0..4u8).prop_map(Step::Revoke),
        1 => Just(Step::Snapshot),
    ]
}

async fn run(catalog: &Catalog, store: &Store, step: Step) {
    let change = match step {
        Step::Put(raw, owner, slug) => Change::PutLink(link(raw, owner, &format!("s{slug}"))),
        Step::Delete(raw) => Change::Delete(id(EntityKind::Link, raw)),
        Step::Key(name, owner) => Change::PutKey(key(&format!("k{name}"), owner, "mr_x")),
        Step::Revoke(name) => Change::RevokeKey(format!("k{name}").into()),
        Step::Snapshot => {
            let (n, rows) = catalog.read(|state| (state.n, state.rows()));
            return snapshot::save(store, n, rows).await.unwrap();
        }
    };
    let _refused_or_not = commit(catalog, vec![change]).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn snapshot_and_follow_equal_full_replay(steps in prop::collection::vec((any_step(), any::<bool>()), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = memory();
            let pair = [open(&store, 1).await, open(&store, 2).await];
            commit(&pair[0], vec![account(0), account(1)]).await.unwrap();
            for (step, other) in steps {
                run(&pair[usize::from(other)], &store, step).await;
            }
            let mut replay = State::default();
            let ledger = Ledger::new(store.clone(), LEDGER);
            for entry in ledger.entries_after::<Vec<Change>>(0, 1_000).await.unwrap() {
                entry.body.into_iter().for_each(|change| replay.apply(change));
                replay.n = entry.n;
            }
            let full: Vec<Change> = replay.rows().iter().map(state::Put::to_change).collect();
            let slugs: HashSet<_> = replay.links.iter().filter(|l| !l.deleted).map(|l| l.slug.clone()).collect();
            assert_eq!(slugs.len(), replay.links.iter().filter(|l| !l.deleted).count());
            let late = open(&store, 3).await;
            for catalog in pair.iter().chain([&late]) {
                catalog.follow().await.unwrap();
                assert_eq!(contents(catalog), (replay.n, full.clone()));
            }
        });
    }
}
