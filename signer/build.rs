//! The migrations are built into the library, so a new one must rebuild it.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
