//! What a file says of its own lengths costs no memory: only what is really there does.

use allocation_counter::measure;
use license_format::{
    UnverifiedDocument, UnverifiedFile, limits,
    payload::{Checkpoint, License, SupportBundle, TrustBundle},
    readable,
};
use test_vectors::kit::{Item, Key, Sign1, list, map};

/// Bytes held at once while a file is read, and all that is in it.
fn held(file: &[u8]) -> u64 {
    measure(|| {
        let Ok(file) = UnverifiedFile::read(file) else { return };
        std::iter::once(&file.document).chain(&file.trust).for_each(|document| drop(readable(document)));
    })
    .bytes_max
}

/// The same for a payload of any bytes, as one of several kinds.
fn held_by_payload(payload: &[u8]) -> u64 {
    let key = Key::test_only("allocation");
    let held_as = |kind| {
        let document = Sign1::sealed_bytes(&key, kind, payload.to_vec()).encode();
        let document = UnverifiedDocument::decode(&document).expect("an envelope");
        let decode = || match kind {
            "license" => drop(document.decode_unverified::<License>()),
            "trust-bundle" => drop(document.decode_unverified::<TrustBundle>()),
            "support-bundle" => drop(document.decode_unverified::<SupportBundle>()),
            _ => drop(document.decode_unverified::<Checkpoint>()),
        };
        measure(decode).bytes_max
    };
    ["license", "trust-bundle", "support-bundle", "checkpoint"].map(held_as).into_iter().max().expect("four")
}

/// Wherever in a file a head may stand, one stands there that declares a huge string, text, array or map: before what was there, or
/// in its place, so that the lengths around it still fit.
#[test]
fn a_declared_length_costs_nothing() {
    for kind in ["license-with-news", "license-with-proof", "refresh-request"] {
        let good = test_vectors::named(&format!("valid-{kind}")).file;
        for at in 0..good.len() {
            for head in heads() {
                let before = [&good[..at], &head, &good[at..]].concat();
                let instead = [&good[..at], &head, &good[good.len().min(at + head.len())..]].concat();
                for hostile in [before, instead] {
                    let held = held(&hostile);
                    assert!(held <= 8 * hostile.len() as u64, "{kind}, {head:02x?} at {at}: {held} bytes");
                }
            }
        }
    }
}

/// Heads of strings, texts, arrays and maps: of a length that just might be there, and of one that nobody has.
fn heads() -> impl Iterator<Item = Vec<u8>> {
    [0x40, 0x60, 0x80, 0xa0].into_iter().flat_map(|major| {
        [&[25, 0x03, 0x00][..], &[27; 9]].map(|head| [&[major | head[0]], &head[1..]].concat())
    })
}

/// A count can be true and the items worthless: room is made for what is read, and not for what is counted.
#[test]
fn a_count_of_worthless_items_costs_nothing() {
    let items = || list(vec![Item::from(true); limits::ITEMS - 200]);
    let at = |path: &[&str]| path.iter().rev().fold(items(), |inside, name| map([(*name, inside)])).encode();
    for path in [
        &[][..],
        &["keys"],
        &["roots"],
        &["lines"],
        &["grants"],
        &["signs"],
        &["open"],
        &["usage"],
        &["licenses"],
    ] {
        let payload = at(path);
        let held = held_by_payload(&payload);
        assert!(held <= 4096, "{path:?}: {held} bytes for a payload of {}", payload.len());
    }
}

/// A text is cut into words, and the shortest words cost most.
#[test]
fn a_text_costs_what_its_words_cost() {
    let begin = "-----BEGIN WAYBILL LICENSE-----\n";
    for filling in ["a ", "> ", "a\n", "A", "\u{2028}a", "- "] {
        let text = format!("{begin}{}", filling.repeat(50_000 / filling.len()));
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for text in [text.into_bytes(), utf16] {
            let held = held(&text);
            assert!(held <= 32 * text.len() as u64, "{filling:?}: {held} bytes for a text of {}", text.len());
        }
    }
}
