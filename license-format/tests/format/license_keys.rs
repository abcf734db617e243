//! License keys as people type them.

use license_format::{LicenseKey, LicenseKeyError, LicenseType};
use proptest::prelude::*;
use test_vectors::kit;

use crate::any;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

fn key() -> LicenseKey {
    LicenseKey::from_random(LicenseType::Desktop, &std::array::from_fn(|at| at as u8))
}

/// The 25 characters of a key.
fn characters(key: &LicenseKey) -> [u8; 25] {
    let text: Vec<u8> = key.to_string().bytes().filter(|byte| *byte != b'-').collect();
    text.try_into().expect("25 characters")
}

fn is_mistyped(typed: &[u8; 25]) -> bool {
    let text = std::str::from_utf8(typed).expect("ASCII");
    text.parse::<LicenseKey>() == Err(LicenseKeyError::Checksum)
}

/// All characters but the one that belongs there.
fn others(right: u8) -> impl Iterator<Item = u8> {
    ALPHABET.iter().copied().filter(move |other| *other != right)
}

#[test]
fn every_single_and_every_double_substitution_is_noticed() {
    let right = characters(&key());
    let (mut singles, mut doubles) = (0, 0);
    for first in 0..25 {
        for one in others(right[first]) {
            let mut typed = right;
            typed[first] = one;
            assert!(is_mistyped(&typed));
            singles += 1;
            for second in first + 1..25 {
                for other in others(right[second]) {
                    typed[second] = other;
                    assert!(is_mistyped(&typed));
                    doubles += 1;
                }
                typed[second] = right[second];
            }
        }
    }
    assert_eq!((singles, doubles), (775, 288_300));
}

#[test]
fn every_swap_of_two_characters_is_noticed() {
    let right = characters(&key());
    for first in 0..25 {
        for second in first + 1..25 {
            let mut typed = right;
            typed.swap(first, second);
            assert!(typed == right || is_mistyped(&typed), "{first} and {second}");
        }
    }
}

#[test]
fn a_key_is_read_as_people_type_it() {
    let key = key();
    let text = key.to_string();
    assert_eq!(text.len(), 29);
    let spellings = [
        text.to_lowercase(),
        text.replace('-', ""),
        text.replace('-', " "),
        text.replace('-', "\u{2013}"),
        format!("  {} \n", text.replace('-', " - ")),
        text.replace('1', "I").replace('0', "O"),
        text.replace('1', "l").replace('0', "o"),
        text.replace('1', "L").replace('0', "o"),
        text.replace('-', "\u{a0}"),
    ];
    for typed in spellings {
        assert_eq!(typed.parse::<LicenseKey>().as_ref(), Ok(&key), "{typed:?}");
    }
    let dashes = "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}_\u{ad}\u{feff}";
    for dash in dashes.chars() {
        assert_eq!(text.replace('-', &dash.to_string()).parse().as_ref(), Ok(&key), "{dash:?}");
    }
    assert!(text.contains('0') && text.contains('1'), "the key has what O, I and L stand for");
}

#[test]
fn what_no_key_has_is_refused() {
    let text = key().to_string();
    let refused = |typed: &str| typed.parse::<LicenseKey>().expect_err("no key");
    assert_eq!(refused(""), LicenseKeyError::Length { found: 0 });
    assert_eq!(refused(&text[1..]), LicenseKeyError::Length { found: 24 });
    assert_eq!(refused(&format!("{text}7")), LicenseKeyError::Length { found: 26 });
    assert_eq!(refused(&format!("U{}", &text[1..])), LicenseKeyError::Character { character: 'U' });
    assert_eq!(
        refused(&format!("\u{ff21}{}", &text[1..])),
        LicenseKeyError::Character { character: '\u{ff21}' }
    );
    // The checksum fits, and the first character is none of a license type.
    let newer = kit::license_key([31; 19]);
    assert_eq!(refused(&newer), LicenseKeyError::Version);
    let codes =
        ["license-key-length", "license-key-character", "license-key-mistyped", "license-key-version"];
    let mut mistyped = text.clone();
    mistyped.replace_range(28.., if text.ends_with('7') { "8" } else { "7" });
    assert_eq!(["", "U", &mistyped, &newer].map(|typed| refused(typed).code()), codes);
}

#[test]
fn only_the_portal_shows_a_key_in_full() {
    let key = key();
    let last = &key.to_string()[24..];
    assert_eq!(format!("{key:?}"), format!("LicenseKey(*****-*****-*****-*****-{last})"));
}

proptest! {
    /// The kit makes keys from BIP 350 and the specification; so both are right, or both are wrong in one way.
    #[test]
    fn the_kit_makes_the_same_keys(license_type in any::license_type(), random in any::<[u8; 18]>()) {
        let first = match license_type {
            LicenseType::Desktop => 13,
            LicenseType::Mobile => 20,
            LicenseType::Farm => 15,
            LicenseType::Computers => 12,
        };
        let mut data = [first; 19];
        data[1..].copy_from_slice(&random.map(|byte| byte & 31));
        let made = kit::license_key(data);
        let key = LicenseKey::from_random(license_type, &random);
        prop_assert_eq!(key.to_string(), made.clone());
        prop_assert_eq!(key.digest().0, kit::license_key_digest(&made));
        prop_assert_eq!(made.parse::<LicenseKey>().map(|key| key.license_type()), Ok(license_type));
    }
}
