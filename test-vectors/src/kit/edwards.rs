//! Ed25519 at its edges: keys and signatures that verifiers disagree about (RFC 8032; "Taming the many EdDSAs", 2020).
//!
//! Each breaks one rule and keeps the others: where a signature should be refused for its R alone, the equation holds.

use curve25519_dalek::{EdwardsPoint, Scalar, constants::EIGHT_TORSION};
use sha2::{Digest as _, Sha512};

use super::{Key, key::thumbprint};

/// The order of the large group, 2^252 + 27742317777372353535851937790883648493, little-endian.
pub const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// One of the eight points of small order, in one of its spellings.
#[derive(Debug, Clone, Copy)]
pub struct SmallOrder {
    /// 1, 2, 4 or 8.
    pub order: u8,
    /// How it is told from others of its order: `order-8-d`, `order-1-signed`.
    pub name: &'static str,
    /// What is unusual about the spelling; `None` for the canonical one.
    pub oddity: Option<&'static str>,
    /// The 32 bytes.
    pub encoding: [u8; 32],
    /// The point is so many times [`EIGHT_TORSION`]'s first.
    multiple: u8,
}

/// The eight points, and the six other ways to write some of them: an unreduced y, and a sign where x is zero.
pub fn small_orders() -> Vec<SmallOrder> {
    const UNREDUCED: Option<&str> = Some("y is not reduced");
    const SIGNED: Option<&str> = Some("x is zero and has a sign");
    const BOTH: Option<&str> = Some("y is not reduced, and x is zero and has a sign");
    let point = |multiple: u8, name, oddity, first: u8, rest: u8, last: u8| {
        let mut encoding = [rest; 32];
        (encoding[0], encoding[31]) = (first, last);
        let order = [1, 8, 4, 8, 2, 8, 4, 8][usize::from(multiple)];
        SmallOrder { order, name, oddity, encoding, multiple }
    };
    let eighth = |multiple: u8, name| SmallOrder {
        order: 8,
        name,
        oddity: None,
        encoding: EIGHT_TORSION[usize::from(multiple)].compress().to_bytes(),
        multiple,
    };
    // Which of the two points with y = 0 has the odd x.
    let odd = if EIGHT_TORSION[2].compress().to_bytes()[31] == 0 { 6 } else { 2 };
    vec![
        point(0, "order-1", None, 0x01, 0x00, 0x00),
        point(4, "order-2", None, 0xec, 0xff, 0x7f),
        point(8 - odd, "order-4", None, 0x00, 0x00, 0x00),
        point(odd, "order-4-odd", None, 0x00, 0x00, 0x80),
        eighth(1, "order-8"),
        eighth(3, "order-8-b"),
        eighth(5, "order-8-c"),
        eighth(7, "order-8-d"),
        point(0, "order-1-unreduced", UNREDUCED, 0xee, 0xff, 0x7f),
        point(0, "order-1-signed", SIGNED, 0x01, 0x00, 0x80),
        point(0, "order-1-unreduced-signed", BOTH, 0xee, 0xff, 0xff),
        point(4, "order-2-signed", SIGNED, 0xec, 0xff, 0xff),
        point(8 - odd, "order-4-unreduced", UNREDUCED, 0xed, 0xff, 0x7f),
        point(odd, "order-4-odd-unreduced", UNREDUCED, 0xed, 0xff, 0xff),
    ]
}

impl SmallOrder {
    /// A signature that this point, taken for a key, "makes" of every message where small-order keys are let through: S·B = R + k·A
    /// with k·A = 0. Nobody has a secret for it, and nobody needs one.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let point = EIGHT_TORSION[usize::from(self.multiple)];
        attempts()
            .find_map(|nonce| {
                let r = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
                let vanishes = point * challenge(r, self.encoding, message) == EIGHT_TORSION[0];
                vanishes.then(|| joined(r, nonce))
            })
            .expect("every eighth nonce does")
    }
}

/// A key with a component of small order beside its large one: A = a·B + T, T of order 8. Whoever made it did so on purpose.
#[derive(Debug, Clone)]
pub struct MixedKey(Key);

impl MixedKey {
    /// The key of a name, moved.
    pub fn test_only(name: &str) -> MixedKey {
        MixedKey(Key::test_only(name))
    }

    /// The public key.
    pub fn public(&self) -> [u8; 32] {
        (EdwardsPoint::mul_base(&self.0.scalar()) + EIGHT_TORSION[1]).compress().to_bytes()
    }

    /// Its name.
    pub fn thumbprint(&self) -> [u8; 32] {
        thumbprint(self.public())
    }

    /// A signature for which S·B = R + k·A holds as it stands: the nonce is searched until k·T = 0.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signature(message, true)
    }

    /// A signature for which that holds only where both sides are multiplied by the cofactor.
    pub fn sign_for_cofactor(&self, message: &[u8]) -> [u8; 64] {
        self.signature(message, false)
    }

    /// A signature with this R for which S·B = R + k·A holds, if there is one for this message: for one message in eight.
    pub fn sign_with(&self, r: &SmallOrder, message: &[u8]) -> Option<[u8; 64]> {
        let k = challenge(r.encoding, self.public(), message);
        let rest = EIGHT_TORSION[usize::from(r.multiple)] + EIGHT_TORSION[1] * k;
        (rest == EIGHT_TORSION[0]).then(|| joined(r.encoding, k * self.0.scalar()))
    }

    fn signature(&self, message: &[u8], as_it_stands: bool) -> [u8; 64] {
        attempts()
            .find_map(|nonce| {
                let r = EdwardsPoint::mul_base(&nonce).compress().to_bytes();
                let k = challenge(r, self.public(), message);
                let vanishes = EIGHT_TORSION[1] * k == EIGHT_TORSION[0];
                (vanishes == as_it_stands).then(|| joined(r, nonce + k * self.0.scalar()))
            })
            .expect("every eighth nonce does")
    }
}

/// A signature whose R is a sound point with a component of order 8 added: it verifies only where both sides are multiplied by the
/// cofactor.
pub fn signature_with_mixed_order_r(key: &Key, message: &[u8]) -> [u8; 64] {
    let nonce = attempts().next().expect("a nonce");
    let r = (EdwardsPoint::mul_base(&nonce) + EIGHT_TORSION[1]).compress().to_bytes();
    joined(r, nonce + challenge(r, key.public(), message) * key.scalar())
}

/// A signature whose R is the identity, and for which S·B = R + k·A holds.
pub fn signature_with_identity_r(key: &Key, message: &[u8]) -> [u8; 64] {
    let r = EIGHT_TORSION[0].compress().to_bytes();
    joined(r, challenge(r, key.public(), message) * key.scalar())
}

/// The same signature with a multiple of the group's order added to S: verifiers that do not check S < L take it too. Panics where the
/// sum does not fit 256 bits.
pub fn order_added(mut signature: [u8; 64], times: u16) -> [u8; 64] {
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) * times + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "S has 256 bits");
    signature
}

/// `y + p` for a small y, little-endian: p is 2^255 − 19.
pub fn second_spelling(y: u8) -> [u8; 32] {
    let mut encoding = [0xff; 32];
    (encoding[0], encoding[31]) = (0xed + y, 0x7f);
    encoding
}

/// Nonces one after the other, the same ones at every run.
fn attempts() -> impl Iterator<Item = Scalar> {
    (0u32..).map(|attempt| {
        let name = match attempt {
            0 => "waybill test only: nonce".to_owned(),
            _ => format!("waybill test only: nonce {attempt}"),
        };
        Scalar::from_bytes_mod_order_wide(&Sha512::digest(name).into())
    })
}

/// k: SHA-512 of R, A and the message, modulo L.
fn challenge(r: [u8; 32], public: [u8; 32], message: &[u8]) -> Scalar {
    let digest = Sha512::new().chain_update(r).chain_update(public).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

fn joined(r: [u8; 32], s: Scalar) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(s.as_bytes());
    signature
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::edwards::CompressedEdwardsY;

    fn point(encoding: [u8; 32]) -> EdwardsPoint {
        CompressedEdwardsY(encoding).decompress().expect("a point")
    }

    /// S·B = R + k·A with lenient decoding: what each signature here that is refused for one reason still fulfils.
    fn equation_holds(public: [u8; 32], message: &[u8], signature: [u8; 64]) -> bool {
        let r: [u8; 32] = signature[..32].try_into().unwrap();
        let s = Scalar::from_canonical_bytes(signature[32..].try_into().unwrap()).unwrap();
        EdwardsPoint::mul_base(&s) == point(r) + point(public) * challenge(r, public, message)
    }

    #[test]
    fn the_spellings_are_of_the_points_that_they_name() {
        let all = small_orders();
        for small in &all {
            let point = point(small.encoding);
            assert_eq!(point, EIGHT_TORSION[usize::from(small.multiple)], "{}", small.name);
            assert_eq!(
                point.compress().to_bytes() == small.encoding,
                small.oddity.is_none(),
                "{}",
                small.name
            );
            let order = (1..=8u8).find(|times| point * Scalar::from(*times) == EIGHT_TORSION[0]);
            assert_eq!(order, Some(small.order), "{}", small.name);
        }
        let mut canonical: Vec<u8> =
            all.iter().filter(|small| small.oddity.is_none()).map(|small| small.multiple).collect();
        canonical.sort();
        assert_eq!(canonical, [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn each_signature_keeps_the_equation_that_it_says_it_keeps() {
        let mixed = MixedKey::test_only("issuing 1");
        assert!(equation_holds(mixed.public(), b"text", mixed.sign(b"text")));
        assert!(!equation_holds(mixed.public(), b"text", mixed.sign_for_cofactor(b"text")));
        for small in small_orders() {
            assert!(equation_holds(small.encoding, b"text", small.sign(b"text")), "{}", small.name);
            let (message, signature) = (0..200u8)
                .find_map(|text| Some(([text], mixed.sign_with(&small, &[text])?)))
                .expect("one message in eight");
            assert!(equation_holds(mixed.public(), &message, signature), "{}", small.name);
        }
        let key = Key::test_only("issuing 1");
        assert!(equation_holds(key.public(), b"text", signature_with_identity_r(&key, b"text")));
        assert!(!equation_holds(key.public(), b"text", signature_with_mixed_order_r(&key, b"text")));
    }
}
