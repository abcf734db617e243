//! Typed values to bytes, by serde: the other half of `deserializer`, and as narrow. It writes definite lengths, shortest heads, text keys,
//! and nothing that our profile does not have: no float, no null, no tag.
//!
//! Where the bytes go decides what it is good for. Into a `Vec` it encodes. Into [`Expected`] it compares, without writing anything: that
//! is how the one door asks whether a value would have been written as it came.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{self, Impossible},
};

use crate::cbor::{FALSE, TRUE};

/// Writes a value in its one spelling.
pub(crate) fn write<T: Serialize, S: Sink>(value: &T, sink: &mut S) -> Result<(), Unwritten> {
    value.serialize(Writer(sink))
}

/// The sink took no more, or the value has no spelling in our profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unwritten;

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not written as the format demands")
    }
}

impl std::error::Error for Unwritten {}

impl ser::Error for Unwritten {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Unwritten
    }
}

/// Where bytes go.
pub(crate) trait Sink {
    /// Takes the next bytes, or refuses them.
    fn put(&mut self, bytes: &[u8]) -> Result<(), Unwritten>;
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

/// The bytes that are to come: takes these and no others.
pub(crate) struct Expected<'a>(pub(crate) &'a [u8]);

impl Sink for Expected<'_> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Unwritten> {
        self.0 = self.0.strip_prefix(bytes).ok_or(Unwritten)?;
        Ok(())
    }
}

/// Puts a head in its shortest form (RFC 8949 §4.2.1). `major` is the number of the major type.
#[inline]
pub(crate) fn put_head(sink: &mut impl Sink, major: u8, value: u64) -> Result<(), Unwritten> {
    let major = major << 5;
    match value {
        0..=23 => sink.put(&[major | value as u8]),
        24..=0xff => sink.put(&[major | 24, value as u8]),
        0x100..=0xffff => {
            let [a, b] = (value as u16).to_be_bytes();
            sink.put(&[major | 25, a, b])
        }
        0x1_0000..=0xffff_ffff => {
            let [a, b, c, d] = (value as u32).to_be_bytes();
            sink.put(&[major | 26, a, b, c, d])
        }
        _ => {
            sink.put(&[major | 27])?;
            sink.put(&value.to_be_bytes())
        }
    }
}

/// Writes one item.
struct Writer<'a, S>(&'a mut S);

impl<S: Sink> Writer<'_, S> {
    #[inline]
    fn text(&mut self, text: &str) -> Result<(), Unwritten> {
        put_head(self.0, 3, text.len() as u64)?;
        self.0.put(text.as_bytes())
    }

    #[inline]
    fn open(self, major: u8, len: Option<usize>) -> Result<Self, Unwritten> {
        put_head(self.0, major, len.ok_or(Unwritten)? as u64)?;
        Ok(self)
    }
}

macro_rules! integers {
    (unsigned: $($unsigned:ident $of:ty),*; signed: $($signed:ident $is:ty),*; none: $($none:ident $no:ty),*) => {
        $(#[inline] fn $unsigned(self, value: $of) -> Result<(), Unwritten> {
            put_head(self.0, 0, u64::from(value))
        })*
        $(#[inline] fn $signed(self, value: $is) -> Result<(), Unwritten> {
            let value = i64::from(value);
            // Negative n is written as -1 - n (RFC 8949 §3.1), which is its complement.
            if value < 0 { put_head(self.0, 1, !value as u64) } else { put_head(self.0, 0, value as u64) }
        })*
        $(fn $none(self, _: $no) -> Result<(), Unwritten> { Err(Unwritten) })*
    };
}

impl<S: Sink> Serializer for Writer<'_, S> {
    type Ok = ();
    type Error = Unwritten;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    // No payload has these shapes.
    type SerializeTupleStruct = Impossible<(), Unwritten>;
    type SerializeTupleVariant = Impossible<(), Unwritten>;
    type SerializeStructVariant = Impossible<(), Unwritten>;

    integers! {
        unsigned: serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64;
        signed: serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64;
        none: serialize_f32 f32, serialize_f64 f64
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Unwritten> {
        put_head(self.0, 7, if value { TRUE } else { FALSE })
    }

    fn serialize_char(mut self, value: char) -> Result<(), Unwritten> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(mut self, value: &str) -> Result<(), Unwritten> {
        self.text(value)
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Unwritten> {
        put_head(self.0, 2, value.len() as u64)?;
        self.0.put(value)
    }

    /// There is no null: a field without a value is left out.
    fn serialize_none(self) -> Result<(), Unwritten> {
        Err(Unwritten)
    }

    fn serialize_unit(self) -> Result<(), Unwritten> {
        Err(Unwritten)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritten> {
        Err(Unwritten)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritten> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritten> {
        value.serialize(self)
    }

    /// A variant without data is its name.
    #[inline]
    fn serialize_unit_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unwritten> {
        self.text(variant)
    }

    /// One with data is a map of one entry.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unwritten> {
        let mut map = self.open(5, Some(1))?;
        map.text(variant)?;
        value.serialize(map)
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self, Unwritten> {
        self.open(4, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Self, Unwritten> {
        self.open(4, Some(len))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unwritten> {
        Err(Unwritten)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritten> {
        Err(Unwritten)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritten> {
        Err(Unwritten)
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self, Unwritten> {
        self.open(5, len)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Self, Unwritten> {
        self.open(5, Some(len))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl<S: Sink> ser::SerializeSeq for Writer<'_, S> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        value.serialize(Writer(&mut *self.0))
    }

    fn end(self) -> Result<(), Unwritten> {
        Ok(())
    }
}

impl<S: Sink> ser::SerializeTuple for Writer<'_, S> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        value.serialize(Writer(&mut *self.0))
    }

    fn end(self) -> Result<(), Unwritten> {
        Ok(())
    }
}

impl<S: Sink> ser::SerializeStruct for Writer<'_, S> {
    type Ok = ();
    type Error = Unwritten;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unwritten> {
        self.text(key)?;
        value.serialize(Writer(&mut *self.0))
    }

    fn end(self) -> Result<(), Unwritten> {
        Ok(())
    }
}

impl<S: Sink> ser::SerializeMap for Writer<'_, S> {
    type Ok = ();
    type Error = Unwritten;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritten> {
        key.serialize(Writer(&mut *self.0))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritten> {
        value.serialize(Writer(&mut *self.0))
    }

    fn end(self) -> Result<(), Unwritten> {
        Ok(())
    }
}
