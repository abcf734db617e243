//! The header is what the source says. `UPDATE_HEADER=1 cargo test -p waybill-capi --test header` writes it anew.

use std::{fs, path::Path};

/// In the order in which the header reads.
const SOURCES: [&str; 11] = [
    "result.rs",
    "error.rs",
    "buffer.rs",
    "values.rs",
    "file.rs",
    "state/slot.rs",
    "state/installation.rs",
    "state/request.rs",
    "state/outcome.rs",
    "state/verdict.rs",
    "state/verdict_fields.rs",
];

#[test]
fn the_header_is_generated_from_this_source() {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(room.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(room.join("src").join(source));
    }
    let mut generated = Vec::new();
    builder.generate().expect("the source is what cbindgen reads").write(&mut generated);
    let generated = String::from_utf8(generated).expect("UTF-8");

    let header = room.join("include/waybill.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        fs::write(&header, &generated).expect("the header can be written");
    }
    let committed = fs::read_to_string(&header).unwrap_or_default();
    assert!(
        committed == generated,
        "include/waybill.h is not what the source says. Write it anew, and look at what changed:\n    \
         UPDATE_HEADER=1 cargo test -p waybill-capi --test header"
    );
}
