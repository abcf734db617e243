//! One file, one binary spelling.

use license_format::UnverifiedFile;

use crate::{Law, document, seeds};

pub(crate) const LAW: Law = Law {
    name: "file",
    says: "a binary file that is read is written again as the same bytes",
    check,
    seeds: seeds::files,
};

fn check(input: &[u8]) {
    let Ok(file) = UnverifiedFile::decode(input) else { return };
    assert_eq!(file.encode(), input, "the file has two spellings");
    assert_eq!(UnverifiedFile::read(input).as_ref(), Ok(&file), "one door takes it and the other does not");
    std::iter::once(&file.document).chain(&file.trust).for_each(document::holds);
}
