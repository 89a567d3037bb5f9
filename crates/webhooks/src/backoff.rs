//! When what failed is tried again.

/// The first pause, milliseconds.
const FIRST_MS: i64 = 5_000;
/// The longest pause.
const LONGEST_MS: i64 = 2 * 3_600_000;
/// Each pause is so many times the one before.
const FACTOR: i64 = 3;
/// A pause is shorter or longer by up to this many hundredths, so that those who failed together do not come back together.
const JITTER: i64 = 20;

/// For so long what fails is tried again, milliseconds.
pub const PATIENCE_MS: i64 = 24 * 3_600_000;

/// The pause after `tries` failures, milliseconds. `random` is any number.
pub fn pause_ms(tries: u32, random: u64) -> i64 {
    let factor = FACTOR.saturating_pow(tries.saturating_sub(1).min(20));
    let pause = FIRST_MS.saturating_mul(factor).min(LONGEST_MS);
    let spread = (random % (2 * JITTER as u64 + 1)) as i64 - JITTER;
    pause + pause * spread / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_end_and_differ() {
        let middle = |tries| pause_ms(tries, JITTER as u64);
        let pauses: Vec<i64> = (1..=9).map(middle).collect();
        let expected = [5, 15, 45, 135, 405, 1_215, 3_645, 7_200, 7_200];
        assert_eq!(pauses, expected.map(|s| s * 1_000));
        assert_eq!(middle(u32::MAX), LONGEST_MS);
        for random in 0..1_000 {
            let pause = pause_ms(1, random);
            assert!((4_000..=6_000).contains(&pause), "{pause}");
        }
        assert_ne!(pause_ms(3, 1), pause_ms(3, 2));
    }
}
