//! No reason is forgotten, and no number ever changes. The other rooms' codes are found where they are written down: in the `code`
//! functions of their errors, and in the specification's table.

#![expect(unsafe_code, reason = "it calls what C calls")]

use std::{collections::BTreeSet, ffi::CStr, fs, path::Path};

use waybill::{WaybillResult, waybill_result_code};

/// Where the errors are whose codes a caller can get.
const ERRORS: [&str; 5] = [
    "license-format/src/error.rs",
    "license-format/src/license_key.rs",
    "verifier/src/error.rs",
    "verifier/src/installation/error.rs",
    "verifier/proxy/src/error.rs",
];

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn results() -> Vec<(String, u32)> {
    constants("WAYBILL_RESULT_")
}

/// Names in C, and their numbers, from the header.
fn constants(prefix: &str) -> Vec<(String, u32)> {
    let header = read("verifier/capi/include/waybill.h");
    let constant = |line: &str| {
        let (name, number) = line.trim().strip_prefix(prefix)?.split_once(" = ")?;
        Some((name.to_owned(), number.trim_end_matches(',').parse().ok()?))
    };
    header.lines().filter_map(constant).collect()
}

fn code(number: u32) -> Option<&'static str> {
    let code = waybill_result_code(number);
    // SAFETY: null, or a text that lives as long as the library.
    (!code.is_null()).then(|| unsafe { CStr::from_ptr(code) }.to_str().expect("ASCII"))
}

/// What stands in quotation marks in the functions named `code` of a source.
fn codes_in(source: &str) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for function in source.split("pub fn code(&self)").skip(1) {
        let body = function.split("\n    }\n").next().expect("a body");
        codes.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
    }
    codes
}

#[test]
fn every_code_of_every_error_has_a_result() {
    let ours: BTreeSet<String> =
        results().into_iter().filter_map(|(_, number)| code(number)).map(str::to_owned).collect();
    for file in ERRORS {
        let codes = codes_in(&read(file));
        assert!(codes.len() >= 4, "only {} codes were found in {file}", codes.len());
        let missing: Vec<_> = codes.difference(&ours).collect();
        assert!(
            missing.is_empty(),
            "{file} has codes that verifier/capi/src/result.rs lacks: {missing:?}. Add each with a number of its own, and never \
             change a number that is there"
        );
    }
}

#[test]
fn every_code_of_the_specification_has_a_result() {
    let specification = read("license-format/spec/FORMAT.md");
    let table =
        specification.split("## Error codes").nth(1).expect("the table").split("\n## ").next().unwrap();
    let first_columns = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next());
    let codes: Vec<&str> =
        first_columns.flat_map(|column| column.split('`').filter(|code| !code.trim().is_empty())).collect();
    assert!(codes.len() >= 60, "only {} codes were found", codes.len());
    // What is merely late is no failure, and so an effect.
    let effects = constants("WAYBILL_EFFECT_");
    for found in codes {
        let is_effect = effects.iter().any(|(name, _)| name.to_lowercase().replace('_', "-") == found);
        assert!(
            is_effect || results().iter().any(|(_, number)| code(*number) == Some(found)),
            "the specification has the code {found:?}, and verifier/capi/src/result.rs lacks it"
        );
    }
}

#[test]
fn a_code_is_the_name_that_c_sees_and_numbers_are_used_once() {
    let results = results();
    assert!(results.len() >= 90, "only {} results were found in the header", results.len());
    for (name, number) in &results {
        let expected = name.to_lowercase().replace('_', "-");
        assert_eq!(code(*number), Some(&*expected), "{name} = {number}");
    }
    let numbers: BTreeSet<u32> = results.iter().map(|(_, number)| *number).collect();
    assert_eq!(numbers.len(), results.len());
    assert_eq!(code(99), None);
}

/// Programs are compiled with these numbers. The sum notices a change of any: name by name, in order.
#[test]
fn numbers_never_change() {
    assert_eq!(WaybillResult::Ok as u32, 0);
    let committed = read("verifier/capi/tests/results.txt");
    let said: Vec<String> = results().iter().map(|(name, number)| format!("{number} {name}")).collect();
    for line in committed.lines() {
        assert!(
            said.iter().any(|said| said == line),
            "{line:?} was published, and the header says otherwise"
        );
    }
    for line in &said {
        assert!(
            committed.lines().any(|known| known == line),
            "add {line:?} to verifier/capi/tests/results.txt"
        );
    }
}
