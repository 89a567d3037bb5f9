//! The stored forms, letter for letter: other versions read and write them too.

use super::*;
use model::{EntityId, EntityKind, Epoch, SegmentNo, Seq, Span};

fn is_stored_as<T>(value: &T, text: &str)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
{
    assert_eq!(serde_json::to_string(value).unwrap(), text);
    assert_eq!(&serde_json::from_str::<T>(text).unwrap(), value);
}

#[test]
fn logs_seals_and_fences_are_stored_as_ever() {
    let log = LogId(7);
    let info = LogInfo {
        log,
        created_ms: 5,
        predecessor: Some(LogId(6)),
        retired_at: Some(Seq(9)),
        closed: Some(EpochsClosed {
            request: 3,
            epoch: Epoch(2),
        }),
        account: None,
    };
    is_stored_as(
        &info,
        r#"{"log":"00000000000000000000000007","created_ms":5,"predecessor":"00000000000000000000000006","retired_at":9,"closed":[3,2]}"#,
    );
    let import = LogInfo {
        account: Some(EntityId::new(EntityKind::Account, 5)),
        ..LogInfo::new(log)
    };
    is_stored_as(
        &import,
        r#"{"log":"00000000000000000000000007","created_ms":0,"predecessor":null,"retired_at":null,"closed":null,"account":"acc_0000000000005"}"#,
    );
    let seal = Seal {
        log,
        epoch: Epoch(2),
        segments: Span::from((SegmentNo(3), SegmentNo(4))),
        seqs: Span::from((Seq(10), Seq(20))),
        count: 11,
    };
    is_stored_as(
        &seal,
        r#"{"log":"00000000000000000000000007","epoch":2,"segments":[3,4],"seqs":[10,20],"count":11}"#,
    );
    let end = LogEnd {
        log,
        fence: Some(Fence::FIRST),
        last_seq: Seq(20),
    };
    is_stored_as(
        &end,
        r#"{"log":"00000000000000000000000007","fence":1,"last_seq":20}"#,
    );
}
