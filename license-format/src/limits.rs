//! Every limit of the format on one screen, each with its reason. A limit is checked where its name is used and nowhere else.

/// Bytes of one binary file. A license with as many documents along as may travel, and a proof, stays below a quarter of it.
pub const FILE_BYTES: usize = 256 * 1024;

/// Bytes of one armoured text: base 64 adds a third; the rest is room for readable lines and the letter around the block.
/// UTF-16 doubles every byte before it is decoded, hence the factor.
pub const ARMOUR_BYTES: usize = 2 * (FILE_BYTES / 3 * 4 + 64 * 1024);

/// Characters of a QR text: what the largest code (version 40, level L) holds in its alphanumeric mode.
pub const QR_CHARACTERS: usize = 4_296;

/// Bytes of one payload. Keeps a single document's decoding below a millisecond on small machines.
pub const PAYLOAD_BYTES: usize = 64 * 1024;

/// Nesting of maps and arrays in a payload. Ours reach 4; eight keeps every decoder off the end of its stack.
pub const DEPTH: usize = 8;

/// Items in one payload, counted over all levels: bounds the work that 64 KiB of one-byte items can cause.
pub const ITEMS: usize = 10_000;

/// Greatest magnitude of an integer, 2^53 − 1: what JavaScript and a double hold exactly.
pub const INTEGER: u64 = (1 << 53) - 1;

/// Latest instant, the last second of the year 9999 (RFC 3339 has four-digit years).
pub const TIMESTAMP: u64 = 253_402_300_799;

/// Documents that travel along with a file: four trust bundles that five root keys have signed each, a revocation list and a checkpoint, and
/// one more. It is what a list can have whose head is one byte.
pub const TRUST_DOCUMENTS: usize = 23;

/// Hashes in an inclusion proof: a log of 2^53 entries.
pub const PROOF_PATH: usize = 53;

/// Own requests that may be open at once (design, section 4).
pub const OPEN_REQUESTS: usize = 32;

/// Bytes of a label, a text for people.
pub const LABEL_BYTES: usize = 200;

/// Bytes of a token, a name that programs compare.
pub const TOKEN_BYTES: usize = 64;

/// Grants in a license: one for each metric.
pub const GRANTS: usize = 4;

/// Features in a grant.
pub const FEATURES: usize = 64;

/// Parts of an installation's fingerprint.
pub const FINGERPRINT_PARTS: usize = 8;

/// Lines of a usage report.
pub const USAGE_LINES: usize = 64;

/// Root keys of a trust bundle.
pub const ROOT_KEYS: usize = 5;

/// Issuing, log and revocation keys of a trust bundle.
pub const TRUSTED_KEYS: usize = 16;

/// Revoked licenses or keys in a list: about 100 KiB would not fit a payload, so beyond this leases are shortened instead.
pub const REVOKED: usize = 1_500;

/// Bytes of all lines of a support bundle together: with what stands around them they must fit a payload.
pub const SUPPORT_BYTES: usize = 48 * 1024;

/// Lines of a support bundle.
pub const SUPPORT_LINES: usize = 500;

/// Longest period in a license (grace, tolerance), in seconds: ten years.
pub const PERIOD: u64 = 10 * 366 * 24 * 3600;
