//! A license key is displayed as it was parsed, however it was typed.

use license_format::{LicenseKey, LicenseType};

use crate::{Law, seeds};

pub(crate) const LAW: Law = Law {
    name: "license_key",
    says: "a license key that is parsed is displayed as a text that parses to it, typed in any way",
    check,
    seeds: || {
        let keys = LicenseType::ALL.into_iter().flat_map(|license_type| {
            (0..4_u8).map(move |seed| {
                let random = std::array::from_fn(|at| (at as u8).wrapping_mul(11).wrapping_add(seed));
                LicenseKey::from_random(license_type, &random).to_string()
            })
        });
        seeds::distinct(keys.flat_map(|key| typed(&key)).map(String::into_bytes))
    },
};

fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(key) = text.parse::<LicenseKey>() else { return };
    let shown = key.to_string();
    assert_eq!(shown.len(), 29, "{shown}");
    for text in typed(&shown) {
        let again = text.parse::<LicenseKey>();
        assert_eq!(again.as_ref(), Ok(&key), "{text}");
    }
    assert_eq!(key.license_type(), shown.parse::<LicenseKey>().expect("as above").license_type());
    assert!(shown.ends_with(key.last_group().as_str()));
    assert!(!format!("{key:?}").contains(&shown[..5]), "what is logged shows the key: {key:?}");

    // Any other character in the place of one is noticed.
    let (before, after) = shown.split_at(7);
    let other = if after.starts_with('0') { '1' } else { '0' };
    assert!(format!("{before}{other}{}", &after[1..]).parse::<LicenseKey>().is_err());
}

/// What people make of a key.
fn typed(key: &str) -> [String; 6] {
    [
        key.to_owned(),
        key.to_lowercase(),
        key.replace('-', ""),
        key.replace('-', " \u{2013}"),
        key.replace('0', "O").replace('1', "l"),
        key.replace('0', "o").replace('1', "I"),
    ]
}
