//! An amount of money as the catalog and the API have it: a decimal text.

use model::{money_text, parse_money};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Millionths of a currency's unit, never less than nought. As JSON a decimal text; a number is read, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(i64);

impl Price {
    /// A price of so many millionths; `None` if that is less than nought.
    pub fn new(micros: i64) -> Option<Self> {
        (micros >= 0).then_some(Self(micros))
    }

    /// Its millionths.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Reads a decimal such as `0.05`.
    pub fn parse(text: &str) -> Option<Self> {
        parse_money(text).and_then(Self::new)
    }
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&money_text(self.0.into()))
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let expected =
            "expected a decimal such as \"0.05\", not less than 0 and at most 9223372036854";
        let written =
            Written::deserialize(deserializer).map_err(|_| de::Error::custom(expected))?;
        let text = match written {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        Self::parse(&text).ok_or_else(|| de::Error::custom(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_decimal_texts() {
        let read = |text: &str| serde_json::from_str::<Price>(text);
        for (text, micros) in [
            ("\"0.05\"", 50_000),
            ("0.05", 50_000),
            ("12", 12_000_000),
            ("\"0\"", 0),
        ] {
            assert_eq!(read(text).unwrap().micros(), micros, "{text}");
        }
        for wrong in [
            "\"-1\"",
            "-0.5",
            "\"x\"",
            "true",
            "[1]",
            "1e300",
            "\"99999999999999\"",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("expected a decimal"), "{error}");
        }
        assert_eq!(
            serde_json::to_string(&Price(1_500_000)).unwrap(),
            "\"1.50\""
        );
    }
}
