//! Plans, and what holds of the quotas of an account.

use super::*;
use crate::plan::{INSTALLATION, MOST};

fn saying(links: Option<u64>, shares: Option<u64>) -> SomeQuotas {
    SomeQuotas {
        links,
        shares,
        ..SomeQuotas::default()
    }
}

fn plan(name: &str, quotas: SomeQuotas) -> Change {
    Change::PutPlan(Plan {
        name: name.into(),
        quotas,
        created_ms: 1,
    })
}

fn tenant(raw: u64, plan: Option<&str>, quotas: SomeQuotas) -> Change {
    let Change::PutAccount(row) = account(raw) else {
        panic!("it is an account")
    };
    Change::PutAccount(Account {
        plan: plan.map(Into::into),
        quotas: Box::new(quotas),
        ..row
    })
}

#[tokio::test]
async fn an_account_has_what_is_said_of_it_then_its_plans_then_the_default() {
    use QuotaSource::{Account, Default, Plan};
    let store = memory();
    let catalog = open(&store, 1).await;
    let none = SomeQuotas::default();
    let changes = vec![
        plan("pro", saying(Some(7), Some(8))),
        tenant(1, None, none),
        tenant(2, Some("pro"), none),
        tenant(3, Some("pro"), saying(Some(9), None)),
    ];
    commit(&catalog, changes).await.unwrap();
    let holds = |catalog: &Catalog| {
        catalog.read(|state| {
            [1, 2, 3].map(|raw| {
                let account = state.account(account_id(raw)).unwrap();
                let (quotas, from) = state.quotas_of(account);
                assert_eq!(quotas, state.quotas(account_id(raw)));
                assert_eq!(from.webhooks, Default);
                ((quotas.links, from.links), (quotas.shares, from.shares))
            })
        })
    };
    let usual = Quotas::default();
    let of_plan = ((7, Plan), (8, Plan));
    let own = ((9, Account), (8, Plan));
    let expected = [
        ((usual.links, Default), (usual.shares, Default)),
        of_plan,
        own,
    ];
    assert_eq!(holds(&catalog), expected);
    // What everybody has of whom nothing else is said, also in a plan.
    let changes = vec![
        plan("default", saying(Some(5), Some(6))),
        plan("pro", saying(None, Some(8))),
    ];
    commit(&catalog, changes).await.unwrap();
    let expected = [
        ((5, Default), (6, Default)),
        ((5, Default), (8, Plan)),
        ((9, Account), (8, Plan)),
    ];
    assert_eq!(holds(&catalog), expected);
    assert_eq!(holds(&open(&store, 2).await), expected, "as others read it");
    let rows = catalog.read(State::rows);
    let read = snapshot::decode(2, &snapshot::encode(2, &rows).unwrap()).unwrap();
    assert_eq!(
        read.quotas(account_id(2)),
        catalog.read(|s| s.quotas(account_id(2)))
    );
    assert_eq!(
        read.quotas(account_id(99)).links,
        5,
        "of one that is not known"
    );
}

#[tokio::test]
async fn a_plan_that_changes_holds_at_once() {
    let catalog = open(&memory(), 1).await;
    let changes = vec![
        plan("small", saying(Some(1), None)),
        tenant(1, Some("small"), SomeQuotas::default()),
        tenant(2, None, SomeQuotas::default()),
        Change::PutLink(link(1, 1, "s1")),
    ];
    commit(&catalog, changes).await.unwrap();
    let another = |raw: u64| vec![Change::PutLink(link(raw, 1, &format!("s{raw}")))];
    let refused = commit(&catalog, another(2)).await.unwrap_err();
    assert!(
        matches!(refused, CatalogError::Quota { max: 1, .. }),
        "{refused}"
    );
    commit(&catalog, vec![plan("small", saying(Some(2), None))])
        .await
        .unwrap();
    commit(&catalog, another(2)).await.unwrap();
    commit(&catalog, another(3)).await.unwrap_err();
    let own = tenant(1, Some("small"), saying(Some(3), None));
    commit(&catalog, vec![own]).await.unwrap();
    commit(&catalog, another(3)).await.unwrap();
}

#[tokio::test]
async fn plans_are_bounded_and_none_goes_that_somebody_has() {
    let catalog = open(&memory(), 1).await;
    let named = |name: &str| plan(name, SomeQuotas::default());
    for wrong in ["", "a b", "ä", "..", &"x".repeat(65)] {
        commit(&catalog, vec![named(wrong)]).await.unwrap_err();
    }
    let unknown = tenant(1, Some("pro"), SomeQuotas::default());
    let refused = commit(&catalog, vec![unknown.clone()]).await.unwrap_err();
    assert!(
        refused.to_string().starts_with("`plan` must be"),
        "{refused}"
    );
    commit(&catalog, vec![named("pro"), unknown]).await.unwrap();
    let gone = || vec![Change::DeletePlan("pro".into())];
    let refused = commit(&catalog, gone()).await.unwrap_err();
    assert!(
        matches!(refused, CatalogError::PlanInUse { accounts: 1, .. }),
        "{refused}"
    );
    commit(&catalog, vec![tenant(1, None, SomeQuotas::default())])
        .await
        .unwrap();
    commit(&catalog, gone()).await.unwrap();
    let refused = commit(&catalog, gone()).await.unwrap_err();
    assert!(matches!(refused, CatalogError::NoPlan { .. }), "{refused}");
    let all: Vec<Change> = (0..MOST).map(|n| named(&format!("p{n}"))).collect();
    let more = [all.clone(), vec![named("more")]].concat();
    commit(&catalog, more).await.unwrap_err();
    commit(&catalog, all).await.unwrap();
    commit(&catalog, vec![named("more")]).await.unwrap_err();
    commit(&catalog, vec![named("p7")]).await.unwrap();
}

#[tokio::test]
async fn what_was_changed_of_plans_is_the_history_of_the_installation() {
    let store = memory();
    let catalog = open(&store, 1).await;
    let (first, second) = (
        plan("pro", saying(Some(7), None)),
        plan("pro", saying(None, Some(8))),
    );
    let gone = Change::DeletePlan("pro".into());
    for change in [account(1), first.clone(), second.clone(), gone] {
        commit(&catalog, vec![change]).await.unwrap();
    }
    let befores = async |n: u64| {
        let (_, changes) = catalog.entry(n).await.unwrap().unwrap();
        let mut records = changes.into_iter().filter_map(|change| match change {
            Change::Record(record) => Some((record.by, record.before)),
            _ => None,
        });
        records.next().unwrap()
    };
    assert_eq!(befores(2).await, (By::Operator, vec![]));
    assert_eq!(befores(3).await, (By::Operator, vec![first]));
    assert_eq!(befores(4).await, (By::Operator, vec![second]));
    let entries = |of| catalog.read(|state| state.entries_of(of, u64::MAX, 9));
    assert_eq!(entries(INSTALLATION), [4, 3, 2]);
    assert_eq!(entries(account_id(1)), [1]);
}

/// Until format 11 an account for which one quota was set had all of them written down.
#[test]
fn quotas_of_old_catalogs_say_what_was_other_than_usual() {
    let stored = |quotas: &str| {
        let text = format!(
            r#"{{"put_account":{{"id":"acc_0000000000001","name":"a","created_ms":1,"settings":{{}},{quotas}}}}}"#
        );
        match serde_json::from_str(&text).unwrap() {
            Change::PutAccount(account) => *account.quotas,
            other => panic!("{other:?}"),
        }
    };
    let first = r#""quotas":{"links":5,"others":10000,"keys":100,"new_an_hour":10000}"#;
    let last = r#""quotas":{"links":100000,"others":10000,"keys":100,"new_an_hour":10000,"domains":100,"costs":10000,"sender_keys":10000000,"requests_a_minute":600,"annotations":10000,"segments":1000,"shares":3,"webhooks":20}"#;
    let none = SomeQuotas::default();
    assert_eq!(stored(r#""suspended":null"#), none);
    assert_eq!(stored(first), saying(Some(5), None));
    assert_eq!(stored(last), saying(None, Some(3)));
    // Since then what is said is said, also where it is the usual one.
    let usual = r#""quotas":{"said":{"links":100000}}"#;
    assert_eq!(stored(usual), saying(Some(100_000), None));
    let said = tenant(1, Some("pro"), saying(Some(100_000), None));
    let text = serde_json::to_string(&said).unwrap();
    assert!(text.contains(usual), "{text}");
    assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), said);
    let text = serde_json::to_string(&account(1)).unwrap();
    assert!(!text.contains("quotas"), "{text}");
}
