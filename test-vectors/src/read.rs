//! Reading folders of vectors and scenarios: these, or others that the caller names.

use std::{
    error, fmt, fs,
    path::{Path, PathBuf},
};

use crate::{Scenario, Vector};

/// Why a folder cannot be read: a judge with half of the law is none, so one bad file spoils them all.
#[derive(Debug)]
pub struct Unreadable {
    /// The folder or the file.
    pub path: PathBuf,
    /// What is wrong with it, in a few words.
    pub problem: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.problem)
    }
}

impl error::Error for Unreadable {}

/// Where this crate's vectors are, if it still lies where it was built.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

/// All vectors of this crate, by name. Panics if one cannot be read; see [`all_in`].
pub fn all() -> Vec<Vector> {
    all_in(&folder()).unwrap_or_else(|unreadable| panic!("{unreadable}"))
}

/// The vector of this crate with that name. Panics if there is none; see [`named_in`].
pub fn named(name: &str) -> Vector {
    named_in(&folder(), name).unwrap_or_else(|unreadable| panic!("{unreadable}"))
}

/// All vectors of a folder, by name. Refuses a folder without vectors, and one of which a vector cannot be read.
pub fn all_in(folder: &Path) -> Result<Vec<Vector>, Unreadable> {
    let vectors: Vec<Vector> =
        names_in(folder, ".txt")?.iter().map(|name| named_in(folder, name)).collect::<Result<_, _>>()?;
    match vectors.is_empty() {
        true => Err(Unreadable { path: folder.to_owned(), problem: "there are no vectors in it".to_owned() }),
        false => Ok(vectors),
    }
}

/// The vector of a folder with that name.
pub fn named_in(folder: &Path, name: &str) -> Result<Vector, Unreadable> {
    let path = folder.join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
    Vector::parse(name, &text).map_err(|problem| unreadable(&path, &problem))
}

/// Where this crate's scenarios are, if it still lies where it was built.
pub fn scenario_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

/// All scenarios of this crate, by name. Panics if one cannot be read; see [`scenarios_in`].
pub fn all_scenarios() -> Vec<Scenario> {
    scenarios_in(&scenario_folder()).unwrap_or_else(|unreadable| panic!("{unreadable}"))
}

/// All scenarios of a folder, by name. Refuses a folder without scenarios, and one of which a scenario cannot be read.
pub fn scenarios_in(folder: &Path) -> Result<Vec<Scenario>, Unreadable> {
    let read = |name: &String| {
        let path = folder.join(format!("{name}.json"));
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        Scenario::parse(name, &text).map_err(|problem| unreadable(&path, &problem))
    };
    let scenarios: Vec<Scenario> = names_in(folder, ".json")?.iter().map(read).collect::<Result<_, _>>()?;
    match scenarios.is_empty() {
        true => {
            Err(Unreadable { path: folder.to_owned(), problem: "there are no scenarios in it".to_owned() })
        }
        false => Ok(scenarios),
    }
}

/// The names of a folder's files with this ending, without it, in order.
fn names_in(folder: &Path, ending: &str) -> Result<Vec<String>, Unreadable> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let file_name = entry.map_err(|error| unreadable(folder, &error))?.file_name();
        let name = file_name.to_str().ok_or_else(|| unreadable(folder, &"a file's name is not UTF-8"))?;
        names.extend(name.strip_suffix(ending).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn unreadable(path: &Path, problem: &dyn fmt::Display) -> Unreadable {
    Unreadable { path: path.to_owned(), problem: problem.to_string() }
}
