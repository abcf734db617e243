//! The state file: two lines of text that say what it is, then the state as CBOR (RFC 8949).
//!
//! ```text
//! waybill-proxy state 1
//! 7f3a91c2…            SHA-256 of the line above, without its end, and of everything below
//! ```
//!
//! The digest finds accidents: a bad sector, a hand in an editor, half a copy. It is no signature; whoever may write this
//! directory is the installation's owner. The version goes up when an older program could misread the state.

use license_format::{Digest, Label};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use verifier::installation::Installation;

/// Everything that the directory keeps besides the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    /// The server's name as given at setup; without one it is asked of the machine each time.
    pub(crate) name: Option<Label>,
    /// The installation.
    pub(crate) installation: Installation,
}

/// Bytes that a state file may have: 33 requests and four licenses at the limit of a file would fit.
pub(crate) const STATE_BYTES: usize = 40 * license_format::limits::FILE_BYTES;

const NAME: &str = "waybill-proxy state ";
const VERSION: u64 = 1;
const DIGEST_CHARACTERS: usize = 64;

/// Why some bytes are no state.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StateFault {
    /// They are not what was written.
    Damaged,
    /// They are what a later program wrote.
    Version(u64),
}

impl State {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let first = format!("{NAME}{VERSION}");
        let mut body = Vec::with_capacity(4096);
        ciborium::into_writer(self, &mut body).expect("writing to memory does not fail");
        let digest = digest(&first, &body);
        let mut bytes = format!("{first}\n{digest}\n").into_bytes();
        bytes.extend(body);
        bytes
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<State, StateFault> {
        let (first, rest) = split_line(bytes).ok_or(StateFault::Damaged)?;
        let (said, body) = split_line(rest).ok_or(StateFault::Damaged)?;
        let version: u64 =
            first.strip_prefix(NAME).and_then(|version| version.parse().ok()).ok_or(StateFault::Damaged)?;
        let is_intact = said.len() == DIGEST_CHARACTERS && said == digest(first, body).to_string();
        match (is_intact, version) {
            (false, _) => Err(StateFault::Damaged),
            (true, VERSION) => ciborium::from_reader(body).map_err(|_| StateFault::Damaged),
            (true, other) => Err(StateFault::Version(other)),
        }
    }
}

fn digest(first: &str, body: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update(first).chain_update(body).finalize().into())
}

fn split_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().take(DIGEST_CHARACTERS + 1).position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

#[cfg(test)]
mod tests {
    use license_format::DAY;
    use verifier::{installation::Moment, testing};

    use super::*;

    /// A state with something in every part: an active slot, a requested one, use, an open request.
    fn state() -> State {
        let key = testing::installation();
        let moment = |number| Moment { now: testing::now(), nonce: license_format::Nonce([number; 16]) };
        let (mobile, desktop) = (license_format::LicenseType::Mobile, license_format::LicenseType::Desktop);
        let installation =
            Installation::set_up(testing::facts(&key), &testing::trust(), testing::now().minus(DAY));
        let installation = installation.set_usage(desktop, 260, testing::now());
        let sign = |bytes: &[u8]| key.sign(bytes);
        let (installation, prepared) = installation
            .prepare_activation(desktop, &testing::license_key(desktop), moment(1), sign)
            .unwrap();
        let answers = prepared.request.digest();
        let license = license_format::payload::License { answers, ..testing::license(desktop) };
        let (installation, _) = installation.import(&testing::seal_answer(&license), testing::now()).unwrap();
        let (installation, _) =
            installation.prepare_activation(mobile, &testing::license_key(mobile), moment(2), sign).unwrap();
        State { name: Some(testing::label("CM01")), installation }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let state = state();
        let bytes = state.encode();
        assert!(bytes.starts_with(b"waybill-proxy state 1\n"));
        assert_eq!(State::decode(&bytes).as_ref(), Ok(&state));
        assert_eq!(State::decode(&bytes).unwrap().encode(), bytes);
    }

    #[test]
    fn no_flipped_byte_passes() {
        let good = state().encode();
        for at in 0..good.len() {
            for flip in [0x01, 0x20, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                assert_eq!(State::decode(&bad), Err(StateFault::Damaged), "byte {at}, {flip:#x}");
            }
        }
    }

    #[test]
    fn no_part_of_a_file_passes_and_none_with_something_behind_it() {
        let good = state().encode();
        for length in 0..good.len() {
            assert_eq!(State::decode(&good[..length]), Err(StateFault::Damaged), "{length} bytes");
        }
        let longer = [good.as_slice(), b"\n"].concat();
        assert_eq!(State::decode(&longer), Err(StateFault::Damaged));
    }

    #[test]
    fn a_state_of_a_newer_program_is_told_from_a_damaged_one() {
        let body = b"what version 2 will say";
        let first = "waybill-proxy state 2";
        let newer = [format!("{first}\n{}\n", digest(first, body)).as_bytes(), body].concat();
        assert_eq!(State::decode(&newer), Err(StateFault::Version(2)));
    }

    #[test]
    fn a_well_digested_body_that_is_no_state_is_damaged() {
        for body in [b"".as_slice(), b"\xa0", b"\xff\xff", &[0x81; 5000]] {
            let first = "waybill-proxy state 1";
            let bytes = [format!("{first}\n{}\n", digest(first, body)).as_bytes(), body].concat();
            assert_eq!(State::decode(&bytes), Err(StateFault::Damaged));
        }
    }
}
