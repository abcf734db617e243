//! Values kept once and known by number, so that a state of the world is a handful of numbers.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher as _},
    ops::Index,
};

/// Values by number; equal ones have the same.
#[derive(Debug)]
pub struct Interned<T> {
    values: Vec<T>,
    alike: HashMap<u64, Vec<u32>>,
}

impl<T: PartialEq> Interned<T> {
    /// The number of a value. What makes most values differ is their `look`; those that look alike are compared.
    pub fn number(&mut self, look: impl Hash, value: T) -> u32 {
        let mut hasher = DefaultHasher::new();
        look.hash(&mut hasher);
        let alike = self.alike.entry(hasher.finish()).or_default();
        if let Some(known) = alike.iter().find(|known| self.values[**known as usize] == value) {
            return *known;
        }
        let number = u32::try_from(self.values.len()).expect("a small world");
        alike.push(number);
        self.values.push(value);
        number
    }
}

impl<T> Interned<T> {
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
        Interned { values: Vec::new(), alike: HashMap::new() }
    }
}

impl<T> Index<u32> for Interned<T> {
    type Output = T;
    fn index(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}
