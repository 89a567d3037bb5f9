//! Values as a filter writes them: commas between them, `-` before all that are left out. `\` before a comma, a hyphen, a space or
//! another `\` makes it a part of the value. Pure.

/// Whether `\` takes away its meaning.
fn has_meaning(next: char) -> bool {
    matches!(next, ',' | '-' | '\\') || next.is_whitespace()
}

/// The values of a list, without the spaces around them.
pub(super) fn read(text: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut value = Value::default();
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '\\' => match rest.next_if(|escaped| has_meaning(*escaped)) {
                Some(escaped) => value.keep(escaped),
                None => value.keep('\\'),
            },
            ',' => values.push(std::mem::take(&mut value).done()),
            space if space.is_whitespace() => value.space(space),
            other => value.keep(other),
        }
    }
    values.push(value.done());
    values
}

/// One value while it is read: spaces count once something follows them.
#[derive(Default)]
struct Value {
    text: String,
    spaces: String,
}

impl Value {
    fn keep(&mut self, of_value: char) {
        self.text.push_str(&std::mem::take(&mut self.spaces));
        self.text.push(of_value);
    }

    fn space(&mut self, space: char) {
        if !self.text.is_empty() {
            self.spaces.push(space);
        }
    }

    fn done(self) -> String {
        self.text
    }
}

/// Values as a list that [`read`] reads again, with `-` before it if they are left out.
pub(super) fn text(is_not: bool, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| written(value)).collect();
    let sign = if is_not { "-" } else { "" };
    format!("{sign}{}", values.join(","))
}

fn written(value: &str) -> String {
    let inner = value.trim();
    let first = value.len() - value.trim_start().len();
    let last = first + inner.len();
    let mut written = String::with_capacity(value.len());
    for (at, next) in value.char_indices() {
        let is_escaped = match next {
            '-' => at == 0,
            space if space.is_whitespace() => at < first || at >= last,
            next => has_meaning(next),
        };
        if is_escaped {
            written.push('\\');
        }
        written.push(next);
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_backslash_makes_signs_a_part_of_the_value() {
        let read = |text| read(text).join("|");
        assert_eq!(read("DE, AT"), "DE|AT");
        assert_eq!(read(r"iPhone12\,1, b"), "iPhone12,1|b");
        assert_eq!(read(r"\-20 %,\ a\ "), "-20 %| a ");
        assert_eq!(read(r"C:\temp\\,\"), r"C:\temp\|\");
        assert_eq!(read(""), "");
        assert_eq!(read(" , a b "), "|a b");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(values in prop::collection::vec(r"[a, \t\\\-]{0,6}", 1..4)) {
            prop_assert_eq!(read(&text(false, &values)), values);
        }
    }
}
