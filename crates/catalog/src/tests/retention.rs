//! For how long accounts keep their events.

use super::*;

fn keeping(own: Option<u32>, most: Option<u32>) -> Change {
    let mut row = match account(1) {
        Change::PutAccount(account) => account,
        other => panic!("{other:?}"),
    };
    row.settings.keep_events_days = own;
    row.quotas.keep_events_days = most;
    Change::PutAccount(row)
}

#[tokio::test]
async fn the_shorter_of_what_is_wanted_and_what_is_allowed_holds() {
    let store = memory();
    let catalog = open(&store, 1).await;
    let kept = |catalog: &Catalog| catalog.read(|s| s.keeps_events_days(account_id(1)));
    assert_eq!(kept(&catalog), None, "nobody knows it");
    for (own, most, expected) in [
        (None, None, None),
        (Some(30), None, Some(30)),
        (None, Some(400), Some(400)),
        (Some(30), Some(400), Some(30)),
        (Some(36_500), Some(1), Some(1)),
    ] {
        commit(&catalog, vec![keeping(own, most)]).await.unwrap();
        assert_eq!(kept(&catalog), expected, "{own:?} of {most:?}");
        assert_eq!(kept(&open(&store, 2).await), expected, "as others read it");
    }
    for wrong in [0, 36_501] {
        for change in [keeping(Some(wrong), None), keeping(None, Some(wrong))] {
            let refused = commit(&catalog, vec![change]).await.unwrap_err();
            let said = refused.to_string();
            assert!(
                said.starts_with("`keep_events_days` must be from 1"),
                "{said}"
            );
        }
    }
}
