use std::collections::HashSet;

use model::{
    clock::ManualClock,
    id::EntityKind,
    random::{self, SeededRandom},
};
use object_store::memory::InMemory;
use storage::{bell::Bell, env::Env, store::Store};

use super::{routing::LinkOptions, *};

mod history;
mod hostile;
mod plans;
mod replay;
mod retention;
mod stored;

fn id(kind: EntityKind, raw: u64) -> EntityId {
    EntityId::new(kind, raw)
}

fn account_id(raw: u64) -> EntityId {
    id(EntityKind::Account, raw)
}

fn account(raw: u64) -> Change {
    Change::PutAccount(Account {
        id: account_id(raw),
        name: format!("Account {raw}").into(),
        created_ms: 1,
        settings: AccountSettings::default(),
        plan: None,
        quotas: Box::default(),
        suspended: None,
    })
}

fn link(raw: u64, owner: u64, slug: &str) -> Link {
    Link {
        id: id(EntityKind::Link, raw),
        account: account_id(owner),
        slug: slug.into(),
        destination: "https://shop.example/spring?ref=millrace".into(),
        campaign: None,
        tags: Box::default(),
        title: None,
        pass_query: false,
        append_click_id: false,
        expires_ms: None,
        options: None,
        created_ms: 1,
        deleted: false,
    }
}

fn campaign(raw: u64, owner: u64, name: &str) -> Campaign {
    Campaign {
        id: id(EntityKind::Campaign, raw),
        account: account_id(owner),
        name: name.into(),
        cost_per_click: None,
        tags: Box::default(),
        created_ms: 1,
        deleted: false,
    }
}

fn key(name: &str, owner: u64, secret: &str) -> ApiKey {
    ApiKey {
        id: name.into(),
        account: account_id(owner),
        hash: random::hash_secret(secret).into(),
        name: name.into(),
        scopes: vec![Scope::Write],
        created_ms: 1,
        expires_ms: None,
        replaced: None,
        revoked: false,
    }
}

async fn open(store: &Store, seed: u64) -> Catalog {
    let random = Arc::new(SeededRandom::new(seed));
    let clock = Arc::new(ManualClock::new(1));
    Catalog::open(Env {
        store: store.clone(),
        bell: Bell::default(),
        clock,
        random,
    })
    .await
    .unwrap()
}

fn memory() -> Store {
    Arc::new(InMemory::new())
}

async fn commit(catalog: &Catalog, changes: Vec<Change>) -> Result<u64, CatalogError> {
    catalog.commit(|_| Ok(changes.clone())).await
}

fn contents(catalog: &Catalog) -> (u64, Vec<Change>) {
    let changes = |state: &State| state.rows().iter().map(state::Put::to_change).collect();
    catalog.read(|state| (state.n, changes(state)))
}

#[tokio::test]
async fn a_writer_reads_its_writes_and_others_follow() {
    let store = memory();
    let (one, two) = (open(&store, 1).await, open(&store, 2).await);
    let changes = vec![account(1), Change::PutLink(link(7, 1, "hello"))];
    assert_eq!(commit(&one, changes).await.unwrap(), 1);
    let found = one.link_by_slug("hello", 0).unwrap();
    assert_eq!(found.id, id(EntityKind::Link, 7));
    assert!(two.link_by_slug("hello", 0).is_none());
    assert_eq!(two.follow().await.unwrap(), 1);
    assert_eq!(two.link_by_slug("hello", 0), Some(found));
    assert_eq!(two.follow().await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_catalogs_never_both_get_one_slug() {
    let store = memory();
    let catalogs = [open(&store, 1).await, open(&store, 2).await];
    commit(&catalogs[0], vec![account(0), account(1)])
        .await
        .unwrap();
    let tasks: Vec<_> = (0..40u64)
        .map(|n| {
            let (writer, slug) = (n % 2, format!("slug{}", n / 2));
            let catalog = catalogs[writer as usize].clone();
            let put = Change::PutLink(link(100 + n, writer, &slug));
            tokio::spawn(async move { commit(&catalog, vec![put]).await })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, CatalogError::Taken { .. }), "{error}"),
        }
    }
    assert_eq!(won, 20);
    let [one, two] = &catalogs;
    one.follow().await.unwrap();
    two.follow().await.unwrap();
    assert_eq!(contents(one), contents(two));
}

#[tokio::test]
async fn deleted_and_expired_links_lead_nowhere_but_are_known() {
    let catalog = open(&memory(), 1).await;
    let expiring = Link {
        expires_ms: Some(1_000),
        ..link(8, 1, "short")
    };
    let puts = [link(7, 1, "hello"), expiring].map(Change::PutLink);
    commit(&catalog, [vec![account(1)], puts.to_vec()].concat())
        .await
        .unwrap();
    assert!(catalog.link_by_slug("short", 999).is_some());
    assert!(catalog.link_by_slug("short", 1_000).is_none());
    let gone = id(EntityKind::Link, 7);
    commit(&catalog, vec![Change::Delete(gone)]).await.unwrap();
    assert!(catalog.link_by_slug("hello", 0).is_none());
    let known = catalog.describe(gone).unwrap();
    assert_eq!((&*known.name, known.deleted), ("hello", true));
    let live = catalog.read(|state| state.links.of(account_id(1), None, 9));
    assert_eq!(live.len(), 1);
    let again = commit(&catalog, vec![Change::Delete(gone)]).await;
    assert!(matches!(again, Err(CatalogError::NotFound { .. })));
}

#[tokio::test]
async fn a_slug_stays_with_its_account_for_good() {
    let store = memory();
    let catalog = open(&store, 1).await;
    let first = vec![
        account(1),
        account(2),
        Change::PutLink(link(7, 1, "deleted")),
        Change::PutLink(link(8, 1, "renamed")),
    ];
    commit(&catalog, first).await.unwrap();
    let gone = id(EntityKind::Link, 7);
    let changes = vec![Change::Delete(gone), Change::PutLink(link(8, 1, "other"))];
    commit(&catalog, changes).await.unwrap();
    let rows = catalog.read(State::rows);
    let from_snapshot = snapshot::decode(1, &snapshot::encode(1, &rows).unwrap()).unwrap();
    let followed = open(&store, 2).await;
    for slug in ["deleted", "renamed"] {
        let theirs = commit(&followed, vec![Change::PutLink(link(9, 2, slug))]).await;
        assert!(matches!(theirs, Err(CatalogError::Taken { .. })), "{slug}");
        for (owner, is_free) in [(1, true), (2, false)] {
            assert_eq!(
                from_snapshot.is_slug_free(None, slug, account_id(owner)),
                is_free
            );
        }
        let own = vec![Change::PutLink(link(9, 1, slug))];
        commit(&followed, own).await.unwrap();
        let renamed = vec![Change::PutLink(link(9, 1, "away"))];
        commit(&followed, renamed).await.unwrap();
    }
    let made_up = Change::GiveUpSlug {
        slug: "free".into(),
        account: account_id(2),
    };
    commit(&followed, vec![made_up]).await.unwrap_err();
}

#[tokio::test]
async fn an_account_gives_up_so_many_slugs_where_there_are_several() {
    let store = memory();
    let catalog = open(&store, 1).await;
    let mut small = match account(1) {
        Change::PutAccount(account) => account,
        other => panic!("{other:?}"),
    };
    small.quotas.links = Some(1);
    let rename = |slug: &str| vec![Change::PutLink(link(1, 1, slug))];
    commit(
        &catalog,
        vec![Change::PutAccount(small.clone()), account(2)],
    )
    .await
    .unwrap();
    for n in 0..=10 {
        commit(&catalog, rename(&format!("s{n}"))).await.unwrap();
    }
    let refused = commit(&catalog, rename("s11")).await.unwrap_err();
    assert!(matches!(refused, CatalogError::Slugs { max: 10 }));
    let after_start = open(&store, 2).await;
    commit(&after_start, rename("s11")).await.unwrap_err();
    // Two at once count as two.
    small.quotas.links = Some(2);
    commit(&catalog, vec![Change::PutAccount(small)])
        .await
        .unwrap();
    let others = [rename("s0"), vec![Change::PutLink(link(2, 1, "t0"))]].concat();
    commit(&catalog, others).await.unwrap();
    for n in 12..=20 {
        commit(&catalog, rename(&format!("s{n}"))).await.unwrap();
    }
    let both = vec![
        Change::PutLink(link(1, 1, "s21")),
        Change::PutLink(link(2, 1, "t1")),
    ];
    commit(&catalog, both).await.unwrap_err();
    // What it had it may have again, and give up again; it may delete; others have room.
    for slug in ["s3", "s4", "s3"] {
        commit(&catalog, rename(slug)).await.unwrap();
    }
    commit(&catalog, rename("s22")).await.unwrap();
    commit(&catalog, rename("s23")).await.unwrap_err();
    commit(&catalog, vec![Change::Delete(id(EntityKind::Link, 1))])
        .await
        .unwrap();
    for slug in ["u1", "u2"] {
        let theirs = vec![Change::PutLink(link(3, 2, slug))];
        commit(&catalog, theirs).await.unwrap();
    }
}

#[tokio::test]
async fn keys_open_until_they_are_revoked() {
    let catalog = open(&memory(), 1).await;
    let put = Change::PutKey(key("key_a", 1, "mr_secret"));
    commit(&catalog, vec![account(1), put]).await.unwrap();
    let found = catalog.key("mr_secret").unwrap();
    assert!(
        found.allows(Scope::Read, 1)
            && found.allows(Scope::Write, 1)
            && !found.allows(Scope::Admin, 1)
    );
    assert!(catalog.key("mr_other").is_none());
    commit(&catalog, vec![Change::RevokeKey("key_a".into())])
        .await
        .unwrap();
    assert!(catalog.key("mr_secret").is_none());
    let listed = catalog.read(|state| state.keys_of(account_id(1)));
    assert!(listed.len() == 1 && listed[0].revoked);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_as_a_whole() {
    let catalog = open(&memory(), 1).await;
    let start = vec![
        account(1),
        account(2),
        Change::PutCampaign(campaign(5, 1, "Spring")),
        Change::PutLink(link(7, 1, "hello")),
    ];
    commit(&catalog, start).await.unwrap();
    let in_campaign = |raw, owner, slug| Link {
        campaign: Some(id(EntityKind::Campaign, 5)),
        ..link(raw, owner, slug)
    };
    let bad = [
        Change::PutLink(link(8, 1, "hello")),
        Change::PutLink(link(8, 1, "health")),
        Change::PutLink(link(8, 3, "nobody")),
        Change::PutLink(link(7, 2, "stolen")),
        Change::PutLink(in_campaign(8, 2, "foreign")),
        Change::PutCampaign(campaign(6, 1, "Spring")),
        Change::Delete(account_id(1)),
        Change::RevokeKey("none".into()),
    ];
    let before = contents(&catalog);
    for bad in bad {
        let good = Change::PutLink(link(9, 1, "fine"));
        commit(&catalog, vec![good, bad.clone()])
            .await
            .expect_err(&format!("{bad:?}"));
        assert_eq!(contents(&catalog), before);
    }
    let twice = ["same", "same"].map(|slug| Change::PutLink(link(slug.len() as u64, 1, slug)));
    commit(&catalog, twice.to_vec()).await.unwrap();
    let twins = [20, 21].map(|raw| Change::PutLink(link(raw, 1, "twin")));
    commit(&catalog, twins.to_vec()).await.unwrap_err();
    let good = Change::PutLink(in_campaign(8, 1, "own"));
    commit(
        &catalog,
        vec![good, Change::PutCampaign(campaign(6, 2, "Spring"))],
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn pages_are_in_the_order_of_ids() {
    let catalog = open(&memory(), 1).await;
    let links =
        (1..=50u64).map(|n| Change::PutLink(link(n * 7_919 % 1_000, n % 2, &format!("s{n}"))));
    let changes = [account(0), account(1)].into_iter().chain(links).collect();
    commit(&catalog, changes).await.unwrap();
    let (mut after, mut ids) = (None, Vec::new());
    loop {
        let page = catalog.read(|state| state.links.of(account_id(1), after, 7));
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        ids.extend(page.iter().map(|link| link.id.raw));
    }
    assert!(ids.is_sorted() && ids.iter().collect::<HashSet<_>>().len() == 25);
}

#[tokio::test]
async fn twenty_thousand_links_in_four_commits() {
    let store = memory();
    let catalog = open(&store, 1).await;
    commit(&catalog, vec![account(1)]).await.unwrap();
    for batch in 0..4u64 {
        let links = (batch * 5_000..(batch + 1) * 5_000)
            .map(|n| Change::PutLink(link(n, 1, &format!("bulk-{n}"))))
            .collect();
        commit(&catalog, links).await.unwrap();
    }
    let late = open(&store, 2).await;
    assert_eq!(late.read(|state| state.links.len()), 20_000);
    assert!(late.link_by_slug("bulk-19999", 0).is_some());
}

#[tokio::test]
async fn snapshots_are_taken_tidied_and_passed_over_when_damaged() {
    let store = memory();
    let catalog = open(&store, 1).await;
    commit(&catalog, vec![account(1)]).await.unwrap();
    for n in 2..=SNAPSHOT_EVERY * 6 {
        let put = Change::PutLink(link(n, 1, &format!("s{n}")));
        assert_eq!(commit(&catalog, vec![put]).await.unwrap(), n);
        while catalog.0.snapshot_runs.load(Ordering::Acquire) {
            tokio::task::yield_now().await;
        }
    }
    let numbers = snapshot::numbers(&store).await.unwrap();
    assert_eq!(numbers, [4, 5, 6].map(|k| k * SNAPSHOT_EVERY));
    let newest = snapshot::path(numbers[2]);
    for damage in ["", "not zstd"] {
        let put = object_store::ObjectStoreExt::put(&*store, &newest, damage.into());
        put.await.unwrap();
        assert_eq!(contents(&open(&store, 2).await), contents(&catalog));
    }
}

#[tokio::test]
async fn an_account_has_no_more_than_its_share_where_there_are_several() {
    let catalog = open(&memory(), 1).await;
    let small = Account {
        quotas: Box::new(SomeQuotas {
            links: Some(2),
            ..SomeQuotas::default()
        }),
        ..match account(1) {
            Change::PutAccount(account) => account,
            other => panic!("{other:?}"),
        }
    };
    let links = |from: u64, count: u64| -> Vec<Change> {
        let link = |n| Change::PutLink(link(n, 1, &format!("s{n}")));
        (from..from + count).map(link).collect()
    };
    commit(&catalog, vec![Change::PutAccount(small)])
        .await
        .unwrap();
    commit(&catalog, links(1, 3)).await.unwrap();
    commit(&catalog, vec![account(2)]).await.unwrap();
    let more = commit(&catalog, links(4, 1)).await.unwrap_err();
    assert!(matches!(more, CatalogError::Quota { max: 2, .. }), "{more}");
    // What is there may still change, and be deleted.
    commit(&catalog, vec![Change::PutLink(link(1, 1, "other"))])
        .await
        .unwrap();
    for n in 1..=3 {
        let gone = Change::Delete(id(EntityKind::Link, n));
        commit(&catalog, vec![gone]).await.unwrap();
    }
    commit(&catalog, links(4, 3)).await.unwrap_err();
    // Deleted ones are remembered: there is an end to that as well.
    for n in 4..=20 {
        commit(&catalog, links(n, 1)).await.unwrap();
        let gone = Change::Delete(id(EntityKind::Link, n));
        commit(&catalog, vec![gone]).await.unwrap();
    }
    commit(&catalog, links(21, 1)).await.unwrap_err();
    let tombstone = catalog.link(id(EntityKind::Link, 7)).unwrap();
    assert!(
        tombstone.deleted && tombstone.destination.is_empty(),
        "slim"
    );
}

#[tokio::test]
async fn what_an_account_calls_a_link_names_one() {
    let catalog = open(&memory(), 1).await;
    commit(&catalog, vec![account(1), account(2)])
        .await
        .unwrap();
    let called = |raw, owner, slug: &str, name: &str| {
        let options = LinkOptions {
            external_id: Some(name.into()),
            ..LinkOptions::default()
        };
        Change::PutLink(Link {
            options: Some(Box::new(options)),
            ..link(raw, owner, slug)
        })
    };
    let found = |owner| {
        catalog.read(|state| {
            let called = state.links.called(account_id(owner), "crm-1").cloned();
            assert_eq!(
                state.links.find(account_id(owner), "ext_crm-1"),
                called.as_ref()
            );
            called.map(|link| link.slug.to_string())
        })
    };
    let twice = vec![called(1, 1, "a", "crm-1"), called(2, 1, "b", "crm-1")];
    commit(&catalog, twice).await.unwrap_err();
    commit(&catalog, vec![called(1, 1, "a", "crm-1")])
        .await
        .unwrap();
    commit(&catalog, vec![called(2, 1, "b", "crm-1")])
        .await
        .unwrap_err();
    commit(&catalog, vec![called(3, 2, "d", "crm-1")])
        .await
        .unwrap();
    assert_eq!((found(1), found(2)), (Some("a".into()), Some("d".into())));
    // Another name, or the end of the link, frees it.
    commit(&catalog, vec![called(1, 1, "a", "crm-2")])
        .await
        .unwrap();
    assert_eq!(found(1), None);
    commit(&catalog, vec![called(2, 1, "b", "crm-1")])
        .await
        .unwrap();
    let id = EntityId::new(EntityKind::Link, 2);
    commit(&catalog, vec![Change::Delete(id)]).await.unwrap();
    assert_eq!(found(1), None);
    commit(&catalog, vec![called(1, 1, "a", "crm-1")])
        .await
        .unwrap();
    assert_eq!(found(1), Some("a".into()));
}

#[test]
fn a_link_leads_on_between_its_begin_and_its_end() {
    let plain = link(1, 1, "a");
    let of = |archived, starts_ms, expires_ms| Link {
        expires_ms,
        options: Some(Box::new(LinkOptions {
            archived,
            starts_ms,
            ..LinkOptions::default()
        })),
        ..plain.clone()
    };
    for (link, expected) in [
        (of(false, None, None), LinkState::Live),
        (of(false, Some(11), None), LinkState::NotYet),
        (of(false, Some(10), Some(11)), LinkState::Live),
        (of(false, None, Some(10)), LinkState::Ended),
        (of(true, Some(11), None), LinkState::Ended),
    ] {
        assert_eq!(link.state(10), expected, "{link:?}");
    }
}
