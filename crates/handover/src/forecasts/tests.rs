use model::EntityKind;
use object_store::ObjectStoreExt;
use storage::store;

use super::*;

fn forecast(kind: EntityKind, raw: u64, grain: Grain, tested: bool) -> Forecast {
    let point = |step: i64| Point {
        time_ms: step * 3_600_000,
        value: raw as f64 + step as f64,
        lower_80: 3.0,
        upper_80: 5.0,
        lower_95: 2.0,
        upper_95: 6.0,
    };
    let backtest = Backtest {
        smape: 12.5,
        mase: 0.7,
        naive_mase: 0.9,
        coverage_80: 0.81,
        coverage_95: 0.96,
        origins: 12,
    };
    Forecast {
        entity: EntityId::new(kind, raw),
        grain,
        model: "median(theta + ets)".into(),
        made_ms: 1_767_323_045_678,
        backtest: tested.then_some(backtest),
        points: (0..48).map(point).collect(),
    }
}

#[tokio::test]
async fn each_entity_reads_its_own_forecasts_as_they_were_written() {
    let store = store::open("memory://").unwrap();
    let mut all: Vec<Forecast> = (0..700)
        .rev()
        .map(|raw| forecast(EntityKind::Link, raw, Grain::Day, raw % 2 == 0))
        .collect();
    all.push(forecast(EntityKind::Account, 7, Grain::Day, false));
    all.push(forecast(EntityKind::Account, 7, Grain::Hour, true));
    let (bytes, rows) = encode(&mut all).unwrap();
    assert_eq!(rows, 702 * 48);
    let name = "run".to_owned();
    let file = File {
        name: name.clone(),
        rows,
        bytes: bytes.len() as u64,
    };
    let path = ObjectKey::Forecast { name }.path();
    store.put(&path, bytes.into()).await.unwrap();
    let made = Made {
        file,
        manifest: 3,
        made_ms: 1,
        series: 702,
    };
    for (kind, raw) in [
        (EntityKind::Account, 7),
        (EntityKind::Link, 7),
        (EntityKind::Link, 650),
    ] {
        let id = EntityId::new(kind, raw);
        let mine: Vec<Forecast> = all.iter().filter(|f| f.entity == id).cloned().collect();
        assert!(!mine.is_empty());
        assert_eq!(read(&store, &made, id).await.unwrap(), mine);
    }
    let nobody = EntityId::new(EntityKind::Goal, 7);
    assert_eq!(read(&store, &made, nobody).await.unwrap(), []);
}
