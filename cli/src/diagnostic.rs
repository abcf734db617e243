//! A file's structure in CBOR's diagnostic notation (RFC 8949 §8, with the embedded CBOR of RFC 8610 §G.3), for people who want to
//! see everything. It decides nothing.

use ciborium::Value;
use license_format::Timestamp;
use serde_json::Value as Json;

/// The bytes of a file that was read, as an indented text. What is no CBOR at all gives nothing.
pub(crate) fn notation(bytes: &[u8]) -> String {
    let mut text = String::new();
    if let Ok(value) = ciborium::from_reader::<Value, _>(bytes) {
        write(&mut text, &value, 0, Place::Plain);
    }
    text
}

/// A payload as JSON: byte strings in hexadecimal, instants as they stand there, in seconds since 1970.
pub(crate) fn payload(bytes: &[u8]) -> Json {
    ciborium::from_reader::<Value, _>(bytes).map_or(Json::Null, |value| json(&value))
}

fn json(value: &Value) -> Json {
    match value {
        Value::Integer(number) => i64::try_from(*number).map_or(Json::Null, Json::from),
        Value::Bool(flag) => Json::from(*flag),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bytes(bytes) => Json::from(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            let entry =
                |(key, value): &(Value, Value)| (key.as_text().unwrap_or_default().to_owned(), json(value));
            Json::Object(entries.iter().map(entry).collect())
        }
        _ => Json::Null,
    }
}

/// Where a value stands, as far as that tells more about it than its type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Plain,
    /// The four parts of COSE_Sign1: the first and the third are byte strings that hold CBOR.
    Envelope,
    Embedded,
    /// The value of a field that is an instant.
    Instant,
}

/// The fields of payloads that are instants.
const INSTANTS: [&str; 11] = [
    "contract-end",
    "contract-start",
    "distrusted-since",
    "from",
    "good-until",
    "high-water",
    "issued",
    "now",
    "report-due",
    "time-reset",
    "until",
];

fn write(text: &mut String, value: &Value, depth: usize, place: Place) {
    match value {
        Value::Integer(number) => {
            let number = i128::from(*number);
            text.push_str(&number.to_string());
            let instant = u64::try_from(number).ok().and_then(Timestamp::from_seconds);
            if let Some(instant) = instant.filter(|_| place == Place::Instant) {
                text.push_str(&format!(" / {instant} /"));
            }
        }
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Text(inner) => text.push_str(&format!("{inner:?}")),
        Value::Bytes(bytes) if place == Place::Embedded => {
            match ciborium::from_reader::<Value, _>(bytes.as_slice()) {
                Ok(inner) => {
                    text.push_str("<< ");
                    write(text, &inner, depth, Place::Plain);
                    text.push_str(" >>");
                }
                Err(_) => hex(text, bytes),
            }
        }
        Value::Bytes(bytes) => hex(text, bytes),
        Value::Tag(tag, inner) => {
            text.push_str(&format!("{tag}("));
            write(text, inner, depth, if *tag == 18 { Place::Envelope } else { Place::Plain });
            text.push(')');
        }
        Value::Array(items) => {
            let part = |at: usize| match place {
                Place::Envelope if at == 0 || at == 2 => Place::Embedded,
                _ => Place::Plain,
            };
            let items = items.iter().enumerate();
            block(text, depth, ['[', ']'], items, |text, (at, item)| write(text, item, depth + 1, part(at)));
        }
        Value::Map(entries) => block(text, depth, ['{', '}'], entries.iter(), |text, (key, value)| {
            let instant = key.as_text().is_some_and(|key| INSTANTS.contains(&key));
            write(text, key, depth + 1, Place::Plain);
            text.push_str(": ");
            write(text, value, depth + 1, if instant { Place::Instant } else { Place::Plain });
        }),
        // The format has no floats, nulls and other simple values; a reader has refused them.
        _ => text.push('?'),
    }
}

/// Brackets around items, one a line.
fn block<T>(
    text: &mut String,
    depth: usize,
    brackets: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    let last = items.len();
    text.push(brackets[0]);
    for (at, one) in items.enumerate() {
        new_line(text, depth + 1);
        item(text, one);
        if at + 1 < last {
            text.push(',');
        }
    }
    if last > 0 {
        new_line(text, depth);
    }
    text.push(brackets[1]);
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
}

fn hex(text: &mut String, bytes: &[u8]) {
    text.push_str("h'");
    bytes.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
    text.push('\'');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 55799({"document": 18([<<{1: -19}>>, {}, <<{"issued": 0}>>, h'00'])}), written by hand.
    #[test]
    fn shows_what_the_envelope_holds() {
        let bytes = b"\xd9\xd9\xf7\xa1\x68document\xd2\x84\x43\xa1\x01\x32\xa0\x49\xa1\x66issued\x00\x41\x00";
        let expected = r#"55799({
  "document": 18([
    << {
      1: -19
    } >>,
    {},
    << {
      "issued": 0 / 1970-01-01T00:00:00Z /
    } >>,
    h'00'
  ])
})"#;
        assert_eq!(notation(bytes), expected);
    }

    /// {"a": h'00ff', "b": [1, true]}, written by hand.
    #[test]
    fn a_payload_becomes_json() {
        let json = payload(b"\xa2\x61a\x42\x00\xff\x61b\x82\x01\xf5");
        assert_eq!(json, serde_json::json!({ "a": "00ff", "b": [1, true] }));
    }

    #[test]
    fn anything_else_gives_nothing() {
        assert_eq!(notation(b"\xff"), "");
    }
}
