//! Signatures of messages, as <https://www.standardwebhooks.com> has them.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How secrets begin.
pub const PREFIX: &str = "whsec_";
/// Fewest and most bytes of a secret.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret with these bytes.
pub fn secret_of(bytes: &[u8]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

/// The bytes of a secret; `None` if it is none: `whsec_` and 24 to 64 bytes in Base64.
pub fn bytes_of(secret: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    BYTES.contains(&bytes.len()).then_some(bytes)
}

/// The value of the header `webhook-signature`: a signature for each secret, with spaces between them. `seconds` is the
/// value of `webhook-timestamp`, unix seconds. A secret that is none signs nothing.
pub fn signature<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    id: &str,
    seconds: i64,
    body: &[u8],
) -> String {
    let sign = |secret: &str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&bytes_of(secret)?).ok()?;
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        let code = mac.finalize().into_bytes();
        Some(format!("v1,{}", STANDARD.encode(code)))
    };
    let signatures: Vec<String> = secrets.into_iter().filter_map(sign).collect();
    signatures.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SIGNED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    /// The vector that the standard's own libraries are tested with.
    #[test]
    fn a_message_is_signed_as_the_standard_says() {
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(signature([SECRET], ID, 1_614_265_330, body), SIGNED);
        let other = secret_of(&[7; 32]);
        let both = signature([other.as_str(), SECRET], ID, 1_614_265_330, body);
        let (first, second) = both.split_once(' ').unwrap();
        assert!(first.starts_with("v1,") && first != SIGNED);
        assert_eq!(second, SIGNED);
    }

    #[test]
    fn what_is_no_secret_signs_nothing() {
        for secret in [
            "",
            "whsec_",
            "whsec_AAAA",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%%%",
        ] {
            assert_eq!(bytes_of(secret), None, "{secret}");
            assert_eq!(signature([secret], ID, 1, b""), "");
        }
        assert_eq!(bytes_of(&secret_of(&[1; 32])), Some(vec![1; 32]));
    }
}
