//! Writes the folders of vectors and scenarios anew: `cargo run -p test-vectors --features make --bin make-vectors`. The same bytes
//! come out every time.

use std::{fs, io, path::Path};

use test_vectors::{cases, folder, index, scenario_folder, scenarios};

fn main() -> io::Result<()> {
    let mut vectors = cases::all();
    vectors.sort_by(|one, other| one.name.cmp(&other.name));
    empty(&folder())?;
    for vector in &vectors {
        fs::write(folder().join(format!("{}.txt", vector.name)), vector.to_string())?;
    }
    fs::write(folder().join("index.json"), index(&vectors))?;
    println!("{} vectors in {}", vectors.len(), folder().display());

    let scenarios = scenarios::all();
    empty(&scenario_folder())?;
    for (name, text) in &scenarios {
        fs::write(scenario_folder().join(format!("{name}.json")), text)?;
    }
    println!("{} scenarios in {}", scenarios.len(), scenario_folder().display());
    Ok(())
}

/// Nothing of what was made before stays.
fn empty(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        fs::remove_file(entry?.path())?;
    }
    Ok(())
}
