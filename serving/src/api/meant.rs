//! What may have been meant by a name that a body must not have. Serde tells it, and all that there are, in words alone.

/// Serde's words for a field, or a value of few, that there is not; with the one that was probably meant. Other words stay as they are.
pub(super) fn told(words: String) -> String {
    let better = [("unknown field `", "field"), ("unknown variant `", "value")];
    let better = better
        .into_iter()
        .find_map(|(start, what)| named(&words, start, what));
    better.unwrap_or(words)
}

/// ``unknown field `titel`, expected one of `tag`, `title` at line 1 column 7``.
fn named(words: &str, start: &str, what: &str) -> Option<String> {
    let (name, rest) = words.strip_prefix(start)?.split_once("`, expected ")?;
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let after = rest.rsplit_once('`').map_or("", |(_, after)| after);
    Some(web::no_such(what, name, &known) + after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_there_is_not_is_told_with_the_nearest() {
        let one_of = "unknown field `titel`, expected one of `tag`, `title` at line 1 column 7";
        assert_eq!(
            told(one_of.into()),
            "there is no field `titel`; did you mean `title`? there are tag, title at line 1 column 7"
        );
        let either = "unknown variant `qqq`, expected `first` or `last`";
        assert_eq!(
            told(either.into()),
            "there is no value `qqq`; there are first, last"
        );
        for others in [
            "missing field `tag`",
            "unknown field `a`, there are no fields",
            "x",
        ] {
            assert_eq!(told(others.into()), others);
        }
    }
}
