//! Whole postbacks: the parameters in the address and those in the form.

use std::sync::{Arc, LazyLock};

use catalog::{AccountSettings, Goal};
use enrich::{Geo, Rules};
use prost::Message;

use futures::FutureExt;

use super::{super::parameters, *};
use crate::request_facts::{EventBuilder, RequestFacts, Target, salts};

/// Far more than the largest conversion: nine texts of the longest kind.
const MAX_RECORD: usize = 9 * (MAX_SHORT + 8) + 200;

fn goal() -> Goal {
    Goal {
        id: EntityId::new(EntityKind::Goal, 1),
        account: EntityId::new(EntityKind::Account, 1),
        name: "sale".into(),
        campaign: None,
        options: None,
        currency: Some("EUR".into()),
        tags: [].into(),
        created_ms: 0,
        deleted: false,
    }
}

/// Names that mean something, and others; values that are valid somewhere, and others.
fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "transaction_id",
        "click_id",
        "value",
        "currency",
        "sub1",
        "sub5",
        "sub6",
        "Value",
    ]);
    let name = prop_oneof![9 => name.prop_map(str::to_owned), 1 => any::<String>()];
    let value = prop_oneof![
        "[0-9]{1,10}([.][0-9]{0,7})?",
        "[a-zA-Z]{0,4}",
        any::<String>(),
        "ä{120,140}",
        "x{250,260}",
    ];
    vec((name, value), 0..6)
}

fn written(pairs: &[(String, String)]) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(pairs).finish()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}

fn list(query: &str, form: &[u8]) -> Vec<(String, String)> {
    let headers = http::HeaderMap::new();
    let read = parameters::read(Some(query), &headers, form.to_vec());
    // A form is read at once.
    read.now_or_never().unwrap().unwrap_or_default()
}

fn read(query: &str, form: &[u8]) -> Result<RequestFacts, web::Problem> {
    let parameters = list(query, form);
    postback::read_parameters(&goal(), &parameters, RequestFacts::default())
}

static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| Arc::new(Rules::new().unwrap()));

proptest! {
    #[test]
    fn the_address_and_the_form_are_one_list(address in pairs(), form in pairs()) {
        let read = list(&written(&address), written(&form).as_bytes());
        prop_assert_eq!(read, [address, form].concat());
    }

    #[test]
    fn a_postback_is_a_bounded_event_or_refused(address in pairs(), form in pairs()) {
        let given = [address.clone(), form.clone()].concat();
        let first = |name: &str| given.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.clone());
        match read(&written(&address), written(&form).as_bytes()) {
            Ok(seen) => {
                prop_assert_eq!((&seen.transaction_id, &seen.click_id), (&first("transaction_id"), &first("click_id")));
                prop_assert_eq!(seen.value.is_some(), first("value").is_some());
                let builder = EventBuilder { rules: RULES.clone(), geo: Geo::none(), lists: enrich::OwnLists::default(), salts: salts() };
                let target = Target { object: goal().id, account: goal().account, campaign: None };
                let event = builder.event(target, &AccountSettings::default(), seen);
                prop_assert!(event.currency.is_empty() || event.currency.len() == 3);
                let bytes = event.encode_to_vec();
                prop_assert!(bytes.len() <= MAX_RECORD, "{}", bytes.len());
                prop_assert_eq!(model::Event::decode(&bytes[..]).unwrap(), event);
            }
            Err(problem) => {
                prop_assert_eq!(problem.status.as_u16(), 400);
                let codes = ["too_long", "invalid_transaction_id", "invalid_value", "invalid_currency", "wrong_currency", "malformed_json", "invalid_form"];
                prop_assert!(codes.contains(&problem.code), "{}", problem.code);
                prop_assert!(problem.detail.len() < 200, "{}", problem.detail);
            }
        }
    }

    #[test]
    fn any_form_is_survived(query in "[ -~]{0,60}", form in vec(any::<u8>(), 0..200)) {
        let given = list(&query, &form);
        let most = query.split('&').count() + form.split(|b| *b == b'&').count();
        prop_assert!(given.len() <= most);
        if let Ok(seen) = read(&query, &form) {
            prop_assert!(seen.transaction_id.is_none_or(|key| key.len() <= MAX_SHORT));
        }
    }

    #[test]
    fn different_transactions_stay_different(one in vec(any::<u8>(), 1..6), other in vec(any::<u8>(), 1..6)) {
        prop_assume!(one != other);
        let key = |bytes: &[u8]| Some(read(&format!("transaction_id={}", escaped(bytes)), b"").ok()?.transaction_id);
        if let (Some(one), Some(other)) = (key(&one), key(&other)) {
            prop_assert_ne!(one, other);
        }
    }
}
