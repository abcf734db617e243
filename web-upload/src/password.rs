//! Passwords: argon2id (RFC 9106), and the same time for those who do not exist.

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _, password_hash::phc::PasswordHash as Phc};
use signer::{entropy::Entropy, people::PasswordHash};

/// Fewest characters of a new password. Length is the only rule: other rules make passwords easier to guess.
pub(crate) const SHORTEST: usize = 12;

/// Most bytes of a password, so that hashing one stays cheap to start.
pub(crate) const LONGEST: usize = 256;

/// How expensive a password is to try, and the hash that stands in for users who do not exist.
pub struct Passwords {
    argon2: Argon2<'static>,
    nobody: PasswordHash,
}

impl Default for Passwords {
    /// 19 MiB, two passes: the least that OWASP recommends for argon2id, some tens of milliseconds.
    fn default() -> Self {
        Self::with(argon2::Params::default())
    }
}

impl Passwords {
    /// So cheap that it protects nothing: for tests, which sign in all the time.
    pub fn cheap_for_tests() -> Self {
        Self::with(argon2::Params::new(8, 1, 1, None).expect("the least that argon2 takes"))
    }

    fn with(params: argon2::Params) -> Self {
        let argon2 = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
        let nobody = hash(&argon2, "", &[0; SALT]);
        Passwords { argon2, nobody }
    }

    /// What is stored in place of a password.
    pub fn hash(&self, password: &str, entropy: &mut dyn Entropy) -> PasswordHash {
        let mut salt = [0; SALT];
        entropy.fill(&mut salt);
        hash(&self.argon2, password, &salt)
    }

    /// Whether the password is the stored one. Takes as long without a stored one, and then says no.
    pub fn verify(&self, password: &str, stored: Option<&PasswordHash>) -> bool {
        let against = stored.unwrap_or(&self.nobody);
        let fits = Phc::new(against.as_str())
            .is_ok_and(|phc| self.argon2.verify_password(password.as_bytes(), &phc).is_ok());
        fits && stored.is_some()
    }
}

const SALT: usize = 16;

fn hash(argon2: &Argon2<'_>, password: &str, salt: &[u8; SALT]) -> PasswordHash {
    let phc =
        argon2.hash_password_with_salt(password.as_bytes(), salt).expect("the lengths are argon2's own");
    PasswordHash::new(phc.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stored_password_fits() {
        let passwords = Passwords::cheap_for_tests();
        let mut entropy = |out: &mut [u8]| out.fill(7);
        let stored = passwords.hash("correct horse battery", &mut entropy);
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{}", stored.as_str());
        assert!(passwords.verify("correct horse battery", Some(&stored)));
        assert!(!passwords.verify("correct horse", Some(&stored)));
        assert!(!passwords.verify("correct horse battery", None));
        // The stand-in is the hash of the empty password, and still opens nothing.
        assert!(!passwords.verify("", None));
    }

    #[test]
    fn the_default_is_not_the_cheap_one() {
        assert!(Passwords::default().nobody.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}
