//! Making the next list, under the next number: everything that was ever revoked, but licenses that have ended.
//!
//! A list replaces the one before whole, so what it does not name is honored again as far as it would be: a license that has ended, no further.
//! Whoever reads the list reads it with an answer of that time or later, and so cannot take the time for an earlier one. The end is the
//! lease's, in which grace and the clocks' tolerance are contained. Keys have no end, and are named for ever.

use std::collections::BTreeSet;

use license_format::{
    DAY, Label, LicenseId, Thumbprint, Timestamp, UnverifiedDocument, limits,
    payload::{RevocationList, VERSION},
};

use crate::keys::{KeyError, SigningBackend};

/// How long a list says that it is the newest. The signer makes another one then; nobody refuses an old one.
const LENGTH: u64 = 365 * DAY;

/// By how much the numbers rise with the record's: more lists than anybody makes between two backups. A record that was restored may have
/// forgotten lists that proxies hold, and two lists with one number would be believed by nobody.
const PER_RECORD: u64 = 1_000_000;

/// What lists name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Licenses.
    pub(crate) licenses: BTreeSet<LicenseId>,
    /// Keys, of the vendor's or of installations.
    pub(crate) keys: BTreeSet<Thumbprint>,
}

impl Names {
    /// What a list names.
    pub(crate) fn of(list: &RevocationList) -> Names {
        Names { licenses: list.licenses.iter().copied().collect(), keys: list.keys.iter().copied().collect() }
    }

    /// Names these, too.
    pub(crate) fn add(&mut self, more: &Names) {
        self.licenses.extend(&more.licenses);
        self.keys.extend(&more.keys);
    }

    /// Does not name licenses that have ended.
    pub(crate) fn leave_out(&mut self, ended: &BTreeSet<LicenseId>) {
        self.licenses.retain(|id| !ended.contains(id));
    }

    /// Whether it names all of these.
    pub(crate) fn has_all(&self, others: &Names) -> bool {
        self.licenses.is_superset(&others.licenses) && self.keys.is_superset(&others.keys)
    }

    /// How many more a list could name.
    pub(crate) fn room(&self) -> usize {
        limits::REVOKED.saturating_sub(self.licenses.len() + self.keys.len())
    }
}

/// The number after one, in a record with that number.
pub(crate) fn number_after(newest: u64, record: u64) -> u64 {
    (newest + 1).max(record.saturating_sub(1) * PER_RECORD + 1)
}

/// Signs a list.
pub(crate) fn sign(
    names: &Names,
    number: u64,
    vendor: &Label,
    key: &dyn SigningBackend,
    now: Timestamp,
) -> Result<UnverifiedDocument, KeyError> {
    let list = RevocationList {
        keys: names.keys.iter().copied().collect(),
        until: now.plus(LENGTH),
        issued: now,
        number,
        vendor: vendor.clone(),
        version: VERSION,
        licenses: names.licenses.iter().copied().collect(),
    };
    UnverifiedDocument::seal(&list, key.thumbprint(), |bytes| key.sign(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_record_never_repeats_a_number() {
        assert_eq!([number_after(0, 1), number_after(41, 1)], [1, 42]);
        // Lists 42 to 50 were made, and the backup that was put back does not know them.
        assert_eq!(number_after(41, 2), 1_000_001);
        assert_eq!(number_after(1_000_007, 2), 1_000_008);
    }
}
