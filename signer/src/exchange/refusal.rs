//! The signer's correct noes: each with its code, a sentence, a next step, and whether it is final.

use license_format::{Label, Token};

/// How often a license key may move without its old home's proof: a lost server, a reinstalled proxy, a copy that lives on.
pub const COUNTED_MOVES: u64 = 3;

/// Why a request gets no license. A final refusal is the answer to its request for ever; any other took nothing, and the same
/// file may come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefusalCode {
    /// The signer was restored from a backup and asks for what the proxy holds (row 2).
    RecordRestored,
    /// The request names an answer that the record does not have (row 3).
    RecordBehind,
    /// The installation's state was copied or put back (row 4).
    Fork,
    /// A later deactivation of the slot is known (row 7).
    Ended,
    /// A newer request of the slot has its license (row 8).
    Overtaken,
    /// No such key, or none that the asker may use: the two are not told apart.
    LicenseKeyUnknown,
    /// A refresh of a license that the record does not have, or of another account.
    LicenseUnknown,
    /// The key is for another license type.
    LicenseTypeMismatch,
    /// The key or the installation was blocked.
    Blocked,
    /// The vendor has not allowed offline use.
    OfflineUseOff,
    /// The subscription has not started.
    NotStarted,
    /// The subscription has ended.
    SubscriptionEnded,
    /// The subscription is suspended.
    SubscriptionSuspended,
    /// The license key has ended, before its subscription.
    LicenseKeyEnded,
    /// The key has moved away from this installation, which was given up for lost.
    Moved,
    /// The activation code was used by somebody else.
    CodeUsed,
    /// The activation code was not used in its time.
    CodeExpired,
    /// The key is at home at another installation.
    KeyInUse,
    /// Every seat is leased.
    NoSeats,
    /// A fork is undecided, and nothing is held that could go on.
    ForkUndecided,
    /// The signer recovers its record; nobody gets more than before.
    Recovering,
}

impl RefusalCode {
    /// All of them, for documentation and tests.
    pub const ALL: [RefusalCode; 21] = [
        RefusalCode::RecordRestored,
        RefusalCode::RecordBehind,
        RefusalCode::Fork,
        RefusalCode::Ended,
        RefusalCode::Overtaken,
        RefusalCode::LicenseKeyUnknown,
        RefusalCode::LicenseUnknown,
        RefusalCode::LicenseTypeMismatch,
        RefusalCode::Blocked,
        RefusalCode::OfflineUseOff,
        RefusalCode::NotStarted,
        RefusalCode::SubscriptionEnded,
        RefusalCode::SubscriptionSuspended,
        RefusalCode::LicenseKeyEnded,
        RefusalCode::Moved,
        RefusalCode::CodeUsed,
        RefusalCode::CodeExpired,
        RefusalCode::KeyInUse,
        RefusalCode::NoSeats,
        RefusalCode::ForkUndecided,
        RefusalCode::Recovering,
    ];

    /// Whether the same request can never get another answer: it lost to a newer one, or to the first branch of a fork.
    pub fn is_final(self) -> bool {
        matches!(self, RefusalCode::Fork | RefusalCode::Ended | RefusalCode::Overtaken)
    }

    /// The stable code.
    pub fn code(self) -> &'static str {
        self.row().0
    }

    /// The reason in a sentence.
    pub fn says(self) -> &'static str {
        self.row().1
    }

    /// What to do.
    pub fn next_step(self) -> &'static str {
        self.row().2
    }

    pub(super) fn token(self) -> Token {
        self.code().parse().expect("codes are tokens")
    }

    pub(super) fn label(text: &'static str) -> Label {
        text.parse().expect("sentences fit a label")
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            RefusalCode::RecordRestored => (
                "record-restored",
                "The portal's record was restored from a backup and needs to see what this proxy holds.",
                "Import this file on the proxy, prepare the request again and upload it; nothing is lost.",
            ),
            RefusalCode::RecordBehind => (
                "record-behind",
                "This request builds on an answer that the portal's record does not have.",
                "Import this file on the proxy, prepare the request again and upload it; if it comes back, ask the vendor.",
            ),
            RefusalCode::Fork => (
                "fork",
                "This proxy's state is a copy, or was put back: another request with the same number came before.",
                "An administrator of the account decides on the portal which of the two lives on.",
            ),
            RefusalCode::Ended => (
                "ended",
                "This request was made before a deactivation of the same slot that has already arrived.",
                "Discard this file. To use the slot again, prepare a new activation.",
            ),
            RefusalCode::Overtaken => (
                "overtaken",
                "A newer request of this slot has already been answered.",
                "Import the answer to the newer request; the page offers it for download.",
            ),
            RefusalCode::LicenseKeyUnknown => (
                "license-key-unknown",
                "This license key is not one of this account's.",
                "Compare the key with the portal's page, and sign in to the account that owns it.",
            ),
            RefusalCode::LicenseUnknown => (
                "license-unknown",
                "This account has no such license.",
                "Sign in to the account that owns the license, or activate with a license key.",
            ),
            RefusalCode::LicenseTypeMismatch => (
                "license-type-mismatch",
                "This license key is for another license type.",
                "Prepare the activation with the key of this license type, or for the type of this key.",
            ),
            RefusalCode::Blocked => (
                "blocked",
                "This license key is blocked, or blocked for this installation.",
                "Ask the administrator of the account.",
            ),
            RefusalCode::OfflineUseOff => (
                "offline-use-off",
                "Offline use is not allowed for this subscription yet.",
                "Ask the vendor to allow offline use, then upload the same file again.",
            ),
            RefusalCode::NotStarted => (
                "not-started",
                "The subscription has not started.",
                "Upload the same file again on the day the subscription starts.",
            ),
            RefusalCode::SubscriptionEnded => (
                "subscription-ended",
                "The subscription has ended.",
                "Renew the subscription, then upload the same file again.",
            ),
            RefusalCode::SubscriptionSuspended => (
                "subscription-suspended",
                "The subscription is suspended.",
                "Ask the vendor, then upload the same file again.",
            ),
            RefusalCode::LicenseKeyEnded => (
                "license-key-ended",
                "This license key has ended; its subscription goes on.",
                "Ask the administrator of the account for a later end or another key, then upload the same file again.",
            ),
            RefusalCode::Moved => (
                "moved",
                "This license key was moved away from this installation.",
                "Activate with another key, or ask the administrator of the account to allow this one again.",
            ),
            RefusalCode::CodeUsed => (
                "code-used",
                "This activation code was used at another installation.",
                "Ask whoever sent the code for a new one.",
            ),
            RefusalCode::CodeExpired => (
                "code-expired",
                "This activation code was not used in its time.",
                "Ask whoever sent the code for a new one.",
            ),
            RefusalCode::KeyInUse => (
                "key-in-use",
                "This license key is in use at another installation.",
                "Deactivate it there and upload that file first, or wait until its license file has ended.",
            ),
            RefusalCode::NoSeats => (
                "no-seats",
                "Every seat of the subscription is leased to other installations.",
                "Buy seats, lower another installation's share and refresh it, or wait until a license file ends.",
            ),
            RefusalCode::ForkUndecided => (
                "fork-undecided",
                "A copy of this proxy was seen, and nobody has decided yet which of the two lives on.",
                "An administrator of the account decides on the portal; then upload the same file again.",
            ),
            RefusalCode::Recovering => (
                "recovering",
                "The portal's record was restored from a backup; until all proxies have reported, nobody gets new seats.",
                "Ask the vendor for an overdraft, or upload the same file again later.",
            ),
        }
    }
}
