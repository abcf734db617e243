//! Armour is another spelling of the same file, and stays so in the mail.

use license_format::{UnverifiedFile, limits, readable};

use crate::{Law, seeds};

pub(crate) const LAW: Law = Law {
    name: "armour",
    says: "what armour reads, binary reads the same; its text says what is read, and mail changes nothing",
    check,
    seeds: || {
        let armoured =
            seeds::readable_files().into_iter().filter_map(|file| Some(file.armour().ok()?.into_bytes()));
        seeds::distinct(seeds::files().into_iter().chain(armoured))
    },
};

fn check(input: &[u8]) {
    let Ok(file) = UnverifiedFile::read(input) else { return };
    holds(&file);
    // A byte-order mark stands before a text, and mail does not put anything before it.
    if let Ok(text) = std::str::from_utf8(input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input))
        && text.contains("-----BEGIN WAYBILL ")
    {
        let own = file.armour().expect("what was read as armour can be written as armour");
        assert!(without_space(text).contains(&without_space(&own)), "the text says something else:\n{text}");
        for changed in mailed(text) {
            let read = UnverifiedFile::read(&changed);
            assert_eq!(read.as_ref(), Ok(&file), "{}", String::from_utf8_lossy(&changed));
        }
    }
}

/// The three spellings of a file are of one file.
pub(crate) fn holds(file: &UnverifiedFile) {
    assert_eq!(UnverifiedFile::read(&file.encode()).as_ref(), Ok(file), "binary reads something else");
    assert_eq!(file.armour().is_ok(), readable(&file.document).is_ok());
    if let Ok(text) = file.armour() {
        let again = UnverifiedFile::read(text.as_bytes());
        assert_eq!(again.as_ref(), Ok(file), "armour reads something else:\n{text}");
        assert_eq!(again.and_then(|file| file.armour()), Ok(text));
    }
    if let Ok(text) = file.qr_text() {
        assert_eq!(
            UnverifiedFile::read(text.as_bytes()).as_ref(),
            Ok(file),
            "the QR text reads something else"
        );
    }
}

/// A text without what mail may put between its words.
fn without_space(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '>').collect()
}

/// What mail and editors do to a text, as far as there is room for it.
fn mailed(text: &str) -> Vec<Vec<u8>> {
    let lines: Vec<&str> = text.lines().collect();
    let utf16 = text.encode_utf16().flat_map(u16::to_le_bytes);
    [
        lines.join("\r\n").into_bytes(),
        lines.iter().flat_map(|line| ["> ", line, "\n"]).collect::<String>().into_bytes(),
        text.replace(' ', "\n").into_bytes(),
        [0xff, 0xfe].into_iter().chain(utf16).collect(),
    ]
    .into_iter()
    .filter(|changed| changed.len() <= limits::ARMOUR_BYTES)
    .collect()
}
