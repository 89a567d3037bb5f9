//! Values that are never shown by accident.

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

/// A secret, or what may hold one. `Debug` does not show it, nor does the error when it cannot be read from a file of
/// settings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Hidden<T>(T);

impl<T> Hidden<T> {
    /// Hides `value`.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, to be used and not to be shown.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl From<&str> for Hidden<String> {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl FromStr for Hidden<String> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.into())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Hidden<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = T::deserialize(deserializer);
        value
            .map(Self)
            .map_err(|_| D::Error::custom("a secret is a text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_shown_by_nothing() {
        let hidden = Hidden::from("s3cret");
        assert_eq!(format!("{:?}", Some(&hidden)), "Some((hidden))");
        assert_eq!(hidden.reveal(), "s3cret");
        let read: Hidden<String> = serde_json::from_str("\"s3cret\"").unwrap();
        assert_eq!(read, hidden);
        let wrong = serde_json::from_str::<Hidden<String>>("777777").unwrap_err();
        assert!(!wrong.to_string().contains("777777"), "{wrong}");
    }
}
