//! The text of a QR code says the same as the file, survives white space, and nothing else.

use license_format::{FormatError, UnverifiedFile, limits};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::any;

proptest! {
    #[test]
    fn a_qr_text_reads_as_the_file_it_was_made_of(
        file in any::file(),
        breaks in vec((0..4_296_usize, select(vec!["\n", "\r\n", " ", "\t"])), 0..8),
    ) {
        let mut text = match file.qr_text() {
            Ok(text) => text,
            Err(error) => {
                prop_assert!(file.encode().len() > 2_680, "{error}");
                return Ok(());
            }
        };
        prop_assert!(text.bytes().all(|byte| b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".contains(&byte)));
        for (at, white) in breaks {
            // The first word is what tells the spelling, so nobody may break it.
            let at = (at % text.len()).max("WAYBILL:".len());
            text.insert_str(at, white);
        }
        prop_assert_eq!(UnverifiedFile::read(text.as_bytes()), Ok(file));
    }

    #[test]
    fn no_character_of_a_qr_text_can_change(file in any::file(), at in 0..4_296_usize, other in "[A-Z2-7a-z=0189:]") {
        let Ok(text) = file.qr_text() else { return Ok(()) };
        let at = at % text.len();
        let mut changed = text.clone();
        changed.replace_range(at..=at, &other);
        prop_assume!(changed != text);
        prop_assert_ne!(UnverifiedFile::read(changed.as_bytes()), Ok(file));
    }
}

#[test]
fn a_code_holds_2680_bytes_and_no_more() {
    let longest = limits::QR_CHARACTERS - "WAYBILL:".len();
    assert_eq!(longest * 5 / 8, 2_680);
    let text = format!("WAYBILL:{}", "A".repeat(longest + 1));
    let found = limits::QR_CHARACTERS + 1;
    assert_eq!(
        UnverifiedFile::read(text.as_bytes()),
        Err(FormatError::TooLarge { what: "the QR code's text", limit: limits::QR_CHARACTERS, found })
    );
}
