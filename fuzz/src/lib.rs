//! Laws: what holds for every input, also for those that nobody chose.
//!
//! A law is a plain function of some bytes that panics where it does not hold. libFuzzer looks for such bytes (`libfuzzer`, one target
//! for each law); what it found worth keeping lies in `corpus`, and an ordinary test tries that and the seeds on every run. The seeds
//! are made of the test vectors. Nothing here knows how the other rooms work inside: a law speaks of what they promise.

mod armour;
mod document;
mod file;
mod genuine;
mod import;
mod license_key;
mod payload;
mod qr;
mod second_reader;
mod seeds;
mod stranger;

/// What holds for every input.
#[derive(Debug, Clone, Copy)]
pub struct Law {
    /// Its name: that of its libFuzzer target and of its folder in the corpus.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub says: &'static str,
    /// Panics if the input breaks it.
    pub check: fn(&[u8]),
    /// Where looking for an input that breaks it begins.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All laws.
pub const LAWS: [Law; 10] = [
    file::LAW,
    document::LAW,
    payload::LAW,
    armour::LAW,
    qr::LAW,
    license_key::LAW,
    second_reader::LAW,
    stranger::LAW,
    genuine::LAW,
    import::LAW,
];

/// Panics if the input breaks the law of this name, or if there is no such law.
pub fn check(name: &str, input: &[u8]) {
    (law(name).unwrap_or_else(|| panic!("there is no law {name:?}")).check)(input);
}

/// The law of this name.
pub fn law(name: &str) -> Option<&'static Law> {
    LAWS.iter().find(|law| law.name == name)
}
