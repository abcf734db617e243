//! The specification's examples are vectors, and its table of codes is closed: every code there is expected by a vector, and no other.

use std::{collections::BTreeSet, fs, path::Path};

use test_vectors::{Expect, all, all_scenarios, kit::hex, named};

fn specification() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../license-format/spec/FORMAT.md");
    fs::read_to_string(path).expect("the specification")
}

/// The fenced blocks of a language, in their order.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().expect("an end").to_owned()).collect()
}

/// The codes of the specification's table.
fn codes() -> BTreeSet<String> {
    let text = specification();
    let (_, table) = text.split_once("## Error codes").expect("the table");
    let table = table.split("## ").next().expect("the table's end");
    table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).expect("a first column").split_whitespace())
        .map(|code| code.trim_matches('`').to_owned())
        .collect()
}

#[test]
fn the_table_of_codes_is_closed() {
    let expected: BTreeSet<String> = all()
        .into_iter()
        .filter_map(|vector| match vector.expect {
            Expect::Refuse(code) => Some(code),
            Expect::Accept => None,
        })
        .collect();
    assert_eq!(codes(), expected);
}

/// The README's table of outcomes is closed: each is expected by a step, and no other.
#[test]
fn the_table_of_outcomes_is_closed() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README");
    let (_, table) = readme.split_once("| outcome | of | says |").expect("the table");
    let listed: BTreeSet<String> = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| line.split('|').nth(1).expect("a first column").split_whitespace())
        .map(|outcome| outcome.trim_matches('`').to_owned())
        .collect();
    let codes = codes();
    let expected: BTreeSet<String> = all_scenarios()
        .into_iter()
        .flat_map(|scenario| scenario.steps)
        .map(|step| step.expect["outcome"].as_str().expect("a text").to_owned())
        .filter(|outcome| !codes.contains(outcome))
        .collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_example_in_hexadecimal_is_a_vector() {
    let digits: Vec<String> = blocks(&specification(), "hex")
        .iter()
        .map(|block| {
            block.lines().flat_map(|line| line.split('#').next()).flat_map(str::split_whitespace).collect()
        })
        .collect();
    let vector = named("valid-checkpoint");
    assert_eq!(digits, [hex(&vector.file), hex(&vector.tbs.expect("a document"))]);
}

#[test]
fn the_example_of_armour_is_a_vector() {
    let example = &blocks(&specification(), "")[0];
    let text = String::from_utf8(named("armour-license").file).expect("text");
    let (begin, end) = example.split_once("…\n").expect("an abridged example");
    assert!(text.starts_with(begin), "{begin}");
    assert!(text.ends_with(end), "{end}");
}
