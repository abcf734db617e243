//! What is read from an export is what the tree in memory says; and whatever happens to one on its way is named.

use std::io::{BufReader, Cursor, Read};

use license_format::{Digest, UnverifiedFile, payload::Checkpoint};
use proptest::prelude::*;
use verifier::testing;

use super::{LogExport, line::LeafLine, write};
use crate::{
    log::{
        Leaf, LogError, note,
        tree::tests::{path, subproof, tree_hash},
    },
    testing::at,
};

fn leaves(count: u64) -> Vec<Leaf> {
    let leaf = |index: u64| Leaf {
        index,
        digest: Digest::of(&index.to_be_bytes()),
        kind: if index.is_multiple_of(3) { "refusal" } else { "license" }.to_owned(),
        code: if index.is_multiple_of(3) { "no-seats" } else { "" }.to_owned(),
        issued: at(index / 4),
    };
    (0..count).map(leaf).collect()
}

fn digests(leaves: &[Leaf]) -> Vec<Digest> {
    leaves.iter().map(|leaf| leaf.digest).collect()
}

fn checkpoint(leaves: &[Leaf]) -> Checkpoint {
    Checkpoint {
        root: tree_hash(&digests(leaves)),
        size: leaves.len() as u64,
        issued: leaves.last().map_or(at(0), |leaf| leaf.issued),
        origin: "waybill/test/1".parse().unwrap(),
        version: 1,
    }
}

/// The head of an export with a checkpoint over these leaves.
fn head(checkpoint: &Checkpoint) -> String {
    let key = testing::record();
    let signature = key.sign(note::text(checkpoint).as_bytes());
    let note = note::signed(checkpoint, &key.public_key(), &signature);
    let file = UnverifiedFile::of(key.seal(checkpoint)).encode();
    write::head([testing::trust_file().encode(), file, note.into_bytes()])
}

fn export(leaves: &[Leaf]) -> String {
    let mut text = head(&checkpoint(leaves));
    leaves.iter().for_each(|leaf| LeafLine::of(leaf).unwrap().write(&mut text));
    text
}

fn read(text: &[u8]) -> Result<LogExport<&[u8]>, LogError> {
    LogExport::read(text)
}

fn verify(text: &[u8]) -> Result<Checkpoint, LogError> {
    read(text)?.verify(&testing::trust(), None)
}

fn code<T>(result: Result<T, LogError>) -> Result<T, &'static str> {
    result.map_err(|error| error.code())
}

proptest! {
    /// One pass over the lines gives what the whole tree does, at every size.
    #[test]
    fn a_stream_says_what_the_tree_in_memory_does(size in 1_usize..300, index in any::<prop::sample::Index>(), first in any::<prop::sample::Index>()) {
        let leaves = leaves(size as u64);
        let (index, first, digests, text) = (index.index(size), first.index(size + 1), digests(&leaves), export(&leaves));
        let root = tree_hash(&digests);
        let kept = checkpoint(&leaves[..first]);
        let verified = read(text.as_bytes()).unwrap().verify(&testing::trust(), Some(&kept));
        prop_assert_eq!(verified.unwrap(), checkpoint(&leaves));

        let proved = read(text.as_bytes()).unwrap().prove(&digests[index]).unwrap();
        prop_assert_eq!(&proved.leaf, &leaves[index]);
        prop_assert_eq!((proved.proof.index, proved.proof.size, proved.root), (index as u64, size as u64, root));
        prop_assert_eq!(proved.proof.path, path(index, &digests));

        let second = index.max(first);
        let step = read(text.as_bytes()).unwrap().consistency(first as u64, second as u64).unwrap();
        prop_assert_eq!(step.first, (first as u64, tree_hash(&digests[..first])));
        prop_assert_eq!(step.second, (second as u64, tree_hash(&digests[..second])));
        let expected = if first == 0 { vec![] } else { subproof(first, &digests[..second], true) };
        prop_assert_eq!(step.path, expected);

        // Of what it does not have it proves nothing.
        let other = Checkpoint { root: Digest::of(b"another"), ..kept.clone() };
        let forked = read(text.as_bytes()).unwrap().verify(&testing::trust(), Some(&other));
        prop_assert_eq!(code(forked), Err("log-fork"));
        let longer = Checkpoint { size: size as u64 + 1, ..kept };
        let forked = read(text.as_bytes()).unwrap().verify(&testing::trust(), Some(&longer));
        prop_assert_eq!(code(forked), Err("log-fork"));
        let none = Digest::of(b"none");
        prop_assert_eq!(code(read(text.as_bytes()).unwrap().prove(&none)), Err("not-in-log"));
        let beyond = read(text.as_bytes()).unwrap().consistency(first as u64, size as u64 + 1);
        prop_assert_eq!(code(beyond), Err("log-sizes"));
    }
}

#[test]
fn an_export_cut_short_at_any_byte_is_named() {
    let leaves = leaves(6);
    let text = export(&leaves);
    let of_head = head(&checkpoint(&leaves)).len();
    for end in 0..text.len() {
        let is_between_leaves = end >= of_head && text[..end].ends_with('\n');
        let expected = if is_between_leaves { "log-export-short" } else { "log-export" };
        let cut = &text.as_bytes()[..end];
        assert_eq!(code(verify(cut)), Err(expected), "at byte {end}");
        let proved = read(cut).and_then(|export| export.prove(&leaves[0].digest));
        assert_eq!(code(proved), Err(expected), "at byte {end}");
        let step = read(cut).and_then(|export| export.consistency(1, 2));
        assert_eq!(code(step), Err(expected), "at byte {end}");
    }
    assert_eq!(code(verify(text.as_bytes())), Ok(checkpoint(&leaves)));
}

/// What the checkpoint vouches for cannot be changed; what is written beside it only into something else of its form.
#[test]
fn an_export_changed_at_any_byte_is_named() {
    let leaves = leaves(3);
    let text = export(&leaves).into_bytes();
    let of_head = head(&checkpoint(&leaves)).len();
    let mut column = 0;
    for at in 0..text.len() {
        column = if at == of_head || text[at - usize::from(at > 0)] == b'\n' { 0 } else { column + 1 };
        let is_beside = at >= of_head && column > 64;
        // Before the leaves a signature covers it all, or the form.
        let others: &[u8] = if at < of_head { &[text[at] ^ 1] } else { b"0fx -\n\r\xff" };
        for &other in others {
            let mut changed = text.clone();
            changed[at] = other;
            if changed == text {
                continue;
            }
            match verify(&changed) {
                Ok(said) => assert!(is_beside && said == checkpoint(&leaves), "{other} at byte {at}"),
                Err(error) => assert!(!error.code().is_empty() && !error.next_step().is_empty()),
            }
        }
    }
}

#[test]
fn lines_removed_doubled_and_reordered_are_named() {
    let leaves = leaves(9);
    let text = export(&leaves);
    let (head, body) = text.split_at(head(&checkpoint(&leaves)).len());
    let changed = |change: &dyn Fn(&mut Vec<&str>)| {
        let mut lines: Vec<&str> = body.split_inclusive('\n').collect();
        change(&mut lines);
        verify([head, &lines.concat()].concat().as_bytes()).map_err(|error| (error.code(), error.to_string()))
    };
    for line in 0..9 {
        let removed = changed(&|lines| _ = lines.remove(line)).unwrap_err();
        assert_eq!(
            removed,
            ("log-export-short", "the export has 8 leaves, and its checkpoint says 9".to_owned())
        );
        let doubled = changed(&|lines| lines.insert(line, lines[line])).unwrap_err();
        let last = text.len() - body.split_inclusive('\n').next_back().unwrap().len()
            + body.split_inclusive('\n').nth(line).unwrap().len();
        let says =
            format!("line 14 of the export, at byte {last}, is one more than the checkpoint has leaves");
        assert_eq!(doubled, ("log-export", says), "line {line}");
        // Within a second the tree alone knows the order.
        let swapped = changed(&|lines| lines.swap(line, (line + 1) % 9)).unwrap_err();
        let expected = if line % 4 == 3 || line == 8 { "log-export" } else { "log-export-differs" };
        assert_eq!(swapped.0, expected, "line {line}: {}", swapped.1);
    }
    let swapped = changed(&|lines| lines.swap(3, 4)).unwrap_err();
    let place = head.len()
        + body.split_inclusive('\n').take(3).map(str::len).sum::<usize>()
        + body.split_inclusive('\n').nth(4).unwrap().len();
    assert_eq!(
        swapped.1,
        format!("line 9 of the export, at byte {place}, is of an earlier time than the line before it")
    );
}

#[test]
fn a_line_is_spelled_in_one_way() {
    let leaves = leaves(1);
    let text = export(&leaves);
    let (head, line) = text.split_at(head(&checkpoint(&leaves)).len());
    let (digest, seconds) = (leaves[0].digest.to_string(), leaves[0].issued.seconds());
    let later = seconds + 1;
    for (other, detail) in [
        (format!("{digest} {seconds} refusal"), "is not digest, time, kind and code"),
        (format!("{digest} {seconds} refusal no-seats "), "is not digest, time, kind and code"),
        (format!("{digest}  {seconds} refusal no-seats"), "is not digest, time, kind and code"),
        (format!("{} {seconds} refusal no-seats", digest.to_uppercase()), "begins with no digest"),
        (format!("{} {seconds} refusal no-seats", &digest[1..]), "begins with no digest"),
        (format!("{digest} +{seconds} refusal no-seats"), "has no time"),
        (format!("{digest} 0{seconds} refusal no-seats"), "has no time"),
        (format!("{digest} 253402300800 refusal no-seats"), "has no time"),
        (format!("{digest} {later} refusal no-seats"), "is of a later time than the checkpoint"),
        (format!("{digest} {seconds} Refusal no-seats"), "has no kind"),
        (format!("{digest} {seconds} - no-seats"), "has no kind"),
        (format!("{digest} {seconds} {} -", "k".repeat(65)), "has no kind"),
        (format!("{digest} {seconds} refusal no_seats"), "has no code"),
        (format!("{digest} {seconds} refusal "), "has no code"),
        (format!("{digest} {seconds} refusal no-seats\r"), "has no code"),
        (
            format!("{digest} {seconds} {} {}", "k".repeat(100), "c".repeat(100)),
            "is longer than any that may stand there",
        ),
        (String::new(), "is not digest, time, kind and code"),
    ] {
        let text = format!("{head}{other}\n");
        let says = format!("line 5 of the export, at byte {}, {detail}", head.len());
        assert_eq!(verify(text.as_bytes()).unwrap_err().to_string(), says, "{other}");
    }
    assert_eq!(code(verify([head, line].concat().as_bytes())), Ok(checkpoint(&leaves)));
    assert_eq!(code(verify([head, line, "\n"].concat().as_bytes())), Err("log-export"));
}

/// A leaf that no line can say is not written.
#[test]
fn a_leaf_that_fits_no_line_is_refused() {
    let good = leaves(1).remove(0);
    for bad in [
        Leaf { kind: "a b".to_owned(), ..good.clone() },
        Leaf { kind: String::new(), ..good.clone() },
        Leaf { code: "-".to_owned(), ..good.clone() },
        Leaf { code: "no\nseats".to_owned(), ..good.clone() },
    ] {
        assert!(LeafLine::of(&bad).is_err(), "{bad:?}");
    }
    let mut text = String::new();
    LeafLine::of(&good).unwrap().write(&mut text);
    assert_eq!(LeafLine::parse(text.trim_end()).unwrap().leaf(0), good);
}

/// Whoever sends an export decides neither how much memory nor how much time it takes.
#[test]
fn a_file_without_end_is_given_up() {
    let leaves = leaves(5);
    let text = export(&leaves);
    let heads = head(&checkpoint(&leaves));
    let more = 4 << 20;
    for (begins, goes_on, detail) in [
        ("", "x", "is longer than any that may stand there"),
        ("Waybill log, version 1\ntrust: ", "x", "is longer than any that may stand there"),
        (heads.as_str(), "0", "is longer than any that may stand there"),
        (text.as_str(), &text[heads.len()..][..100], "is one more than the checkpoint has leaves"),
    ] {
        let endless =
            Cursor::new(begins.to_owned()).chain(Cycle { bytes: goes_on.as_bytes().to_vec(), at: 0 });
        let mut left = CountDown { inner: endless, left: more };
        let error = LogExport::read(BufReader::new(&mut left))
            .and_then(|export| export.verify(&testing::trust(), None));
        let error = error.unwrap_err();
        assert!(error.to_string().ends_with(detail), "{error}");
        assert!(left.left > more - (1 << 20), "{} bytes were read", more - left.left);
    }
    // A reader that fails is no verdict about the file.
    let failing = CountDown { inner: Cursor::new(text.clone()), left: heads.len() as u64 + 7 };
    let error = LogExport::read(BufReader::new(failing))
        .and_then(|export| export.prove(&leaves[0].digest))
        .unwrap_err();
    assert_eq!((error.code(), error.is_refusal()), ("file-read", false));
}

/// The same bytes for ever.
struct Cycle {
    bytes: Vec<u8>,
    at: usize,
}

impl Read for Cycle {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        for byte in &mut *out {
            *byte = self.bytes[self.at];
            self.at = (self.at + 1) % self.bytes.len();
        }
        Ok(out.len())
    }
}

/// Fails once so many bytes were read.
struct CountDown<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for CountDown<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::Error::other("no more"));
        }
        let most = out.len().min(usize::try_from(self.left).unwrap());
        let read = self.inner.read(&mut out[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}
