//! Which part of a file a request asks for (RFC 9110 §13.1.5, §14.1.2). Pure.

use http::{HeaderMap, Method, header};

/// Between the moment and the hash in a tag.
const BETWEEN: char = '/';

/// The tag of a file: `"{as_of}/{hash}"`, so that the moment can be read from it.
pub(super) fn tag(as_of: &str, hash: &str) -> String {
    format!("\"{as_of}{BETWEEN}{hash}\"")
}

/// What of a file is asked for: all of it, or a range if it is a certain file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::api) struct Part {
    range: Option<Range>,
    if_range: Option<String>,
}

/// One range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    /// From a place on, up to another one, which is in.
    From(u64, Option<u64>),
    /// The last so many.
    Last(u64),
}

impl Part {
    /// What the headers of a request say. Ranges that make no sense, or are several, are as good as none.
    pub(in crate::api) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let range = text(header::RANGE).filter(|_| *method == Method::GET);
        Self {
            range: range.and_then(Range::parse),
            if_range: text(header::IF_RANGE).map(|tag| tag.trim().to_owned()),
        }
    }

    /// The moment of the file of which a part is asked for, if the request names the file.
    pub(in crate::api) fn as_of(&self) -> Option<&str> {
        self.range?;
        let tag = self.if_range.as_deref()?;
        let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
        inner.split_once(BETWEEN).map(|(as_of, _)| as_of)
    }

    /// The range, if it is one of the file with this tag. Who does not name the file must have named its moment.
    pub(super) fn range(&self, tag: &str, is_of_named_moment: bool) -> Option<Range> {
        let is_this = match &self.if_range {
            Some(wanted) => wanted == tag,
            None => is_of_named_moment,
        };
        self.range.filter(|_| is_this)
    }
}

impl Range {
    fn parse(text: &str) -> Option<Self> {
        let (unit, range) = text.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (first, last) = range.trim().split_once('-')?;
        // The parser of numbers takes signs.
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(first) || !is_digits(last) {
            return None;
        }
        match (first, last) {
            ("", last) => last.parse().ok().map(Self::Last),
            (first, "") => first.parse().ok().map(|first| Self::From(first, None)),
            (first, last) => {
                let (first, last) = (first.parse().ok()?, last.parse().ok()?);
                (first <= last).then_some(Self::From(first, Some(last)))
            }
        }
    }

    /// The first byte, and the one after the last, of a file of this length; `None` if it has none of them.
    pub(super) fn within(self, length: u64) -> Option<(u64, u64)> {
        let (first, end) = match self {
            Self::From(first, None) => (first, length),
            Self::From(first, Some(last)) => (first, length.min(last.saturating_add(1))),
            Self::Last(count) => (length.saturating_sub(count), length),
        };
        (first < end).then_some((first, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(range: &str, if_range: Option<&str>) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        if let Some(tag) = if_range {
            headers.insert(header::IF_RANGE, tag.parse().unwrap());
        }
        Part::of(&Method::GET, &headers)
    }

    #[test]
    fn ranges_are_those_of_the_standard() {
        for (text, length, expected) in [
            ("bytes=0-", 10, Some((0, 10))),
            ("bytes=4-", 10, Some((4, 10))),
            ("Bytes= 4-6 ", 10, Some((4, 7))),
            ("bytes=4-99", 10, Some((4, 10))),
            ("bytes=9-9", 10, Some((9, 10))),
            ("bytes=-3", 10, Some((7, 10))),
            ("bytes=-30", 10, Some((0, 10))),
            ("bytes=10-", 10, None),
            ("bytes=-0", 10, None),
            ("bytes=0-", 0, None),
            ("bytes=0-18446744073709551615", 3, Some((0, 3))),
        ] {
            let range = Range::parse(text).unwrap();
            assert_eq!(range.within(length), expected, "{text} of {length}");
        }
        for text in [
            "bytes=6-4",
            "bytes=1-2,4-5",
            "bytes=+1-2",
            "bytes=-",
            "bytes=",
            "bytes",
            "lines=1-2",
            "bytes=a-",
            "bytes=18446744073709551616-",
        ] {
            let range = Range::parse(text);
            assert!(
                range.is_none_or(|range| range.within(10).is_none()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_part_is_one_of_a_file_that_is_named() {
        let tag = tag("7.01KB2V5R3W0000000000000000-17", "abc");
        let named = part("bytes=4-", Some(&tag));
        assert_eq!(named.as_of(), Some("7.01KB2V5R3W0000000000000000-17"));
        let range = Some(Range::From(4, None));
        assert_eq!(named.range(&tag, false), range);
        assert_eq!(named.range("\"7/abd\"", true), None, "another file");
        let address_alone = part("bytes=4-", None);
        assert_eq!(address_alone.as_of(), None);
        assert_eq!(address_alone.range(&tag, true), range);
        assert_eq!(address_alone.range(&tag, false), None, "of which moment?");
        let by_date = part("bytes=4-", Some("Wed, 21 Oct 2015 07:28:00 GMT"));
        assert_eq!((by_date.as_of(), by_date.range(&tag, true)), (None, None));
        let weak = part("bytes=4-", Some(&format!("W/{tag}")));
        assert_eq!(weak.range(&tag, true), None, "a weak tag names no bytes");
        let head = Part::of(
            &Method::HEAD,
            &HeaderMap::from_iter([(header::RANGE, "bytes=1-".parse().unwrap())]),
        );
        assert_eq!(head, Part::default());
    }
}
