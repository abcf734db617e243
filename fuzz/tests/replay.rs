//! Every law, on its seeds and on what libFuzzer found worth keeping.

use std::{fs, path::Path};

use waybill_fuzz::{LAWS, Law};

/// The inputs of a law's folder in the corpus.
fn corpus(law: &Law) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(law.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| fs::read(entry.expect("an entry").path()).expect("a file")).collect()
}

#[test]
fn every_law_holds_for_its_seeds() {
    for law in LAWS {
        let seeds = (law.seeds)();
        assert!(seeds.len() >= 4, "{} has {} seeds", law.name, seeds.len());
        seeds.iter().for_each(|seed| (law.check)(seed));
    }
}

#[test]
fn every_law_holds_for_its_corpus() {
    for law in LAWS {
        let inputs = corpus(&law);
        assert!(inputs.len() >= 10, "{} has {} inputs in the corpus", law.name, inputs.len());
        inputs.iter().for_each(|input| (law.check)(input));
    }
}

/// A folder without a law would never be looked at.
#[test]
fn every_folder_of_the_corpus_is_a_laws() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(corpus).expect("the corpus") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        let is_folder = entry.file_type().expect("a type").is_dir();
        assert!(!is_folder || waybill_fuzz::law(&name).is_some(), "there is no law {name:?}");
    }
}
