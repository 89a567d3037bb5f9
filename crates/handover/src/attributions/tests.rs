use model::{EventKind, LogId, Record};

use super::{
    asked::{Asked, Clicked},
    *,
};

fn id(log: u128, seq: u64) -> EventId {
    EventId {
        log: LogId(log),
        seq: Seq(seq),
    }
}

fn origin(n: u64) -> Origin {
    Origin {
        link: Some(n),
        campaign: n.is_multiple_of(2).then_some(n),
        clicked_ms: -5,
        country: "DE".into(),
        referrer_domain: "news.example".into(),
        subs: ["a", "", "c", "", ""].map(str::to_owned),
        ..Origin::default()
    }
}

#[tokio::test]
async fn what_is_decided_is_read_again() {
    let store = storage::store::open("memory://").unwrap();
    let decision = |n: u64| Decision {
        event: id(7, n),
        account: n,
        origin: (!n.is_multiple_of(3)).then(|| origin(n)),
        correction: n.is_multiple_of(5).then_some(Correction {
            status: 1,
            taken_back: n.is_multiple_of(2).then_some(2),
            adjusts: n.is_multiple_of(10),
            value_micros: n.is_multiple_of(3).then_some(-9),
        }),
    };
    let all: Decisions = (1..10_000).map(|n| (id(7, n), decision(n))).collect();
    let bytes = encode(all.values()).unwrap();
    let file = File {
        name: "some".into(),
        rows: 9_999,
        bytes: bytes.len() as u64,
    };
    let name = file.name.clone();
    let path = ObjectKey::Attributions { name }.path();
    storage::store::create(&store, &path, bytes).await.unwrap();
    let read_all = read(&store, [&file].into_iter(), |_| true).await.unwrap();
    assert_eq!(read_all, all);
    let one = read(&store, [&file].into_iter(), |decision| {
        decision.event == id(7, 8)
    })
    .await;
    assert_eq!(one.unwrap().len(), 1);
}

#[test]
fn what_is_asked_is_read_again() {
    let rows = [
        Asked {
            event: id(1, 2),
            first: id(1, 1),
            account: 4,
            click: Clicked::Event {
                id: id(3, 9),
                at_ms: 1_000,
                received_ms: 2_000,
            },
        },
        Asked {
            event: id(1, 3),
            first: id(1, 3),
            account: u64::MAX,
            click: Clicked::Visitor {
                visitor: u64::MAX,
                takes_first: true,
                since_ms: -1,
                until_ms: 1,
            },
        },
    ];
    let bytes = asked::encode(&rows).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes);
    let batches = reader.unwrap().build().unwrap();
    let read: Vec<Asked> = batches
        .flat_map(|batch| asked::decode(&batch.unwrap(), "asked").unwrap())
        .collect();
    assert_eq!(read, rows);
}

#[test]
fn an_event_asks_for_what_its_door_could_not_know() {
    let sale = Event {
        kind: EventKind::Conversion as i32,
        account: 4,
        occurred_ms: 10 * 86_400_000,
        ..Event::default()
    };
    let asked = |event: Event| {
        let record = Record {
            seq: Seq(5),
            epoch: model::Epoch(1),
            event,
        };
        Asked::of(LogId(1), &record)
    };
    assert_eq!(asked(sale.clone()), None);
    let of_visitor = Event {
        seeks_visitor: 8,
        seeks_days: 3,
        ..sale.clone()
    };
    let later = Event {
        first_event: id(1, 2).to_string(),
        first_ms: Some(9 * 86_400_000),
        ..of_visitor.clone()
    };
    let found = asked(of_visitor).unwrap();
    let window = |since: i64, until: i64| Clicked::Visitor {
        visitor: 8,
        takes_first: false,
        since_ms: since * 86_400_000,
        until_ms: until * 86_400_000,
    };
    assert_eq!((found.first, found.click), (id(1, 5), window(7, 10)));
    let found = asked(later).unwrap();
    assert_eq!((found.first, found.click), (id(1, 2), window(6, 9)));
}

#[test]
fn what_a_click_id_says_and_what_a_sender_says_stays() {
    let decision = |event: &Event| {
        let mut event = event.clone();
        let decision = Decision {
            event: id(1, 1),
            account: 1,
            origin: Some(origin(7)),
            correction: None,
        };
        decision.amend(&mut event);
        (event.link, event.country, event.subs)
    };
    let event = Event {
        kind: EventKind::Conversion as i32,
        country: "US".into(),
        link: Some(5),
        subs: vec!["own".into()],
        seeks_visitor: 1,
        ..Event::default()
    };
    let subs = ["own", "", "c"].map(str::to_owned).to_vec();
    assert_eq!(decision(&event), (Some(7), "DE".into(), subs.clone()));
    let with_id = Event {
        click_event: id(1, 3).to_string(),
        seeks_visitor: 0,
        ..event
    };
    assert_eq!(decision(&with_id), (Some(5), "US".into(), subs));
}
