use std::sync::Arc;

use batch_layer::{PredictReport, PredictSettings, RollupDeps, predict};
use futures::TryStreamExt;
use handover::{
    forecasts::{self, Forecast, Grain, LEDGER, Made},
    manifest::File,
};
use model::{EntityId, EntityKind};
use object_store::path::Path;
use storage::{
    ledger::{Appended, Ledger},
    object_keys::folders,
};

use crate::installation::{DAY, HOUR, Installation, clicks_at, filled, start};

fn ledger(deps: &RollupDeps) -> Ledger {
    Ledger::new(Arc::clone(&deps.env.store), LEDGER)
}

async fn forecasts_of(deps: &RollupDeps, kind: EntityKind, raw: u64) -> Vec<Forecast> {
    let made = ledger(deps)
        .latest::<Made>()
        .await
        .expect("a ledger")
        .expect("an entry")
        .body;
    forecasts::read(&deps.env.store, &made, EntityId::new(kind, raw))
        .await
        .expect("forecasts")
}

async fn files(deps: &RollupDeps, folder: Path) -> Vec<String> {
    let found: Vec<_> = deps
        .env
        .store
        .list(Some(&folder))
        .try_collect()
        .await
        .expect("a list");
    found
        .into_iter()
        .map(|meta| meta.location.to_string())
        .collect()
}

#[tokio::test]
async fn accounts_and_links_with_enough_history_are_forecast_from_what_is_over() {
    let days = 15;
    let installation = filled(days).await;
    let deps = &installation.deps;
    let report = predict(deps, PredictSettings::default())
        .await
        .expect("forecasts");
    assert_eq!(
        (report.manifest, report.published, report.series),
        (1, true, 4)
    );
    assert_eq!(report.rows, 2 * (48 + 28));
    let end = start() + days * DAY;
    for kind_and_id in [(EntityKind::Account, 1), (EntityKind::Link, 10)] {
        let made = forecasts_of(deps, kind_and_id.0, kind_and_id.1).await;
        let grains: Vec<Grain> = made.iter().map(|f| f.grain).collect();
        assert_eq!(grains, Grain::ALL);
        for (index, point) in made[0].points.iter().enumerate() {
            assert_eq!(point.time_ms, end + index as i64 * HOUR);
            // The bots and the many clicks of the hour that has only begun are not in it.
            assert!(
                (point.value - clicks_at(index as i64) as f64).abs() < 0.01,
                "{point:?}"
            );
            assert!(point.lower_95 <= point.lower_80 && point.upper_80 <= point.upper_95);
        }
        assert!(made[0].backtest.is_some_and(|b| b.origins > 3));
        assert_eq!((made[1].points.len(), made[1].points[0].time_ms), (28, end));
        assert!((made[1].points[0].value - 60.0).abs() < 0.01);
    }
    assert_eq!(forecasts_of(deps, EntityKind::Account, 2).await, []);
    assert_eq!(forecasts_of(deps, EntityKind::Link, 11).await, []);
}

#[tokio::test]
async fn history_ends_where_the_clock_does() {
    let installation = filled(5).await;
    installation.clock.set(start() + 4 * DAY + 5 * HOUR + 1);
    let settings = PredictSettings {
        hourly_horizon: 3,
        min_hours: 72,
        max_series: 1,
        ..PredictSettings::default()
    };
    let report = predict(&installation.deps, settings)
        .await
        .expect("forecasts");
    assert_eq!(report.rows, 3);
    let made = forecasts_of(&installation.deps, EntityKind::Account, 1).await;
    assert_eq!(made[0].points[0].time_ms, start() + 4 * DAY + 5 * HOUR);
    assert_eq!(made[0].made_ms, start() + 4 * DAY + 5 * HOUR + 1);
}

#[tokio::test]
async fn nothing_settled_makes_no_forecasts() {
    let installation = Installation::new(start());
    let report = predict(&installation.deps, PredictSettings::default())
        .await
        .expect("a report");
    assert_eq!(report, PredictReport::default());
    assert_eq!(
        ledger(&installation.deps).newest().await.expect("a ledger"),
        0
    );
}

#[tokio::test]
async fn forecasts_of_an_older_manifest_do_not_replace_newer_ones() {
    let installation = filled(4).await;
    let deps = &installation.deps;
    let file = File {
        name: "newer".into(),
        rows: 0,
        bytes: 0,
    };
    let newer = Made {
        file,
        manifest: 9,
        made_ms: 0,
        series: 0,
    };
    let appended = ledger(deps).append(1, &newer, deps.env.stamp()).await;
    assert_eq!(appended.expect("an entry"), Appended::Yes);
    let report = predict(deps, PredictSettings::default())
        .await
        .expect("a report");
    assert_eq!((report.published, report.file), (false, None));
    assert_eq!(ledger(deps).newest().await.expect("a ledger"), 1);
    assert_eq!(
        files(deps, folders::forecasts()).await,
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn a_horizon_that_makes_no_sense_is_refused() {
    let installation = filled(4).await;
    let settings = PredictSettings {
        hourly_horizon: 0,
        ..PredictSettings::default()
    };
    let error = predict(&installation.deps, settings)
        .await
        .expect_err("refused")
        .to_string();
    assert!(error.contains("horizon 0"), "{error}");
}
