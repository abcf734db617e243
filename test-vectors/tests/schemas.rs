//! The JSON files are what their schemas say (JSON Schema, draft 2020-12), and the schemas are no emptier than they look.

use std::{collections::BTreeSet, fs, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jsonschema::Validator;
use serde_json::{Value, json};
use test_vectors::{
    Expect, Vector, all, all_scenarios, folder,
    kit::{hex, sha256},
    scenario_folder,
};

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn schema(name: &str) -> Validator {
    let schema = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name));
    jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn index() -> Value {
    read(&folder().join("index.json"))
}

fn demand(schema: &Validator, value: &Value, name: &str) {
    let faults: Vec<String> =
        schema.iter_errors(value).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "{name}:\n{}", faults.join("\n"));
}

#[test]
fn the_index_is_what_its_schema_says() {
    demand(&schema("index.schema.json"), &index(), "index.json");
}

#[test]
fn every_scenario_is_what_its_schema_says() {
    let schema = schema("scenario.schema.json");
    for scenario in all_scenarios() {
        let path = scenario_folder().join(format!("{}.json", scenario.name));
        demand(&schema, &read(&path), &scenario.name);
    }
}

/// Whoever has the index alone has every vector, and every trust file in it is used.
#[test]
fn the_index_holds_what_the_vectors_hold() {
    let index = index();
    let entries = index["vectors"].as_array().expect("a list");
    let vectors = all();
    assert_eq!(entries.len(), vectors.len());
    let mut used = BTreeSet::new();
    for (entry, vector) in entries.iter().zip(&vectors) {
        let text = |field: &str| entry[field].as_str().unwrap_or_default();
        let bytes = |text: &str| BASE64_STANDARD.decode(text).expect("base 64");
        let trust = entry["trust"].as_str().map(|name| {
            used.insert(name.to_owned());
            bytes(index["trust-files"][name].as_str().expect("a trust file of that name"))
        });
        let expect = match text("expect") {
            "accept" => Expect::Accept,
            code => Expect::Refuse(code.to_owned()),
        };
        let found = Vector {
            name: text("name").to_owned(),
            expect,
            kind: text("kind").to_owned(),
            now: entry["now"].as_u64().expect("a number"),
            comment: text("comment").to_owned(),
            trust: trust.unwrap_or_default(),
            file: bytes(text("file")),
            ..vector.clone()
        };
        assert_eq!(found, *vector);
        assert_eq!(text("installation"), vector.installation.map(|it| hex(&it)).unwrap_or_default());
        assert_eq!(text("enrolled"), vector.enrolled.map(|it| hex(&it)).unwrap_or_default());
        let digest = vector.tbs.as_ref().map(|tbs| hex(&sha256(tbs)));
        assert_eq!(text("digest"), digest.unwrap_or_default());
    }
    let named: BTreeSet<String> =
        index["trust-files"].as_object().expect("an object").keys().cloned().collect();
    assert_eq!(named, used);
}

/// Each change breaks one thing, at a place that a schema which allows everything would not see.
#[test]
fn the_schemas_refuse_what_is_otherwise() {
    let changed = |value: &Value, path: &str, to: Value| {
        let mut value = value.clone();
        *value.pointer_mut(path).unwrap_or_else(|| panic!("{path} leads nowhere")) = to;
        value
    };
    let (schema_of_index, index) = (schema("index.schema.json"), index());
    for (path, to) in [
        ("/vectors/0/kind", json!("permit")),
        ("/vectors/0/file", json!("2dn3=")),
        ("/vectors/0/digest", json!("00")),
        ("/vectors/0/now", json!("1795343400")),
        ("/vectors/0/expect", json!(true)),
        ("/vectors/0", json!({})),
        ("/vectors", json!([])),
    ] {
        assert!(!schema_of_index.is_valid(&changed(&index, path, to)), "{path}");
    }
    let schema = schema("scenario.schema.json");
    let scenario = read(&scenario_folder().join("activation.json"));
    for (path, to) in [
        ("/steps/0/ask/step", json!("status")),
        ("/steps/1/ask/step", json!("prepare-refresh")),
        ("/steps/1/ask/nonce", json!("00")),
        ("/steps/1/expect/outcome", json!(7)),
        ("/steps/1/expect/state/slots/desktop/state", json!("active")),
        ("/steps/1/expect/state/slots/desktop/permits", json!("more")),
        ("/steps/3/expect/state/since/counter", json!(0)),
        ("/steps/3/expect/state/slots", json!({"laptop": {"state": "requested", "permits": "nothing"}})),
        ("/steps/3/expect/state/high-water", json!(-1)),
    ] {
        assert!(!schema.is_valid(&changed(&scenario, path, to)), "{path}");
    }
}
