//! The QR text is another spelling of the same file, and has one spelling itself.

use license_format::UnverifiedFile;

use crate::{Law, armour, seeds};

pub(crate) const LAW: Law = Law {
    name: "qr",
    says: "a QR text that is read is written again as the same text, and binary reads the same",
    check,
    seeds: || {
        let texts =
            seeds::readable_files().into_iter().filter_map(|file| Some(file.qr_text().ok()?.into_bytes()));
        let vectors = seeds::files().into_iter().filter(|file| file.starts_with(PREFIX));
        seeds::distinct(texts.chain(vectors))
    },
};

const PREFIX: &[u8] = b"WAYBILL:";

/// Whatever the input is, it stands behind the prefix too, so that no effort is lost on finding that.
fn check(input: &[u8]) {
    read(input);
    if !input.starts_with(PREFIX) {
        read(&[PREFIX, input].concat());
    }
}

fn read(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let without_space: String = text.split_whitespace().collect();
    if !without_space.starts_with("WAYBILL:") {
        return;
    }
    let Ok(file) = UnverifiedFile::read(input) else { return };
    assert_eq!(file.qr_text().as_ref(), Ok(&without_space), "the QR text has two spellings");
    armour::holds(&file);
}
