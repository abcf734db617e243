//! Writes the folder of vectors anew: `cargo run -p test-vectors --bin make-vectors`. The same bytes come out every time.

use std::{fs, io};

use test_vectors::{cases, folder, index};

fn main() -> io::Result<()> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            fs::remove_file(path)?;
        }
    }
    let mut vectors = cases::all();
    vectors.sort_by(|one, other| one.name.cmp(&other.name));
    for vector in &vectors {
        fs::write(folder.join(format!("{}.txt", vector.name)), vector.to_string())?;
    }
    fs::write(folder.join("index.json"), index(&vectors))?;
    println!("{} vectors in {}", vectors.len(), folder.display());
    Ok(())
}
