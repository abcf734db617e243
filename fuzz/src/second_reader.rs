//! Our scanner accepts exactly what a reader that it shares nothing with reads, and writes in the same way.

use std::collections::BTreeMap;

use cbor4ii::core::{
    Value,
    dec::Decode,
    enc::{Encode, Write},
    types,
    utils::{BufWriter, SliceReader},
};
use license_format::{Kind, UnverifiedDocument, limits, payload::Checkpoint};

use crate::{Law, payload, seeds};

pub(crate) const LAW: Law = Law {
    name: "second_reader",
    says: "a payload is well-formed for us exactly when a second CBOR reader reads it and writes it the same",
    check,
    seeds: || seeds::distinct(seeds::documents().iter().map(|document| document.payload_bytes().to_vec())),
};

fn check(input: &[u8]) {
    if input.len() > limits::PAYLOAD_BYTES {
        return;
    }
    let ours = scans(input);
    let theirs = second(input);
    assert_eq!(ours, theirs.is_some(), "we say {ours}, the second reader reads {theirs:?}");
}

/// Whether our scanner has nothing against a payload of these bytes. No kind has such a payload, perhaps, which is another matter.
fn scans(input: &[u8]) -> bool {
    let document =
        UnverifiedDocument::decode(&payload::around(Kind::Checkpoint, input)).expect("an envelope");
    match document.decode_unverified::<Checkpoint>() {
        Ok(_) => true,
        Err(error) => !error.code().starts_with("cbor-"),
    }
}

/// The one item that these bytes are, if it is of our profile and they are its deterministic encoding.
fn second(input: &[u8]) -> Option<Value> {
    let value = Value::decode(&mut SliceReader::new(input)).ok()?;
    let mut written = BufWriter::new(Vec::with_capacity(input.len()));
    let mut items = 0;
    write(&value, 0, &mut items, &mut written)?;
    (written.into_inner() == input && items <= limits::ITEMS).then_some(value)
}

/// Writes a value as RFC 8949 §4.2.1 demands; `None` for one that is not of our profile.
fn write(value: &Value, depth: usize, items: &mut usize, out: &mut BufWriter) -> Option<()> {
    *items += 1;
    let inside = depth + 1;
    match value {
        Value::Bool(_) | Value::Bytes(_) | Value::Text(_) => value.encode(out).ok(),
        Value::Integer(number) if number.unsigned_abs() <= u128::from(limits::INTEGER) => {
            value.encode(out).ok()
        }
        Value::Array(list) if inside <= limits::DEPTH => {
            types::Array::bounded(list.len(), out).ok()?;
            list.iter().try_for_each(|item| write(item, inside, items, out))
        }
        Value::Map(pairs) if inside <= limits::DEPTH => {
            let mut entries = BTreeMap::new();
            for (key, value) in pairs {
                let Value::Text(_) = key else { return None };
                let (mut name, mut entry) = (BufWriter::new(Vec::new()), BufWriter::new(Vec::new()));
                write(key, inside, items, &mut name)?;
                write(value, inside, items, &mut entry)?;
                let is_second = entries.insert(name.into_inner(), entry.into_inner()).is_some();
                if is_second {
                    return None;
                }
            }
            types::Map::bounded(pairs.len(), out).ok()?;
            entries.iter().flat_map(|(name, entry)| [name, entry]).try_for_each(|bytes| out.push(bytes).ok())
        }
        _ => None,
    }
}
