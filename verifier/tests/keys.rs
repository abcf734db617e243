//! Which public keys may be enrolled: every good one in its one spelling, and none under which a signature proves nothing.

use license_format::PublicKey;
use proptest::prelude::*;
use verifier::{key::EnrolledKey, testing::TestKey, verify_request};

/// 2^255 − 19, least significant byte first.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};
/// The y coordinate of two of the four points of order 8; the other two have its negative.
const Y_OF_ORDER_8: &str = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
const MINUS_Y_OF_ORDER_8: &str = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";

fn code(key: [u8; 32]) -> Option<&'static str> {
    EnrolledKey::enrol(&PublicKey(key)).err().map(|error| error.code())
}

fn with_sign(mut key: [u8; 32]) -> [u8; 32] {
    key[31] |= 0x80;
    key
}

fn small(y: u8) -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = y;
    key
}

/// `p + offset`, for offsets so small that only the lowest byte changes.
fn p_plus(offset: i8) -> [u8; 32] {
    let mut key = P;
    key[0] = key[0].checked_add_signed(offset).expect("a small offset");
    key
}

fn hex(text: &str) -> [u8; 32] {
    PublicKey::from_hex(text).expect("64 digits").0
}

#[test]
fn all_eight_points_of_small_order_are_weak() {
    let order_8 = [hex(Y_OF_ORDER_8), hex(MINUS_Y_OF_ORDER_8)];
    let order_4 = small(0);
    let weak = [
        small(1),   // the identity
        p_plus(-1), // order 2: y = −1
        order_4,
        with_sign(order_4),
        order_8[0],
        with_sign(order_8[0]),
        order_8[1],
        with_sign(order_8[1]),
    ];
    for key in weak {
        assert_eq!(code(key), Some("key-weak"), "{}", PublicKey(key));
    }
}

#[test]
fn a_second_spelling_of_a_point_is_refused() {
    // y coordinates from p to 2^255 − 1 mean the same as 0 to 18; some are points and some are not.
    for offset in 0..=18 {
        let key = p_plus(offset);
        assert_eq!(code(key), Some("key-encoding"), "p + {offset}");
        assert_eq!(code(with_sign(key)), Some("key-encoding"), "p + {offset}, negative");
    }
    // x = 0 has no sign, so "minus 0" is a second spelling of the identity and of the point of order 2.
    assert_eq!(code(with_sign(small(1))), Some("key-encoding"));
    assert_eq!(code(with_sign(p_plus(-1))), Some("key-encoding"));
}

#[test]
fn what_is_no_point_of_the_curve_is_refused() {
    assert_eq!(code(small(2)), Some("key-encoding"));
}

#[test]
fn a_request_with_a_weak_key_is_refused_before_its_signature_is_looked_at() {
    let mut request = verifier::testing::activation_request(license_format::LicenseType::Desktop);
    request.installation.public_key = PublicKey(small(1));
    let document = TestKey::named("anyone").seal(&request);
    assert_eq!(verify_request(&document).unwrap_err().code(), "key-weak");
}

proptest! {
    #[test]
    fn every_honest_key_is_enrolled_and_keeps_its_bytes(name in "[a-z]{1,12}") {
        let public_key = TestKey::named(&name).public_key();
        let enrolled = EnrolledKey::enrol(&public_key).expect("a good key");
        prop_assert_eq!(enrolled.public_key(), public_key);
        prop_assert_eq!(enrolled.thumbprint(), public_key.thumbprint());
    }

    /// Keys are compared as bytes everywhere, which is right only if what is enrolled has one spelling.
    #[test]
    fn what_is_enrolled_is_its_own_spelling(bytes in any::<[u8; 32]>()) {
        if let Ok(enrolled) = EnrolledKey::enrol(&PublicKey(bytes)) {
            prop_assert_eq!(enrolled.public_key(), PublicKey(bytes));
        }
    }
}
