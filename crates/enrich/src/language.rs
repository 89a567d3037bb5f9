//! The language that a visitor likes best.

/// The primary tag of the first language of an `Accept-Language` header, in lower case (`en` of
/// `en-US,de;q=0.8`); empty where there is none.
pub fn language(accept_language: &str) -> String {
    let first = accept_language.split([',', ';']).next().unwrap_or_default();
    let primary = first.trim().split(['-', '_']).next().unwrap_or_default();
    // ISO 639 has codes of two and three letters; all else is no language, or somebody's attempt
    // to fill memory.
    let is_code =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    match is_code {
        true => primary.to_ascii_lowercase(),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::language;
    use proptest::prelude::*;

    #[test]
    fn the_first_tag_counts_without_its_region() {
        for (header, expected) in [
            ("en-US,en;q=0.5", "en"),
            (" DE , fr", "de"),
            ("pt_BR", "pt"),
            ("fil;q=1", "fil"),
            ("zh-Hant-TW", "zh"),
            ("*", ""),
            ("", ""),
            ("english", ""),
            ("1-2", ""),
        ] {
            assert_eq!(language(header), expected, "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in "\\PC{0,40}") {
            let language = language(&text);
            prop_assert!(language.is_empty() || language.bytes().all(|b| b.is_ascii_lowercase()));
        }
    }
}
