//! The cube of languages.

use std::collections::BTreeMap;

use batch_layer::{Mode, ReportError, query, run};
use datafusion::arrow::{
    array::AsArray,
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use handover::manifest::WholeViews;
use model::Event;

use crate::installation::{Installation, click, start};

/// Clicks of an account by language.
async fn clicks(installation: &Installation) -> Result<BTreeMap<String, i64>, ReportError> {
    let sql = "SELECT CAST(language AS VARCHAR), CAST(SUM(clicks) AS BIGINT) FROM account_language \
               GROUP BY 1";
    let mut found = BTreeMap::new();
    for batch in query(&installation.deps, sql, 10).await? {
        let names = cast(batch.column(0), &DataType::Utf8).expect("texts");
        let counts = batch.column(1).as_primitive::<Int64Type>();
        let rows = names.as_string::<i32>().iter().zip(counts.values());
        found.extend(rows.map(|(name, count)| (name.unwrap_or("null").to_owned(), *count)));
    }
    Ok(found)
}

fn in_language(accept_language: &str) -> Event {
    Event {
        accept_language: accept_language.into(),
        ..click(1, 10, start())
    }
}

#[tokio::test]
async fn clicks_are_counted_by_language_and_history_once_it_is_filled() {
    let mut installation = Installation::new(start());
    let first = ["de-AT,en;q=0.5", "DE", "en", ""].map(in_language);
    installation.take(first.to_vec()).await;
    let expected = [("", 1), ("de", 2), ("en", 1)].map(|(name, n)| (name.to_owned(), n));
    let counted = clicks(&installation)
        .await
        .expect("whole from the beginning");
    assert_eq!(counted, expected.clone().into());

    // As the program before this cube would have published it.
    let deps = &installation.deps;
    let published = deps.manifests.latest().await.expect("a manifest");
    let mut manifest = (*published.manifest).clone();
    manifest.whole = WholeViews::default();
    let stamp = deps.env.stamp();
    let append = deps
        .manifests
        .ledger
        .append(published.n + 1, &manifest, stamp);
    append.await.expect("a manifest");
    installation.take(vec![in_language("fr")]).await;
    let refused = clicks(&installation).await;
    let not_whole = |name: &str| name == "account_language";
    assert!(matches!(refused, Err(ReportError::NotWhole(name)) if not_whole(&name)));

    run(&installation.deps, Mode::Full).await.expect("a run");
    let mut all = BTreeMap::from(expected);
    all.insert("fr".into(), 1);
    assert_eq!(clicks(&installation).await.expect("filled"), all);
}
