//! Text as servers escape it in their logs.

/// The text: `\"`, `\\`, `\n`, `\t` …, and `\xhh` are undone. What is not UTF-8 then is taken as Latin-1: people's
/// logs have both.
pub(super) fn text(escaped: &[u8]) -> String {
    let mut text = String::with_capacity(escaped.len());
    for chunk in unescape(escaped).utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().copied().map(char::from));
    }
    text
}

fn unescape(escaped: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((first, after)) = rest.split_first() {
        let (byte, length) = match (first, after) {
            (b'\\', [b'x', high, low, ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            (b'\\', [next, ..]) => simple(*next).map_or((b'\\', 1), |byte| (byte, 2)),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    bytes
}

fn simple(escape: u8) -> Option<u8> {
    Some(match escape {
        b'"' | b'\\' => escape,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'v' => 11,
        b'f' => 12,
        _ => return None,
    })
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As Apache does it (`ap_escape_logitem`).
    fn apache(bytes: &[u8]) -> Vec<u8> {
        let escape = |b: &u8| match b {
            b'"' | b'\\' => vec![b'\\', *b],
            b'\n' => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            b'\t' => b"\\t".to_vec(),
            8 => b"\\b".to_vec(),
            11 => b"\\v".to_vec(),
            b' '..=b'~' => vec![*b],
            _ => format!("\\x{b:02x}").into_bytes(),
        };
        bytes.iter().flat_map(escape).collect()
    }

    /// As nginx does it.
    fn nginx(bytes: &[u8]) -> Vec<u8> {
        let escape = |b: &u8| match b {
            b'"' | b'\\' | ..b' ' | 127.. => format!("\\x{b:02X}").into_bytes(),
            _ => vec![*b],
        };
        bytes.iter().flat_map(escape).collect()
    }

    proptest! {
        #[test]
        fn what_a_server_escapes_is_undone(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(&unescape(&apache(&bytes)), &bytes);
            prop_assert_eq!(&unescape(&nginx(&bytes)), &bytes);
        }

        #[test]
        fn any_bytes_are_text(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            text(&bytes);
        }
    }

    #[test]
    fn text_is_utf_8_or_latin_1() {
        assert_eq!(text(br"f\xc3\xbcr"), "für");
        assert_eq!(text("für".as_bytes()), "für");
        assert_eq!(text(b"f\xfcr"), "für");
        assert_eq!(text(br"f\xFCr \xc3\xbc"), "für ü");
        assert_eq!(text(br#"a \"b\" \\c"#), r#"a "b" \c"#);
        assert_eq!(text(br"C:\dir\xzz\"), r"C:\dir\xzz\");
    }
}
