//! Typed values from bytes that the scanner has passed, by serde and without a copy.
//!
//! It knows our profile and no more: no tag, no float, no null, no indefinite length ever reaches it, and nothing is turned into something
//! else on the way. Written out because general CBOR readers accept more and cost more: decoding is all that a license's check adds to its signature's.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Unexpected, VariantAccess,
        Visitor, value::BorrowedStrDeserializer,
    },
    forward_to_deserialize_any,
};

use crate::{
    cbor::{Cursor, Head, Major, TRUE},
    error::FormatError,
    text::harmless,
};

/// A value from one scanned item. The text says what the type did not like.
pub(crate) fn from_scanned<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Mismatch> {
    T::deserialize(&mut Reader { cursor: Cursor::new(bytes) })
}

/// What a type did not like, in a sentence.
#[derive(Debug)]
pub(crate) struct Mismatch(pub(crate) String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    /// Serde quotes the names of unknown fields and variants as they came, and a stranger chose them.
    fn custom<T: fmt::Display>(says: T) -> Self {
        Mismatch(harmless(&says.to_string()))
    }
}

impl From<FormatError> for Mismatch {
    fn from(error: FormatError) -> Self {
        Mismatch(error.to_string())
    }
}

/// A place in scanned bytes.
struct Reader<'de> {
    cursor: Cursor<'de>,
}

impl<'de> Reader<'de> {
    fn text(&mut self, len: u64) -> Result<&'de str, Mismatch> {
        std::str::from_utf8(self.cursor.take(len)?).map_err(|_| FormatError::CborUtf8.into())
    }

    fn map<V: Visitor<'de>>(&mut self, len: u64, visitor: V) -> Result<V::Value, Mismatch> {
        let mut items = Items { reader: self, left: len };
        let value = visitor.visit_map(&mut items)?;
        items.none_left(value)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let Head { major, value } = self.cursor.head()?;
        match major {
            Major::Unsigned => visitor.visit_u64(value),
            Major::Negative => visitor.visit_i64(-1 - value as i64),
            Major::Bytes => visitor.visit_borrowed_bytes(self.cursor.take(value)?),
            Major::Text => visitor.visit_borrowed_str(self.text(value)?),
            Major::Array => {
                let mut items = Items { reader: self, left: value };
                let list = visitor.visit_seq(&mut items)?;
                items.none_left(list)
            }
            Major::Map => self.map(value, visitor),
            Major::Tag => Err(FormatError::CborTag.into()),
            Major::Simple => visitor.visit_bool(value == TRUE),
        }
    }

    /// There is no null: a field that is there has its value.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    /// A map with the fields' names: serde would take a list of the values too.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.cursor.head()? {
            Head { major: Major::Map, value } => self.map(value, visitor),
            _ => Err(de::Error::invalid_type(Unexpected::Other("something else than a map"), &visitor)),
        }
    }

    /// A text names a variant without data; a map of one entry names one with data.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.cursor.head()? {
            Head { major: Major::Text, value } => {
                visitor.visit_enum(BorrowedStrDeserializer::new(self.text(value)?))
            }
            Head { major: Major::Map, value: 1 } => visitor.visit_enum(Variant(self)),
            _ => Err(de::Error::invalid_type(Unexpected::Other("neither a name nor a map of one"), &visitor)),
        }
    }

    /// Names of fields and variants are compared as bytes: the scanner has seen that they are texts.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.cursor.head()? {
            Head { major: Major::Text, value } => visitor.visit_borrowed_bytes(self.cursor.take(value)?),
            _ => Err(de::Error::invalid_type(Unexpected::Other("something else than a name"), &visitor)),
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map ignored_any
    }
}

/// For how many items room is made before the first was read. Their count is true, but a count costs a byte an item, and an item of ours
/// takes a hundred in memory: more is made as they turn out to be what they should.
const ROOM: u64 = 16;

/// The items of an array, or the entries of a map, that are still to be read.
struct Items<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: u64,
}

impl Items<'_, '_> {
    /// A type that stops early would leave the place in the middle of its list.
    fn none_left<T>(&self, value: T) -> Result<T, Mismatch> {
        match self.left {
            0 => Ok(value),
            left => Err(Mismatch(format!("{left} items too many"))),
        }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(ROOM) as usize)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant with data: its name, then the data.
struct Variant<'a, 'de>(&'a mut Reader<'de>);

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mismatch> {
        let name = seed.deserialize(&mut *self.0)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        Err(Mismatch("a variant without data has some".to_owned()))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.0.deserialize_any(visitor)
    }
}
