//! Armour survives what mail does to a text, and nothing else.

use license_format::{FormatError, UnverifiedFile, readable};
use proptest::{collection::vec, option, prelude::*, sample::select};
use test_vectors::kit::{Utf16, as_utf16, quoted, with_line_ends, wrapped};

use crate::any;

/// What happens to a text on its way, in the order in which it does.
#[derive(Debug, Clone)]
struct Journey {
    before: Vec<String>,
    after: Vec<String>,
    wrap: Option<usize>,
    quotes: Vec<&'static str>,
    line_end: &'static str,
    mark: bool,
    utf16: Option<Utf16>,
}

impl Journey {
    fn take(&self, text: &str) -> Vec<u8> {
        let mut text = format!("{}\n{text}{}", self.before.join("\n"), self.after.join("\n"));
        if let Some(width) = self.wrap {
            text = wrapped(&text, width);
        }
        for prefix in &self.quotes {
            text = quoted(&text, prefix);
        }
        let mark = if self.mark { "\u{feff}" } else { "" };
        let text = format!("{mark}{}", with_line_ends(&text, self.line_end));
        match self.utf16 {
            Some(order) => as_utf16(&text, order),
            None => text.into_bytes(),
        }
    }
}

fn journey() -> impl Strategy<Value = Journey> {
    // A letter in any script; without a byte-order mark UTF-16 is recognized by its first character, so that is ASCII.
    let letter = || {
        let line = "[ -~äöüЖ端]{0,60}".prop_filter("no block of its own", |line| !line.contains("-----"));
        vec(line, 0..4)
    };
    let salutation = "[A-Z][a-z]{0,8}";
    (
        (salutation, letter(), letter()),
        // Readable words and lines of base 64 are shorter than this; what cuts words damages the text.
        option::of(66..100_usize),
        vec(select(vec!["> ", ">", ">>", "\t", "  ", ">  > "]), 0..3),
        select(vec!["\n", "\r\n", "\r", "\n\n", "  \n"]),
        any::<bool>(),
        option::of(select(vec![Utf16::LittleEndian, Utf16::BigEndian])),
    )
        .prop_map(|((salutation, before, after), wrap, quotes, line_end, mark, utf16)| Journey {
            before: [vec![salutation], before].concat(),
            after,
            wrap,
            quotes,
            line_end,
            mark,
            utf16,
        })
}

proptest! {
    #[test]
    fn armour_arrives(file in any::file(), journey in journey()) {
        let text = file.armour().expect("a payload of our own");
        let arrived = journey.take(&text);
        prop_assert_eq!(UnverifiedFile::read(&arrived), Ok(file), "{}", String::from_utf8_lossy(&arrived));
    }

    #[test]
    fn armour_is_plain(file in any::file()) {
        let text = file.armour().expect("a payload of our own");
        let label = file.document.kind().name().to_uppercase().replace('-', " ");
        let begin = format!("-----BEGIN WAYBILL {label}-----\n");
        let end = format!("\n-----END WAYBILL {label}-----\n");
        prop_assert!(text.starts_with(&begin) && text.ends_with(&end));
        let (said, encoded) = text[begin.len()..text.len() - end.len()].split_once("\n\n").expect("a blank line");
        prop_assert_eq!(said, readable(&file.document).expect("lines").join("\n"));
        prop_assert!(said.lines().all(|line| line.contains(": ")), "{}", said);
        prop_assert!(encoded.starts_with("2dn3") && encoded.lines().all(|line| line.len() <= 64));
    }

    /// Whatever single character of the readable part is changed to a letter, the text is refused.
    #[test]
    fn no_word_can_be_changed(file in any::file(), at in any::<prop::sample::Index>(), letter in "[A-Za-z0-9]") {
        let text = file.armour().expect("a payload of our own");
        let (start, end) = (text.find('\n').expect("lines") + 1, text.find("\n\n").expect("a blank line"));
        let places: Vec<(usize, char)> = text[start..end].char_indices().collect();
        let (at, old) = places[at.index(places.len())];
        prop_assume!(!letter.contains(old));
        let mut changed = text.clone();
        changed.replace_range(start + at..start + at + old.len_utf8(), &letter);
        let error = UnverifiedFile::read(changed.as_bytes()).expect_err("edited");
        prop_assert!(matches!(error, FormatError::ArmourReadable { .. } | FormatError::ArmourBase64), "{}", error);
    }
}
