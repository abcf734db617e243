//! License keys as typed: 25 characters in five groups, Crockford's alphabet, a Bech32m checksum (BIP 350).
//!
//! A key is a name for a row at the signer and contains no terms, but its first character tells the license type, so that
//! the proxy can refuse a Mobile key for the Desktop slot before anybody travels.
//!
//! ```
//! use license_format::{LicenseKey, LicenseType};
//!
//! let key = LicenseKey::from_random(LicenseType::Desktop, &[7; 18]);
//! let typed = key.to_string().to_lowercase().replace('-', " ");
//! assert_eq!(typed.parse(), Ok(key));
//! let mistyped: Result<LicenseKey, _> = typed.replace('7', "8").parse();
//! assert_eq!(mistyped.unwrap_err().code(), "license-key-mistyped");
//! ```

use std::{fmt, str::FromStr};

use bech32::{
    Bech32m, Fe32, Hrp,
    primitives::checksum::{Checksum, Engine},
};
use serde::{Deserialize, Serialize};

use crate::{bytes::Digest, payload::LicenseType};

/// Characters of a key.
pub const LENGTH: usize = 25;
/// Those that carry data: one for version and license type, 18 random.
const DATA: usize = 19;
/// Those that Bech32m adds.
const CHECKSUM: usize = LENGTH - DATA;
/// Random characters of 5 bits: 90 bits, which cannot be searched.
pub const RANDOM: usize = DATA - 1;
const GROUP: usize = 5;
/// Crockford's base 32: no I, L, O and U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Why a typed text is not a license key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LicenseKeyError {
    /// Too few or too many characters, spaces and dashes not counted.
    #[error("a license key has 25 characters, this has {found}")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// A character that no key has.
    #[error("{character:?} does not occur in license keys")]
    Character {
        /// The character.
        character: char,
    },
    /// The checksum does not fit: something was mistyped.
    #[error("the license key is mistyped: its check characters do not fit")]
    Checksum,
    /// The checksum fits, but the first character means nothing to this version.
    #[error("the license key is of a newer kind than this program knows")]
    Version,
}

impl LicenseKeyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LicenseKeyError::Length { .. } => "license-key-length",
            LicenseKeyError::Character { .. } => "license-key-character",
            LicenseKeyError::Checksum => "license-key-mistyped",
            LicenseKeyError::Version => "license-key-version",
        }
    }

    /// What to do about it.
    pub fn next_step(&self) -> &'static str {
        match self {
            LicenseKeyError::Version => "Update this program.",
            _ => "Compare it with the portal's page, group by group, and type it again.",
        }
    }
}

/// A license key whose checksum fits. Whoever has it may use it, so it is shown in full only where the portal shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct LicenseKey {
    symbols: [Fe32; LENGTH],
    license_type: LicenseType,
}

impl LicenseKey {
    /// A key of a license type from 18 random bytes, of which five bits each are used.
    pub fn from_random(license_type: LicenseType, random: &[u8; RANDOM]) -> LicenseKey {
        let mut symbols = [Fe32::Q; LENGTH];
        symbols[0] = Fe32::try_from(type_symbol(license_type)).expect("a type's symbol is below 32");
        for (symbol, byte) in symbols[1..DATA].iter_mut().zip(random) {
            *symbol = Fe32::try_from(byte & 0x1f).expect("five bits");
        }
        let mut engine = engine(&symbols[..DATA]);
        engine.input_target_residue();
        let residue = *engine.residue();
        for (at, symbol) in symbols[DATA..].iter_mut().enumerate() {
            let shift = 5 * (CHECKSUM - 1 - at);
            *symbol = Fe32::try_from((residue >> shift & 0x1f) as u8).expect("five bits");
        }
        LicenseKey { symbols, license_type }
    }

    /// The license type that the first character tells.
    pub fn license_type(&self) -> LicenseType {
        self.license_type
    }

    /// What goes on the wire instead of the key: SHA-256 of `waybill/license-key/v1`, a zero byte, and the 25 characters.
    pub fn digest(&self) -> Digest {
        let mut bytes = b"waybill/license-key/v1\0".to_vec();
        bytes.extend(self.characters());
        Digest::of(&bytes)
    }

    /// The last five characters, which are check characters and so tell nothing that helps to guess the rest.
    pub fn last_group(&self) -> LastGroup {
        LastGroup(self.characters().skip(LENGTH - GROUP).map(char::from).collect())
    }

    fn characters(&self) -> impl Iterator<Item = u8> + '_ {
        self.symbols.iter().map(|symbol| ALPHABET[usize::from(symbol.to_u8())])
    }
}

/// The five groups with dashes.
impl fmt::Display for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, character) in self.characters().enumerate() {
            if at > 0 && at % GROUP == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(character))?;
        }
        Ok(())
    }
}

/// Logs and panics see the last group only.
impl fmt::Debug for LicenseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LicenseKey({})", self.last_group().masked())
    }
}

/// Reads a key as people type and paste it: any case, spaces and every kind of dash between, O for 0, I and L for 1.
impl FromStr for LicenseKey {
    type Err = LicenseKeyError;

    fn from_str(text: &str) -> Result<Self, LicenseKeyError> {
        let mut values = Vec::with_capacity(LENGTH);
        for character in text.chars().filter(|c| !is_separator(*c)) {
            let symbol = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|known| char::from(*known) == symbol);
            values.push(value.ok_or(LicenseKeyError::Character { character })? as u8);
        }
        let found = values.len();
        let values: [u8; LENGTH] = values.try_into().map_err(|_| LicenseKeyError::Length { found })?;
        let symbols = values.map(|value| Fe32::try_from(value).expect("a position in an alphabet of 32"));
        if *engine(&symbols).residue() != Bech32m::TARGET_RESIDUE {
            return Err(LicenseKeyError::Checksum);
        }
        let license_type = LicenseType::ALL
            .into_iter()
            .find(|license_type| type_symbol(*license_type) == values[0])
            .ok_or(LicenseKeyError::Version)?;
        Ok(LicenseKey { symbols, license_type })
    }
}

/// The last group of a license key: what documents and pages show of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct LastGroup(String);

impl LastGroup {
    /// The key with all but the last group hidden: `*****-*****-*****-*****-7QW2Z`.
    pub fn masked(&self) -> String {
        format!("{}{}", "*****-".repeat(LENGTH / GROUP - 1), self.0)
    }

    /// The five characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LastGroup {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.len() == GROUP && text.bytes().all(|byte| ALPHABET.contains(&byte));
        if fits {
            Ok(LastGroup(text))
        } else {
            Err("the last group of a license key is five of its characters")
        }
    }
}

impl From<LastGroup> for String {
    fn from(group: LastGroup) -> String {
        group.0
    }
}

impl fmt::Display for LastGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn type_symbol(license_type: LicenseType) -> u8 {
    match license_type {
        LicenseType::Desktop => 13,
        LicenseType::Mobile => 20,
        LicenseType::Farm => 15,
        LicenseType::Computers => 12,
    }
}

fn engine(symbols: &[Fe32]) -> Engine<Bech32m> {
    let hrp = Hrp::parse("waybill").expect("a valid human-readable part");
    let mut engine = Engine::<Bech32m>::new();
    engine.input_hrp(hrp);
    symbols.iter().for_each(|symbol| engine.input_fe(*symbol));
    engine
}

/// Spaces and everything that a word processor makes of a hyphen.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '_' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{feff}')
}
