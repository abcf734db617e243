//! A CBOR writer (RFC 8949) that does what it is told. [`map`] and the integers follow §4.2.1, the deterministic encoding; raw
//! items, long heads and [`unsorted_map`] are for what the format forbids.

/// One data item, to be written as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Major type 0.
    Unsigned(u64),
    /// Major type 1: the value −1 − n.
    Negative(u64),
    /// Major type 2.
    Bytes(Vec<u8>),
    /// Major type 3.
    Text(String),
    /// Major type 4.
    Array(Vec<Item>),
    /// Major type 5, its pairs in the order in which they are to be written.
    Map(Vec<(Item, Item)>),
    /// Major type 6.
    Tag(u64, Box<Item>),
    /// Major type 7: 20 false, 21 true, 22 null, 23 undefined.
    Simple(u8),
    /// Any bytes, well formed or not.
    Raw(Vec<u8>),
}

impl Item {
    /// Null, which the format never uses.
    pub const NULL: Item = Item::Simple(22);

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Item::Unsigned(value) => head(0, *value),
            Item::Negative(value) => head(1, *value),
            Item::Bytes(bytes) => [head(2, bytes.len() as u64), bytes.clone()].concat(),
            Item::Text(text) => [head(3, text.len() as u64), text.as_bytes().to_vec()].concat(),
            Item::Array(items) => {
                let mut out = head(4, items.len() as u64);
                items.iter().for_each(|item| out.extend(item.encode()));
                out
            }
            Item::Map(pairs) => {
                let mut out = head(5, pairs.len() as u64);
                pairs.iter().for_each(|(key, value)| out.extend([key.encode(), value.encode()].concat()));
                out
            }
            Item::Tag(tag, item) => [head(6, *tag), item.encode()].concat(),
            Item::Simple(value @ 0..=23) => vec![7 << 5 | value],
            Item::Simple(value) => vec![7 << 5 | 24, *value],
            Item::Raw(bytes) => bytes.clone(),
        }
    }

    /// The item at a path of map keys and array indices. Panics if there is none.
    pub fn at(&mut self, path: &[&str]) -> &mut Item {
        path.iter().fold(self, |item, step| match item {
            Item::Map(pairs) => {
                let pair = pairs.iter_mut().find(|(key, _)| *key == Item::from(*step));
                &mut pair.unwrap_or_else(|| panic!("the map has no {step:?}")).1
            }
            Item::Array(items) => &mut items[step.parse::<usize>().expect("an index")],
            _ => panic!("{step:?} leads into neither a map nor an array"),
        })
    }

    /// The pairs of the map at a path, to be disordered by hand.
    pub fn pairs(&mut self, path: &[&str]) -> &mut Vec<(Item, Item)> {
        match self.at(path) {
            Item::Map(pairs) => pairs,
            _ => panic!("{path:?} is no map"),
        }
    }

    /// The same item with one value set: replaced where the key exists, else put where its key belongs.
    #[must_use]
    pub fn with(mut self, path: &[&str], value: impl Into<Item>) -> Item {
        let (last, parents) = path.split_last().expect("a path of one step at least");
        let key = Item::from(*last);
        match self.at(parents) {
            Item::Map(pairs) => {
                pairs.retain(|(other, _)| *other != key);
                pairs.push((key, value.into()));
                sort(pairs);
            }
            Item::Array(items) => items[last.parse::<usize>().expect("an index")] = value.into(),
            _ => panic!("{parents:?} is neither a map nor an array"),
        }
        self
    }

    /// The same item without the field at a path.
    #[must_use]
    pub fn without(mut self, path: &[&str]) -> Item {
        let (last, parents) = path.split_last().expect("a path of one step at least");
        let pairs = self.pairs(parents);
        let before = pairs.len();
        pairs.retain(|(key, _)| *key != Item::from(*last));
        assert_eq!(pairs.len(), before - 1, "the map has no {last:?}");
        self
    }
}

/// A map from text keys, sorted as §4.2.1 demands: by the bytes of the encoded keys.
pub fn map<const N: usize>(pairs: [(&str, Item); N]) -> Item {
    let mut pairs: Vec<_> = pairs.into_iter().map(|(key, value)| (Item::from(key), value)).collect();
    sort(&mut pairs);
    Item::Map(pairs)
}

/// A map from any keys, in the order given.
pub fn unsorted_map<const N: usize>(pairs: [(Item, Item); N]) -> Item {
    Item::Map(pairs.into())
}

/// An array.
pub fn list<T: Into<Item>>(items: impl IntoIterator<Item = T>) -> Item {
    Item::Array(items.into_iter().map(Into::into).collect())
}

/// The shortest head of a major type and its argument (RFC 8949 §3).
pub fn head(major: u8, value: u64) -> Vec<u8> {
    match value {
        0..24 => vec![major << 5 | value as u8],
        24..0x100 => long_head(major, 1, value),
        0x100..0x1_0000 => long_head(major, 2, value),
        0x1_0000..0x1_0000_0000 => long_head(major, 4, value),
        _ => long_head(major, 8, value),
    }
}

/// A head whose argument takes 1, 2, 4 or 8 bytes, needed or not.
pub fn long_head(major: u8, width: usize, value: u64) -> Vec<u8> {
    let info = match width {
        1 => 24,
        2 => 25,
        4 => 26,
        8 => 27,
        _ => panic!("an argument takes 1, 2, 4 or 8 bytes"),
    };
    let mut out = vec![major << 5 | info];
    out.extend(&value.to_be_bytes()[8 - width..]);
    out
}

fn sort(pairs: &mut [(Item, Item)]) {
    pairs.sort_by_key(|(key, _)| key.encode());
}

impl From<u64> for Item {
    fn from(value: u64) -> Item {
        Item::Unsigned(value)
    }
}

impl From<bool> for Item {
    fn from(value: bool) -> Item {
        Item::Simple(20 + u8::from(value))
    }
}

impl From<&str> for Item {
    fn from(text: &str) -> Item {
        Item::Text(text.to_owned())
    }
}

impl<const N: usize> From<[u8; N]> for Item {
    fn from(bytes: [u8; N]) -> Item {
        Item::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Item {
    fn from(bytes: Vec<u8>) -> Item {
        Item::Bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::hex;

    /// Examples of RFC 8949, appendix A.
    #[test]
    fn items_are_written_as_the_rfc_shows_them() {
        let examples: [(Item, &str); 19] = [
            (0.into(), "00"),
            (23.into(), "17"),
            (24.into(), "1818"),
            (1000.into(), "1903e8"),
            (1_000_000.into(), "1a000f4240"),
            (u64::MAX.into(), "1bffffffffffffffff"),
            (Item::Negative(0), "20"),
            (Item::Negative(999), "3903e7"),
            (false.into(), "f4"),
            (true.into(), "f5"),
            (Item::NULL, "f6"),
            (Item::Simple(255), "f8ff"),
            ([1, 2, 3, 4].into(), "4401020304"),
            ("".into(), "60"),
            ("\u{fc}".into(), "62c3bc"),
            (list([1, 2, 3]), "83010203"),
            (Item::Tag(1, Box::new(1_363_896_240.into())), "c11a514b67b0"),
            (map([]), "a0"),
            (map([("b", list([2, 3])), ("a", 1.into())]), "a26161016162820203"),
        ];
        for (item, bytes) in examples {
            assert_eq!(hex(&item.encode()), bytes);
        }
    }

    /// RFC 8949 §4.2.1: by the bytes of the encoded keys, so that the shorter comes first.
    #[test]
    fn keys_are_sorted_by_their_encoding() {
        let sorted = map([("aa", 1.into()), ("b", 2.into()), ("z", 3.into())]);
        assert_eq!(hex(&sorted.encode()), "a3616202617a0362616101");
    }

    #[test]
    fn long_heads_are_long() {
        assert_eq!(hex(&long_head(0, 1, 1)), "1801");
        assert_eq!(hex(&long_head(3, 8, 5)), "7b0000000000000005");
    }

    #[test]
    fn fields_are_replaced_added_and_removed() {
        let item = map([("a", 1.into()), ("c", list([map([("x", 1.into())])]))]);
        let changed = item.with(&["c", "0", "x"], 2).with(&["b"], 3).without(&["a"]);
        assert_eq!(changed, map([("b", 3.into()), ("c", list([map([("x", 2.into())])]))]));
    }
}
