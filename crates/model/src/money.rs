//! Decimal texts as senders write them, in millionths of a currency's unit.

/// Longest text that is read, bytes.
const MAX_TEXT: usize = 64;
/// Largest power of ten in a text such as `1.5e3`, either way.
const MAX_EXPONENT: u32 = 40;
/// Digits after the point that are kept.
const KEPT: i32 = 6;

/// A decimal such as `12.50`, `-3`, `.5` or `1.5e3` in millionths. What is finer is rounded half-even;
/// `None` is no decimal, has a power of ten beyond ±40, or is beyond ±9,223,372,036,854.775807: the largest of
/// which a sum of 10^12 fits in the 128 bits that numbers are added up in, with room to spare.
pub fn parse_money(text: &str) -> Option<i64> {
    let text = text.trim_matches([' ', '\t']);
    if text.len() > MAX_TEXT {
        return None;
    }
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, exponent) = match rest.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = || whole.bytes().chain(part.bytes());
    let is_number = all().next().is_some() && all().all(|b| b.is_ascii_digit());
    if !is_number || exponent.unsigned_abs() > MAX_EXPONENT {
        return None;
    }
    // The value is `digits * 10^(exponent - part.len())`; so many of the digits make millionths.
    let kept = whole.len() as i32 + exponent + KEPT;
    let digits: Vec<i128> = all().map(|b| i128::from(b - b'0')).collect();
    let micros = rounded(&digits, kept)?;
    i64::try_from(if is_negative { -micros } else { micros }).ok()
}

/// Millionths as a decimal text with at least two digits behind the point: JSON numbers would lose some.
pub fn money_text(micros: i128) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let all = micros.unsigned_abs();
    let part = format!("{:06}", all % 1_000_000);
    let part = part.trim_end_matches('0');
    format!("{sign}{}.{part:0<2}", all / 1_000_000)
}

/// The number that the first `kept` digits are, filled with noughts, and rounded by the rest.
fn rounded(digits: &[i128], kept: i32) -> Option<i128> {
    let mut number: i128 = 0;
    for place in 0..kept {
        let digit = digits.get(place as usize).copied().unwrap_or(0);
        number = number.checked_mul(10)?.checked_add(digit)?;
    }
    // Digits that begin after the first that is cut off are less than half.
    let Ok(cut) = usize::try_from(kept) else {
        return Some(number);
    };
    let rest = digits.get(cut..).unwrap_or_default();
    let Some((first, others)) = rest.split_first() else {
        return Some(number);
    };
    let is_half = *first == 5 && others.iter().all(|digit| *digit == 0);
    let up = if is_half {
        number % 2 == 1
    } else {
        *first >= 5
    };
    number.checked_add(i128::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_as_people_and_programs_write_them() {
        for (text, micros) in [
            ("12.50", 12_500_000),
            ("0.000001", 1),
            ("-3", -3_000_000),
            ("+3", 3_000_000),
            (" 3 ", 3_000_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            ("007.10", 7_100_000),
            ("836.9999999999998", 837_000_000),
            ("1500000000", 1_500_000_000_000_000),
            ("999999999.999999", 999_999_999_999_999),
            ("1e3", 1_000_000_000),
            ("1.5E-3", 1_500),
            ("2.5e-6", 2),
            ("3.5e-6", 4),
            ("25e-7", 2),
            ("0.0000025000000000000000000000000001", 3),
            ("-0.0000015", -2),
            ("0.0000005", 0),
            ("0.00000051", 1),
            ("9e-9", 0),
            ("1e-40", 0),
            ("0e40", 0),
            ("9223372036854.775807", i64::MAX),
            ("-9223372036854.775808", i64::MIN),
        ] {
            assert_eq!(parse_money(text), Some(micros), "{text}");
        }
    }

    #[test]
    fn what_is_no_decimal_or_too_large_is_refused() {
        let long = "1".repeat(65);
        for text in [
            "",
            " ",
            "-",
            ".",
            "e3",
            "1e",
            "1e+",
            "--1",
            "1,5",
            "1 000",
            "NaN",
            "inf",
            "0x10",
            "１",
            "12€",
            "1.2.3",
            "1e1.5",
            "1e99",
            "9223372036854.775808",
            "1e13",
            "1e41",
            "1e-41",
            "1e2147483647",
            "1e-2147483648",
            "1e-99999999999",
            "170141183460469231731687303715884105727.5e-6",
            "-170141183460469231731687303715884105727.5e-6",
            &long,
        ] {
            assert_eq!(parse_money(text), None, "{text}");
        }
    }

    /// The value by another way: with so many noughts on both sides that every point is within.
    fn exact(whole: &str, part: &str, exponent: i32) -> Option<i128> {
        let noughts = "0".repeat(50);
        let fixed = format!("{noughts}{whole}{part}{noughts}");
        let point = noughts.len() as i32 + whole.len() as i32 + exponent + KEPT;
        let (number, rest) = fixed.split_at(point as usize);
        let number: i128 = format!("0{number}").parse().ok()?;
        let half = format!("{:0<width$}", 5, width = rest.len());
        match rest.cmp(&half) {
            std::cmp::Ordering::Less => Some(number),
            std::cmp::Ordering::Equal => number.checked_add(number % 2),
            std::cmp::Ordering::Greater => number.checked_add(1),
        }
    }

    /// Long and short texts, and many that end in a half.
    fn digits() -> impl Strategy<Value = String> {
        prop_oneof!["[0-9]{0,30}", "[0-9]{0,8}50{0,20}", "0{0,20}[0-9]{0,12}"]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_decimal_is_rounded_half_even_and_exactly(
            whole in digits(), part in digits(), exponent in -45..=45_i32, is_negative: bool,
        ) {
            let sign = if is_negative { -1 } else { 1 };
            let text = format!("{}{whole}.{part}e{exponent}", if is_negative { "-" } else { "" });
            let is_read = text.len() <= MAX_TEXT && !(whole.is_empty() && part.is_empty())
                && exponent.unsigned_abs() <= MAX_EXPONENT;
            let micros = is_read.then(|| exact(&whole, &part, exponent)).flatten();
            let micros = micros.and_then(|micros| i64::try_from(sign * micros).ok());
            prop_assert_eq!(parse_money(&text), micros, "{}", text);
        }

        #[test]
        fn any_power_of_ten_is_survived(
            whole in "[0-9]{0,40}", part in "[0-9]{0,10}",
            exponent in prop_oneof![any::<i32>().prop_map(|e| e.to_string()), "[+-]?[0-9]{1,12}"],
        ) {
            let _ = parse_money(&format!("{whole}.{part}e{exponent}"));
        }

        #[test]
        fn what_is_written_with_six_digits_comes_back(micros in any::<i64>()) {
            let sign = if micros < 0 { "-" } else { "" };
            let (whole, part) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
            prop_assert_eq!(parse_money(&format!("{sign}{whole}.{part:06}")), Some(micros));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,70}") {
            let _ = parse_money(&text);
        }
    }
}
