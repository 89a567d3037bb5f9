//! Names of columns and fields: capitals, spaces, `-`, `_` and `.` make no difference.

/// How alike a name must be to be meant.
const ALIKE: f64 = 0.6;

/// A name without what makes no difference.
pub fn bare(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// Which of `known` is most like `name`, if one is.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = bare(name);
    let alike = |known: &str| strsim::normalized_damerau_levenshtein(&bare(known), &name);
    let best = known.max_by(|a, b| alike(a).total_cmp(&alike(b)))?;
    (alike(best) >= ALIKE).then_some(best)
}
