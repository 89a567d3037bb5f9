//! What somebody may have meant who wrote a name that does not exist.

/// How alike two names must be, of 1.
const ALIKE: f64 = 0.75;
/// Longest unknown name that is compared and quoted, characters.
const MAX_NAME: usize = 40;

/// Says that there is no `what` of this name, and which of the known ones is nearest.
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let name: String = name.chars().take(MAX_NAME).collect();
    let plain = name.to_ascii_lowercase().replace(['-', ' '], "_");
    let alike = |known: &&str| strsim::jaro_winkler(&plain, known);
    let best = known
        .into_iter()
        .max_by(|one, other| alike(one).total_cmp(&alike(other)));
    match best.filter(|best| alike(best) >= ALIKE) {
        Some(best) => format!("there is no {what} `{name}`; did you mean `{best}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

/// The same, with all that there are.
pub fn no_such(what: &str, name: &str, known: &[&str]) -> String {
    let meant = unknown(what, name, known.iter().copied());
    let stop = if meant.ends_with('?') { "" } else { ";" };
    format!("{meant}{stop} there are {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_named_if_it_is_near() {
        let known = ["link", "occurred_at", "user_agent", "referrer"];
        let said = |name: &str| unknown("field", name, known);
        assert_eq!(
            said("referer"),
            "there is no field `referer`; did you mean `referrer`?"
        );
        assert!(said("User-Agent").ends_with("did you mean `user_agent`?"));
        assert_eq!(said("qqq"), "there is no field `qqq`");
        assert!(said(&"x".repeat(9_999)).len() < 100);
        let all = |name| no_such("field", name, &["link", "referrer"]);
        assert_eq!(
            all("referer"),
            "there is no field `referer`; did you mean `referrer`? there are link, referrer"
        );
        assert_eq!(
            all("qqq"),
            "there is no field `qqq`; there are link, referrer"
        );
    }
}
