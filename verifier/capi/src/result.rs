//! Every way in which a call can end, under a number that never changes.

#![expect(unsafe_code, reason = "it exports a function")]

use std::ffi::{CStr, c_char};

use license_format::FormatError;
use verifier::VerifyError;

/// How a call ended. 0 is success, and everything else a reason with a stable number and a stable code: up to 99 those of this library
/// itself, from 100 a file or text that is none of the format, from 200 one that is not believed, from 300 a mistyped license key,
/// from 310 a request that is not prepared, from 330 an answer that is not taken, from 400 the state directory.
///
/// A number is never given to another reason. New ones are added, so a program must be ready for one that it does not know: then
/// `waybill_result_code` and the sentence of the error still say what it is.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaybillResult {
    /// It was done. All out-parameters are written.
    Ok = 0,

    // The caller's mistakes, and what should not happen.
    /// A pointer that must not be null is null.
    NullPointer = 1,
    /// A text that must be UTF-8 is not.
    NotUtf8 = 2,
    /// A number is none of the enumeration's, or a length or count is larger than any can be.
    OutOfRange = 3,
    /// A text breaks the rules for its kind: a site code, a name, a description.
    TextRefused = 4,
    /// The slot counts something else than the metric that was asked about.
    MetricNotCounted = 5,
    /// The system gives no random bytes.
    NoRandomness = 6,
    /// A mistake in this library. Nothing half-done is left behind: a state is written whole or not at all.
    Panic = 7,
    /// No: the license does not allow this now. The sentence of the error says why.
    NotAllowed = 8,
    /// A reason that this list lacks, which is a mistake in this library too; the sentence of the error says what it is.
    Unlisted = 9,

    // The file or text is none of the format.
    /// It has no bytes.
    Empty = 100,
    /// It exceeds a limit in bytes.
    TooLarge = 101,
    /// It is neither a file nor a text of the format.
    NotWaybill = 102,
    /// The text is neither UTF-8 nor UTF-16.
    ArmourEncoding = 110,
    /// The text has a beginning without its end.
    ArmourNoEnd = 111,
    /// The text holds more than one block.
    ArmourSeveralBlocks = 112,
    /// The text is labelled as something else than it holds.
    ArmourLabel = 113,
    /// The text's base 64 is damaged.
    ArmourBase64 = 114,
    /// The text says to people what the signed part does not say.
    ArmourReadable = 115,
    /// The text of the QR code is damaged.
    QrBase32 = 116,
    /// The CBOR ends in the middle of an item.
    CborTruncated = 120,
    /// Bytes follow the end of the CBOR.
    CborTrailing = 121,
    /// The CBOR nests too deeply.
    CborTooDeep = 122,
    /// The CBOR has too many items.
    CborTooManyItems = 123,
    /// The CBOR uses an indefinite length.
    CborIndefinite = 124,
    /// A CBOR number or length is written longer than needed.
    CborLongHead = 125,
    /// The CBOR uses a reserved value.
    CborReserved = 126,
    /// A CBOR integer is outside plus or minus 2^53-1.
    CborIntegerRange = 127,
    /// A CBOR text is not UTF-8.
    CborUtf8 = 128,
    /// The CBOR uses a tag where none is allowed.
    CborTag = 129,
    /// The CBOR uses a floating-point number.
    CborFloat = 130,
    /// The CBOR uses a simple value other than true and false.
    CborSimple = 131,
    /// A CBOR map key is not a text.
    CborKeyType = 132,
    /// A CBOR map has the same key twice.
    CborDuplicateKey = 133,
    /// The keys of a CBOR map are not sorted.
    CborUnsortedKeys = 134,
    /// The file is not a map of proof, trust and document.
    ContainerShape = 140,
    /// The documents that travel along are not as they must be.
    ContainerTrust = 141,
    /// The inclusion proof is malformed.
    ContainerProof = 142,
    /// A document is not a tagged COSE_Sign1 of four parts.
    EnvelopeShape = 150,
    /// The unprotected header is not empty.
    EnvelopeUnprotected = 151,
    /// The payload is not attached.
    EnvelopePayload = 152,
    /// The signature does not have 64 bytes.
    EnvelopeSignature = 153,
    /// The protected header is not exactly alg, kid and typ.
    HeaderShape = 160,
    /// The algorithm is not Ed25519.
    HeaderAlgorithm = 161,
    /// The key identifier is not a thumbprint.
    HeaderKid = 162,
    /// The document's type is not known.
    HeaderType = 163,
    /// The payload lacks a field, or has one that does not belong there.
    PayloadShape = 170,
    /// The payload is of an unknown version.
    PayloadVersion = 171,
    /// The payload contradicts itself.
    PayloadRule = 172,
    /// It is good, and of another kind than belongs there.
    WrongKind = 180,

    // The file is not believed.
    /// A key under which a signature would fit many messages.
    KeyWeak = 200,
    /// A key that is not written in the one way that is allowed.
    KeyEncoding = 201,
    /// Signed by a key that the trust bundle does not have.
    KeyUnknown = 202,
    /// Signed by a key that may not sign such a document.
    KeyNotForKind = 203,
    /// Signed by another key than the one it carries.
    KeyMismatch = 204,
    /// Signed outside the time in which the key may sign.
    KeyWindow = 205,
    /// Signed after the key was distrusted.
    KeyDistrusted = 206,
    /// Signed by, or for, a key that was revoked.
    KeyRevoked = 207,
    /// The signature is not one of the key.
    Signature = 208,
    /// Of another vendor.
    Vendor = 209,
    /// Needs a newer trust bundle than is known.
    FloorBundle = 210,
    /// Needs a newer revocation list than is known.
    FloorRevocations = 211,
    /// The license was revoked.
    LicenseRevoked = 212,
    /// Too few root keys signed the trust bundle.
    TrustThreshold = 213,
    /// The trust bundle is not of the history that is known.
    TrustFork = 214,
    /// Trust bundles before this one are missing.
    TrustGap = 215,
    /// There are two revocation lists with one number.
    RevocationFork = 216,
    /// The file claims to be in the log, and brings no checkpoint.
    ProofWithoutCheckpoint = 217,
    /// The log's checkpoint does not contain this answer.
    ProofMismatch = 218,

    // The typed text is no license key.
    /// It has too few or too many characters.
    LicenseKeyLength = 300,
    /// It has a character that no license key has.
    LicenseKeyCharacter = 301,
    /// It is mistyped: its check characters do not fit.
    LicenseKeyMistyped = 302,
    /// It is of a newer kind than this library knows.
    LicenseKeyVersion = 303,

    // No request is prepared.
    /// The license key is of another type than the slot.
    LicenseKeyWrongType = 310,
    /// The slot is activated already.
    AlreadyActive = 311,
    /// The slot is not activated, so there is nothing to refresh.
    NotActive = 312,
    /// The slot was never activated, so there is nothing to deactivate.
    NothingToDeactivate = 313,
    /// The slot is deactivated, and the portal has confirmed it.
    AlreadyReleased = 314,
    /// As many requests wait for their answers as may.
    TooManyOpen = 315,

    // The answer is not taken.
    /// It is no answer.
    NotAnAnswer = 330,
    /// It is for another installation.
    OtherInstallation = 331,
    /// It answers nothing that this installation, as it is now, has asked.
    NotAskedFor = 332,
    /// Two checkpoints of one log have the same size and different roots.
    LogFork = 333,

    // The state directory.
    /// There is no installation in the directory.
    NotSetUp = 400,
    /// The directory holds another installation already.
    AlreadySetUp = 401,
    /// The directory holds something else.
    DirectoryInUse = 402,
    /// Another program is at work in the directory. Try again when it has ended.
    Locked = 403,
    /// The state is damaged.
    StateDamaged = 404,
    /// The state was written by a newer version.
    StateVersion = 405,
    /// The installation's key is missing, damaged or another one's.
    InstallationKey = 406,
    /// The state could not be read.
    StateUnreadable = 407,
    /// The state could not be written. It is as it was.
    StateNotSaved = 408,
    /// A file could not be read. No function of this version gives it.
    FileUnreadable = 409,
    /// Another file has the name of the output. No function of this version gives it.
    OutputExists = 410,
    /// The output could not be written. No function of this version gives it.
    OutputNotSaved = 411,
}

use WaybillResult as R;

/// The codes, as the specification and the programs write them.
pub(crate) const CODES: &[(WaybillResult, &CStr)] = &[
    (R::Ok, c"ok"),
    (R::NullPointer, c"null-pointer"),
    (R::NotUtf8, c"not-utf8"),
    (R::OutOfRange, c"out-of-range"),
    (R::TextRefused, c"text-refused"),
    (R::MetricNotCounted, c"metric-not-counted"),
    (R::NoRandomness, c"no-randomness"),
    (R::Panic, c"panic"),
    (R::NotAllowed, c"not-allowed"),
    (R::Unlisted, c"unlisted"),
    (R::Empty, c"empty"),
    (R::TooLarge, c"too-large"),
    (R::NotWaybill, c"not-waybill"),
    (R::ArmourEncoding, c"armour-encoding"),
    (R::ArmourNoEnd, c"armour-no-end"),
    (R::ArmourSeveralBlocks, c"armour-several-blocks"),
    (R::ArmourLabel, c"armour-label"),
    (R::ArmourBase64, c"armour-base64"),
    (R::ArmourReadable, c"armour-readable"),
    (R::QrBase32, c"qr-base32"),
    (R::CborTruncated, c"cbor-truncated"),
    (R::CborTrailing, c"cbor-trailing"),
    (R::CborTooDeep, c"cbor-too-deep"),
    (R::CborTooManyItems, c"cbor-too-many-items"),
    (R::CborIndefinite, c"cbor-indefinite"),
    (R::CborLongHead, c"cbor-long-head"),
    (R::CborReserved, c"cbor-reserved"),
    (R::CborIntegerRange, c"cbor-integer-range"),
    (R::CborUtf8, c"cbor-utf8"),
    (R::CborTag, c"cbor-tag"),
    (R::CborFloat, c"cbor-float"),
    (R::CborSimple, c"cbor-simple"),
    (R::CborKeyType, c"cbor-key-type"),
    (R::CborDuplicateKey, c"cbor-duplicate-key"),
    (R::CborUnsortedKeys, c"cbor-unsorted-keys"),
    (R::ContainerShape, c"container-shape"),
    (R::ContainerTrust, c"container-trust"),
    (R::ContainerProof, c"container-proof"),
    (R::EnvelopeShape, c"envelope-shape"),
    (R::EnvelopeUnprotected, c"envelope-unprotected"),
    (R::EnvelopePayload, c"envelope-payload"),
    (R::EnvelopeSignature, c"envelope-signature"),
    (R::HeaderShape, c"header-shape"),
    (R::HeaderAlgorithm, c"header-algorithm"),
    (R::HeaderKid, c"header-kid"),
    (R::HeaderType, c"header-type"),
    (R::PayloadShape, c"payload-shape"),
    (R::PayloadVersion, c"payload-version"),
    (R::PayloadRule, c"payload-rule"),
    (R::WrongKind, c"wrong-kind"),
    (R::KeyWeak, c"key-weak"),
    (R::KeyEncoding, c"key-encoding"),
    (R::KeyUnknown, c"key-unknown"),
    (R::KeyNotForKind, c"key-not-for-kind"),
    (R::KeyMismatch, c"key-mismatch"),
    (R::KeyWindow, c"key-window"),
    (R::KeyDistrusted, c"key-distrusted"),
    (R::KeyRevoked, c"key-revoked"),
    (R::Signature, c"signature"),
    (R::Vendor, c"vendor"),
    (R::FloorBundle, c"floor-bundle"),
    (R::FloorRevocations, c"floor-revocations"),
    (R::LicenseRevoked, c"license-revoked"),
    (R::TrustThreshold, c"trust-threshold"),
    (R::TrustFork, c"trust-fork"),
    (R::TrustGap, c"trust-gap"),
    (R::RevocationFork, c"revocation-fork"),
    (R::ProofWithoutCheckpoint, c"proof-without-checkpoint"),
    (R::ProofMismatch, c"proof-mismatch"),
    (R::LicenseKeyLength, c"license-key-length"),
    (R::LicenseKeyCharacter, c"license-key-character"),
    (R::LicenseKeyMistyped, c"license-key-mistyped"),
    (R::LicenseKeyVersion, c"license-key-version"),
    (R::LicenseKeyWrongType, c"license-key-wrong-type"),
    (R::AlreadyActive, c"already-active"),
    (R::NotActive, c"not-active"),
    (R::NothingToDeactivate, c"nothing-to-deactivate"),
    (R::AlreadyReleased, c"already-released"),
    (R::TooManyOpen, c"too-many-open"),
    (R::NotAnAnswer, c"not-an-answer"),
    (R::OtherInstallation, c"other-installation"),
    (R::NotAskedFor, c"not-asked-for"),
    (R::LogFork, c"log-fork"),
    (R::NotSetUp, c"not-set-up"),
    (R::AlreadySetUp, c"already-set-up"),
    (R::DirectoryInUse, c"directory-in-use"),
    (R::Locked, c"locked"),
    (R::StateDamaged, c"state-damaged"),
    (R::StateVersion, c"state-version"),
    (R::InstallationKey, c"installation-key"),
    (R::StateUnreadable, c"state-unreadable"),
    (R::StateNotSaved, c"state-not-saved"),
    (R::FileUnreadable, c"file-unreadable"),
    (R::OutputExists, c"output-exists"),
    (R::OutputNotSaved, c"output-not-saved"),
];

impl WaybillResult {
    /// From a code; what is in no list of ours is `Unlisted`.
    pub(crate) fn of_code(code: &str) -> WaybillResult {
        let known = CODES.iter().find(|(_, known)| known.to_bytes() == code.as_bytes());
        known.map_or(WaybillResult::Unlisted, |(result, _)| *result)
    }

    /// Its stable code.
    pub(crate) fn code(self) -> &'static CStr {
        CODES.iter().find(|(known, _)| *known == self).map_or(c"unlisted", |(_, code)| code)
    }
}

/// The stable code of a result as a text, such as `signature`: what the specification's table and the programs call it. For a number
/// that is no result, null. The text lives as long as the library is loaded.
#[unsafe(no_mangle)]
pub extern "C" fn waybill_result_code(result: u32) -> *const c_char {
    let known = CODES.iter().find(|(known, _)| *known as u32 == result);
    known.map_or(std::ptr::null(), |(_, code)| code.as_ptr())
}

/// Why a call did not do what it was asked: a result, a sentence and a next step.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) result: WaybillResult,
    pub(crate) says: String,
    pub(crate) next_step: String,
}

impl Failure {
    pub(crate) fn new(
        result: WaybillResult,
        says: impl Into<String>,
        next_step: impl Into<String>,
    ) -> Failure {
        Failure { result, says: says.into(), next_step: next_step.into() }
    }

    /// A mistake of the calling program: its programmer has the next step.
    pub(crate) fn misuse(result: WaybillResult, says: impl Into<String>) -> Failure {
        Failure::new(
            result,
            says,
            "This is a mistake in the program that calls the library; report it to its maker.",
        )
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Failure {
        VerifyError::from(error).into()
    }
}

#[cfg(feature = "state")]
impl From<waybill_proxy::ProxyError> for Failure {
    fn from(error: waybill_proxy::ProxyError) -> Failure {
        Failure::new(WaybillResult::of_code(error.code()), error.to_string(), error.next_step())
    }
}

#[cfg(feature = "state")]
impl From<license_format::TextError> for Failure {
    fn from(error: license_format::TextError) -> Failure {
        Failure::new(WaybillResult::TextRefused, error.to_string(), "Give another text.")
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Failure {
        Failure::new(WaybillResult::of_code(error.code()), error.to_string(), error.next_step())
    }
}
