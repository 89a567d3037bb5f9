//! A cube that is defined when events have been taken already: it says so until it has them all.

use batch_layer::{Mode, ReportError, query, run};
use datafusion::arrow::{array::AsArray, datatypes::Int64Type};
use handover::manifest::Manifest;
use model::{Cube, Dimension, Grain};

use crate::installation::{HOUR, Installation, click, filled, start};

const VIEW: &str = "browser";
const TABLE: &str = "account_browser";

async fn newest(installation: &Installation) -> (u64, Manifest) {
    let published = installation.deps.manifests.latest().await.expect("one");
    (published.n, (*published.manifest).clone())
}

/// Publishes what an installation would have whose program did not know the cube.
async fn forget(installation: &Installation) {
    let (n, mut manifest) = newest(installation).await;
    manifest.whole.0.remove(VIEW);
    let deps = &installation.deps;
    let stamp = deps.env.stamp();
    let ledger = &deps.manifests.ledger;
    ledger
        .append(n + 1, &manifest, stamp)
        .await
        .expect("a manifest");
}

/// Clicks by people, as a table has them.
async fn clicks(installation: &Installation, table: &str) -> Result<i64, ReportError> {
    let sql = format!("SELECT CAST(SUM(clicks) AS BIGINT) FROM {table}");
    let rows = query(&installation.deps, &sql, 1).await?;
    let row = rows
        .iter()
        .find(|batch| batch.num_rows() > 0)
        .expect("a row");
    let number = row.column(0).as_primitive_opt::<Int64Type>();
    Ok(number.expect("a number").value(0))
}

#[tokio::test]
async fn it_is_not_whole_until_everything_is_recomputed() {
    let cube = Cube::find(Dimension::Browser, Grain::Quarter).expect("a cube");
    let mut installation = filled(2).await;
    assert!(
        newest(&installation).await.1.is_whole(cube),
        "from the beginning"
    );
    forget(&installation).await;
    installation.take(vec![click(1, 10, start() + HOUR)]).await;

    let (_, manifest) = newest(&installation).await;
    assert!(!manifest.is_whole(cube), "it has rows, of one event");
    let others = manifest.whole.0.len();
    assert_eq!(
        others,
        model::CUBES.len() - 1,
        "all others are as they were"
    );
    let refused = clicks(&installation, TABLE).await;
    assert!(
        matches!(&refused, Err(ReportError::NotWhole(name)) if name == TABLE),
        "{refused:?}"
    );

    run(&installation.deps, Mode::Full).await.expect("a run");
    assert!(newest(&installation).await.1.is_whole(cube));
    let (mine, all) = (
        clicks(&installation, TABLE).await,
        clicks(&installation, "account_total").await,
    );
    assert_eq!(mine.expect("a number"), all.expect("a number"));
}
