//! What an earlier `init` left: nothing, a part, or all of it.

use std::{collections::BTreeSet, ffi::OsString, fs, path::PathBuf};

use super::{InitError, failed};
use crate::{
    data_dir::DataDir,
    files,
    store::{Contents, Store, StoreKind},
    witness::{Witness, WitnessError},
};

/// Whether an earlier run has made something of what is to be made: these files in their order, then store and witness. Refuses what it
/// cannot have made.
pub(super) async fn survey(dir: &DataDir, made: &[PathBuf]) -> Result<bool, InitError> {
    refuse_strangers(dir, made)?;
    let witness = match Witness::read(&dir.witness()) {
        Ok(witness) => Some(witness),
        // A crash while it was made: it is made again.
        Err(WitnessError::Missing(_) | WitnessError::Damaged(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let contents = Store::survey(dir.store()).await?;
    if let Contents::Record(vendor) = &contents {
        let ours = witness.as_ref().is_some_and(|witness| witness.id == vendor.id);
        return Err(match dir.store().kind() {
            StoreKind::Postgres if !ours => {
                InitError::StoreClaimed { store: dir.store().to_string(), vendor: vendor.name.clone() }
            }
            _ => InitError::AlreadyInitialized { path: dir.path().to_owned() },
        });
    }
    // A part is made only when those before it are whole, so a gap is loss; and so is an empty record that its witness has seen filled.
    // Tables in a database are no sign of this directory's past: somebody else may have made them.
    let lost = witness.is_some_and(|witness| (witness.record, witness.log_size) != (1, 0));
    let has_store = contents != Contents::Nothing && !lost;
    let file = |path: &PathBuf| (path.exists(), path.display().to_string());
    let mut parts: Vec<(bool, String)> = made.iter().map(file).collect();
    if dir.store().kind() == StoreKind::Sqlite || dir.witness().exists() {
        parts.push((has_store, dir.store().to_string()));
    }
    parts.push(file(&dir.witness()));
    match (0..parts.len()).find(|at| !parts[*at].0 && parts[at + 1..].iter().any(|(there, _)| *there)) {
        Some(gap) => Err(InitError::Incomplete { missing: parts[gap].1.clone() }),
        None => Ok(parts.iter().any(|(there, _)| *there)),
    }
}

fn refuse_strangers(dir: &DataDir, made: &[PathBuf]) -> Result<(), InitError> {
    let name = |path: &PathBuf| path.file_name().map(OsString::from);
    let (keys, beside): (Vec<_>, Vec<_>) = made.iter().partition(|path| path.starts_with(dir.keys()));
    let mut names: BTreeSet<OsString> = beside.into_iter().filter_map(name).collect();
    names.extend(["keys", "witness"].map(OsString::from));
    if dir.store().kind() == StoreKind::Sqlite {
        names.extend(["waybill.db", "waybill.db-wal", "waybill.db-shm"].map(OsString::from));
    }
    for (directory, names) in
        [(dir.path().to_owned(), names), (dir.keys(), keys.into_iter().filter_map(name).collect())]
    {
        if !directory.exists() {
            continue;
        }
        files::remove_partials(&directory).map_err(failed(&directory))?;
        for entry in fs::read_dir(&directory).map_err(failed(&directory))? {
            let found = entry.map_err(failed(&directory))?.file_name();
            if !names.contains(&found) {
                let found = found.to_string_lossy().into_owned();
                return Err(InitError::NotEmpty { path: directory, found });
            }
        }
    }
    Ok(())
}
