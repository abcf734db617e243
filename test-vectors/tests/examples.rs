//! The specification shows a payload of every kind, in diagnostic notation and in hexadecimal. Both are those of the vector that it
//! names: the notation is read here and written as CBOR again.

use std::{fs, iter::Peekable, path::Path, str::Chars};

use test_vectors::{
    kit::{Item, hex},
    named,
};

#[test]
fn every_example_of_a_payload_is_that_of_its_vector() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../license-format/spec/FORMAT.md");
    let text = fs::read_to_string(path).expect("the specification");
    let mut compared = Vec::new();
    for example in text.split("The vector `").skip(1) {
        let (name, rest) = example.split_once("`:\n\n```cbor-diag\n").expect("a name, and its payload");
        let (notation, rest) = rest.split_once("```\n```payload\n").expect("hexadecimal after the notation");
        let digits: String = rest.split("```").next().expect("an end").split_whitespace().collect();

        let payload = read(&mut notation.chars().peekable()).encode();
        assert_eq!(hex(&payload), digits, "{name}: the notation and the hexadecimal differ");
        let signed = named(name).tbs.expect("a document");
        assert!(signed.ends_with(&Item::Bytes(payload).encode()), "{name} has another payload");
        compared.push(name);
    }
    // The checkpoint stands in full, with everything around it, further up.
    assert_eq!(compared.len(), 9, "{compared:?}");
}

/// One item of diagnostic notation (RFC 8949 §8), as far as our payloads need it.
fn read(text: &mut Peekable<Chars<'_>>) -> Item {
    skip(text);
    match text.next().expect("an item") {
        '{' => Item::Map(list(text, '}', |text| {
            let key = read(text);
            skip(text);
            assert_eq!(text.next(), Some(':'), "a key without a value");
            (key, read(text))
        })),
        '[' => Item::Array(list(text, ']', read)),
        '"' => Item::Text(until(text, '"')),
        'h' => {
            assert_eq!(text.next(), Some('\''));
            let digits = until(text, '\'');
            let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits");
            Item::Bytes((0..digits.len()).step_by(2).map(byte).collect())
        }
        't' => word(text, "rue", Item::Simple(21)),
        'f' => word(text, "alse", Item::Simple(20)),
        first => {
            let mut digits = String::from(first);
            while let Some(digit) = text.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            Item::Unsigned(digits.parse().expect("a number"))
        }
    }
}

fn list<T>(
    text: &mut Peekable<Chars<'_>>,
    end: char,
    mut one: impl FnMut(&mut Peekable<Chars<'_>>) -> T,
) -> Vec<T> {
    let mut items = Vec::new();
    loop {
        skip(text);
        if text.next_if_eq(&end).is_some() {
            return items;
        }
        items.push(one(text));
        skip(text);
        text.next_if_eq(&',');
    }
}

fn until(text: &mut Peekable<Chars<'_>>, end: char) -> String {
    text.by_ref().take_while(|character| *character != end).collect()
}

fn word(text: &mut Peekable<Chars<'_>>, rest: &str, item: Item) -> Item {
    assert!(rest.chars().all(|expected| text.next() == Some(expected)), "neither true nor false");
    item
}

fn skip(text: &mut Peekable<Chars<'_>>) {
    while text.next_if(|character| character.is_whitespace()).is_some() {}
}
