//! What was missing of a moment, as part of the token that names it: whoever asks about it again is told again.
//!
//! `~` and a word for each reason, and of one log `.` and its id: `~lost.01ABC…~no_answer`. Tokens of complete moments have
//! none, as those had that were given before this was told.

use handover::reading::{Missing, Why};

/// Before each reason.
pub(super) const SIGN: char = '~';
/// Reasons that a token names: that there are some is what matters.
const MOST: usize = 50;

/// The reasons that are a moment's own.
const ALL: [Why; 14] = [
    Why::New,
    Why::NotFolded,
    Why::Lost,
    Why::Imported,
    Why::Damaged,
    Why::Fenced,
    Why::OtherFold,
    Why::BeginsLater,
    Why::Pruned,
    Why::TargetUnknown,
    Why::Behind,
    Why::Silent,
    Why::NoAnswer,
    Why::LiveEvents,
];

/// The word for a reason; `None`: it is of the question, which finds it out anew.
fn word(why: Why) -> Option<&'static str> {
    Some(match why {
        Why::New => "new",
        Why::NotFolded => "not_folded",
        Why::Lost => "lost",
        Why::Imported => "imported",
        Why::Damaged => "damaged",
        Why::Fenced => "fenced",
        Why::OtherFold => "other_fold",
        Why::BeginsLater => "begins_later",
        Why::Pruned => "pruned",
        Why::TargetUnknown => "target_unknown",
        Why::Behind => "behind",
        Why::Silent => "silent",
        Why::NoAnswer => "no_answer",
        Why::LiveEvents => "live_events",
        Why::NotWhole(_) | Why::PeriodCosts => return None,
    })
}

/// What a token says of it; empty where nothing was missing of the moment.
pub(super) fn written(missing: &[Missing]) -> String {
    let reasons = missing.iter().filter_map(|missing| {
        let word = word(missing.why)?;
        Some(match missing.log {
            Some(log) => format!("{SIGN}{word}.{log}"),
            None => format!("{SIGN}{word}"),
        })
    });
    reasons.take(MOST).collect()
}

/// What a token says of it; `None`: it is no text of ours.
pub(super) fn read<'a>(reasons: impl Iterator<Item = &'a str>) -> Option<Vec<Missing>> {
    let missing: Vec<Missing> = reasons.take(MOST + 1).map(reason).collect::<Option<_>>()?;
    Some(missing).filter(|missing| missing.len() <= MOST)
}

fn reason(text: &str) -> Option<Missing> {
    let (text, log) = match text.split_once('.') {
        Some((text, log)) => (text, Some(log.parse().ok()?)),
        None => (text, None),
    };
    let why = ALL.into_iter().find(|why| word(*why) == Some(text))?;
    Some(Missing { log, why })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use model::LogId;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;
    use crate::testing::{LOG, Site, clicks};

    fn again(missing: &[Missing]) -> Option<Vec<Missing>> {
        let text = format!("7{}", written(missing));
        read(text.split(SIGN).skip(1))
    }

    #[test]
    fn what_was_missing_is_read_again() {
        assert_eq!(again(&[]), Some(vec![]));
        for why in ALL {
            for log in [None, Some(LogId(5))] {
                let missing = Missing { log, why };
                assert_eq!(again(&[missing]), Some(vec![missing]));
            }
        }
        let of_the_question = [Why::NotWhole("total"), Why::PeriodCosts];
        let of_the_question = of_the_question.map(|why| Missing { log: None, why });
        assert_eq!(again(&of_the_question), Some(vec![]));
        let many = vec![
            Missing {
                log: None,
                why: Why::Lost
            };
            MOST + 9
        ];
        assert_eq!(again(&many).unwrap().len(), MOST, "there is an end to it");
    }

    #[test]
    fn what_is_no_reason_is_refused() {
        for text in ["", "gone", "lost.", "lost.1", "LOST", "not_whole"] {
            assert_eq!(read([text].into_iter()), None, "{text}");
        }
        assert_eq!(read(std::iter::repeat_n("lost", MOST + 1)), None);
    }

    /// What an answer says of its moment.
    fn told(answer: &Value) -> (String, &Value, &Value) {
        let meta = &answer["meta"];
        let as_of = meta["as_of"].as_str().unwrap().to_owned();
        (as_of, &meta["complete"], &meta["missing"])
    }

    #[tokio::test]
    async fn what_was_incomplete_says_so_when_it_is_asked_about_again() {
        let site = Site::new().await;
        let (account, key) = site.account().await;
        let events = clicks(account, 1, 1, 4);
        site.stream(&events).await;
        let question = "/v1/stats?range=today&country=DE";
        let answer = site.good(question, &key).await;
        let (as_of, complete, missing) = told(&answer);
        let why = json!([format!("log {LOG}: its events are yet to be folded")]);
        assert_eq!((complete, missing), (&json!(false), &why));
        assert_eq!(as_of, format!("0~not_folded.{LOG}"));
        // It is complete since, and that moment is not.
        site.fold(&events).await;
        let now = site.good(question, &key).await;
        assert_eq!(told(&now).1, &json!(true));
        let again = site.good(&format!("{question}&as_of={as_of}"), &key).await;
        assert_eq!(told(&again), told(&answer));
        let listed = site.good(&format!("/v1/events?as_of={as_of}"), &key).await;
        assert_eq!(told(&listed), told(&answer));
        let sql = json!({"sql": "SELECT 1", "as_of": as_of});
        let (status, rows) = site.call("POST", "/v1/query", &key, sql).await;
        assert_eq!((status, told(&rows)), (200, told(&answer)));
        let file = Request::get(format!("/v1/events?as_of={as_of}"))
            .header("authorization", format!("Bearer {key}"))
            .header("accept", "text/csv");
        let file = site
            .router
            .clone()
            .oneshot(file.body(Body::empty()).unwrap());
        let headers = file.await.unwrap().headers().clone();
        assert_eq!(headers["millrace-complete"], "false");
        assert_eq!(headers["millrace-as-of"], as_of.as_str());
        // Tokens of before say nothing of it.
        let old = site.good(&format!("{question}&as_of=0"), &key).await;
        assert_eq!(told(&old), ("0".into(), &json!(true), &Value::Null));
        let (status, refused) = site.get(&format!("{question}&as_of=0~gone"), &key).await;
        assert_eq!((status, &refused["code"]), (400, &json!("invalid_as_of")));
    }
}
