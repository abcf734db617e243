//! Random bytes as a parameter. Nothing in this crate reaches for the system's own: programs pass it in at their edge,
//! and tests pass bytes that they know.

/// A source of random bytes that nobody can foresee. A source that can fail does not come back from `fill`: without
/// randomness there is no answer worth giving.
pub trait Entropy: Send {
    /// Fills the whole slice.
    fn fill(&mut self, out: &mut [u8]);
}

impl<F: FnMut(&mut [u8]) + Send> Entropy for F {
    fn fill(&mut self, out: &mut [u8]) {
        self(out);
    }
}

/// So many random bytes.
pub(crate) fn draw<const N: usize>(entropy: &mut dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
