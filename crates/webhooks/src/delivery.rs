//! What became of messages.

use serde::{Deserialize, Serialize};

/// The `type` of test messages.
pub const TEST: &str = "webhook.test";
/// Longest error that is kept, characters.
const MAX_ERROR: usize = 300;

/// One try to deliver a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Id of the message: the same each time that it is tried.
    pub id: Box<str>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// When it was sent, unix milliseconds.
    pub at_ms: i64,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// Status of the answer; `None`: there was none.
    pub status: Option<u16>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Why it was no success; `None`: it was.
    pub error: Option<Box<str>>,
}

/// A test message, and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tested {
    /// How it went.
    pub delivery: Delivery,
    /// The beginning of the answer's body.
    pub body: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status of the answer; `None`: there was none.
    pub status: Option<u16>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Why there was no answer, for people.
    pub error: Option<String>,
    /// The beginning of its body.
    pub body: String,
}

impl Answer {
    /// Whether the receiver has taken the message.
    pub fn is_success(&self) -> bool {
        self.error.is_none()
            && self
                .status
                .is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the receiver says that it is gone for good.
    pub fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    /// Why it is no success.
    pub fn why(&self) -> Option<String> {
        if self.is_success() {
            return None;
        }
        let why = match (&self.error, self.status) {
            (Some(error), _) => error.clone(),
            (None, Some(status @ 300..400)) => {
                format!("answered {status}: redirects are not followed, give the address itself")
            }
            (None, Some(status)) => format!("answered {status}"),
            (None, None) => "there was no answer".to_owned(),
        };
        Some(why.chars().take(MAX_ERROR).collect())
    }

    /// As it is written down.
    pub fn delivery(&self, id: &str, kind: &str, at_ms: i64, attempt: u32) -> Delivery {
        Delivery {
            id: id.into(),
            kind: kind.into(),
            at_ms,
            attempt,
            status: self.status,
            took_ms: self.took_ms,
            error: self.why().map(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_hundreds_are_success() {
        let answer = |status, error: Option<&str>| Answer {
            status,
            took_ms: 1,
            error: error.map(str::to_owned),
            body: String::new(),
        };
        for (status, good) in [
            (200, true),
            (204, true),
            (299, true),
            (199, false),
            (301, false),
            (410, false),
            (500, false),
        ] {
            assert_eq!(answer(Some(status), None).is_success(), good, "{status}");
        }
        assert!(answer(Some(410), None).is_gone());
        // The body of an answer broke off.
        assert!(!answer(Some(200), Some("broke off")).is_success());
        let why = answer(Some(302), None).why().unwrap();
        assert!(why.contains("302") && why.contains("redirects"), "{why}");
        let long = "x".repeat(5_000);
        assert_eq!(answer(None, Some(&long)).why().unwrap().len(), MAX_ERROR);
    }
}
