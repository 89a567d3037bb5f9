//! The token of whoever runs the installation.

/// Kept as a hash; compared in constant time.
pub struct AdminToken(Option<blake3::Hash>);

impl AdminToken {
    /// Accepts `token` and nothing else; an empty one is never accepted.
    pub fn new(token: &str) -> Self {
        Self((!token.is_empty()).then(|| blake3::hash(token.as_bytes())))
    }

    /// Whether `given` is the token.
    pub fn matches(&self, given: &str) -> bool {
        // Equality of `blake3::Hash` takes the same time whatever differs.
        self.0
            .is_some_and(|hash| hash == blake3::hash(given.as_bytes()))
    }
}
