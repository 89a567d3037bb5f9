//! Who may tell a goal's conversions: those of its networks, and those who know its secret. Pure.

use std::net::IpAddr;

use catalog::Goal;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use sha2::Sha256;
use web::Problem;

use super::parameters::Parameters;
use crate::client_address::is_in;

/// The parameter with the signature.
pub(super) const SIGNATURE: &str = "sig";

/// Refuses others.
pub(super) fn check(
    goal: &Goal,
    parameters: &Parameters,
    ip: Option<IpAddr>,
) -> Result<(), Problem> {
    let Some(options) = goal.options.as_deref() else {
        return Ok(());
    };
    let networks = &options.allow_ips;
    if !networks.is_empty() && !ip.is_some_and(|ip| is_in(networks, ip)) {
        let detail = "this goal takes conversions of other addresses alone: see its `allow_ips`";
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "forbidden_address",
            detail,
        ));
    }
    match &options.secret {
        Some(secret) if !is_signed(secret.reveal().as_bytes(), parameters) => {
            let detail = "the parameter `sig` must be the HMAC-SHA256 in hex, with the goal's secret, of the \
                other parameters, decoded, sorted by name and then value, as name=value joined with &";
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "invalid_signature",
                detail,
            ))
        }
        _ => Ok(()),
    }
}

/// Whether not just anybody passes [`check`].
pub(super) fn is_closed(goal: &Goal) -> bool {
    let options = goal.options.as_deref();
    options.is_some_and(|options| options.secret.is_some() || !options.allow_ips.is_empty())
}

fn is_signed(secret: &[u8], parameters: &Parameters) -> bool {
    let mut given = parameters.iter().filter(|(name, _)| name == SIGNATURE);
    let (Some((_, given)), None) = (given.next(), given.next()) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return false;
    };
    mac.update(signed_text(parameters).as_bytes());
    unhex(given).is_some_and(|given| mac.verify_slice(&given).is_ok())
}

/// What is signed.
fn signed_text(parameters: &Parameters) -> String {
    let others = parameters.iter().filter(|(name, _)| name != SIGNATURE);
    let mut pairs: Vec<(&str, &str)> = others.map(|(name, value)| (&**name, &**value)).collect();
    pairs.sort_unstable();
    let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
    pairs.collect::<Vec<_>>().join("&")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(*pair.get(1)?)?) as u8);
    digits.chunks(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(sig: &str) -> Parameters {
        let pairs = [
            ("value", "2.50"),
            ("txid", "a&b=ü"),
            ("a", "2"),
            ("a", "1"),
            (SIGNATURE, sig),
        ];
        pairs
            .map(|(name, value)| (name.into(), value.into()))
            .into()
    }

    #[test]
    fn all_other_parameters_are_signed() {
        assert_eq!(
            signed_text(&parameters("x")),
            "a=1&a=2&txid=a&b=ü&value=2.50"
        );
        // printf 'a=1&a=2&txid=a&b=ü&value=2.50' | openssl dgst -sha256 -hmac s3cret-s3cret
        let right = "2a4edaa0354a12a740e47e0ccd715c2fc64976579745f6959f116338ff0cf79c";
        assert!(is_signed(b"s3cret-s3cret", &parameters(right)));
        assert!(is_signed(
            b"s3cret-s3cret",
            &parameters(&right.to_uppercase())
        ));
        assert!(!is_signed(b"other-secret", &parameters(right)));
        for wrong in ["", "00", "zz", &right[1..], "é"] {
            assert!(!is_signed(b"s3cret-s3cret", &parameters(wrong)), "{wrong}");
        }
        let mut twice = parameters(right);
        twice.push((SIGNATURE.into(), right.into()));
        assert!(!is_signed(b"s3cret-s3cret", &twice), "which of them?");
        let mut more = parameters(right);
        more.push(("x".into(), String::new()));
        assert!(!is_signed(b"s3cret-s3cret", &more));
    }
}
