//! Values kept once and known by number, so that a state of the world is a handful of numbers.

use std::{collections::HashMap, ops::Index};

use license_format::Digest;

/// Values by number; equal ones, as their bytes say, have the same.
#[derive(Debug)]
pub struct Interned<T> {
    values: Vec<T>,
    numbers: HashMap<Digest, u32>,
}

impl<T> Interned<T> {
    /// The number of a value.
    pub fn number(&mut self, bytes: &[u8], value: impl FnOnce() -> T) -> u32 {
        *self.numbers.entry(Digest::of(bytes)).or_insert_with(|| {
            self.values.push(value());
            u32::try_from(self.values.len() - 1).expect("a small world")
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Interned { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T> Index<u32> for Interned<T> {
    type Output = T;
    fn index(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}
