//! Where looking begins: the files of the test vectors, and what is in them.

use license_format::{UnverifiedDocument, UnverifiedFile};

/// Every vector's file, in the spelling that it has, and every trust file.
pub(crate) fn files() -> Vec<Vec<u8>> {
    distinct(test_vectors::all().into_iter().flat_map(|vector| [vector.file, vector.trust]))
}

/// Those that can be read.
pub(crate) fn readable_files() -> Vec<UnverifiedFile> {
    files().iter().filter_map(|file| UnverifiedFile::read(file).ok()).collect()
}

/// The documents in them, each once.
pub(crate) fn documents() -> Vec<UnverifiedDocument> {
    let mut documents: Vec<UnverifiedDocument> =
        readable_files().into_iter().flat_map(|file| [vec![file.document], file.trust].concat()).collect();
    documents.sort_by_key(UnverifiedDocument::encode);
    documents.dedup();
    documents
}

pub(crate) fn distinct(inputs: impl IntoIterator<Item = Vec<u8>>) -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> = inputs.into_iter().filter(|input| !input.is_empty()).collect();
    inputs.sort();
    inputs.dedup();
    inputs
}
