//! How often believing a license allocates. By itself, since counting costs time. Prints one JSON object for each figure.

use std::hint::black_box;

use allocation_counter::measure;
use license_format::{LicenseType, UnverifiedFile};
use verifier::{
    EffectiveTime, Usage, VerifiedAnswer, evaluate,
    testing::{self, license, now, seal_answer},
    verify_answer,
};

const AIM: u64 = 10;

fn main() {
    let trust = testing::trust();
    let file = seal_answer(&license(LicenseType::Desktop)).encode();

    let read = measure(|| drop(black_box(UnverifiedFile::read(&file))));
    let verified = measure(|| {
        let file = UnverifiedFile::read(&file).expect("a good file");
        black_box(verify_answer(&file, &trust).expect("a genuine license"));
    });
    let judged = measure(|| {
        let file = UnverifiedFile::read(&file).expect("a good file");
        let (answer, _) = verify_answer(&file, &trust).expect("a genuine license");
        let VerifiedAnswer::License(license) = answer else { unreachable!("it is a license") };
        let time = EffectiveTime { clock: now(), high_water: now() };
        black_box(evaluate(license.payload(), &Usage::none(), time));
    });
    figure("allocations: read a license file", read.count_total, None);
    figure("allocations: verify and decode a license", verified.count_total, Some(AIM));
    figure("allocations: verify, decode and evaluate a license", judged.count_total, None);
    figure("bytes held at once: verify, decode and evaluate a license", judged.bytes_max, None);
    figure("bytes held at once: the same license with a hostile length in it", held_by_hostile(&file), None);
}

/// Where a head may stand, one stands instead that declares a string, text, array or map of 2^56 and more: the most that reading such
/// a file holds at once. `license-format/tests/format/allocation.rs` demands that it does not grow with what is declared.
fn held_by_hostile(file: &[u8]) -> u64 {
    let hostile = (0..file.len()).flat_map(|at| {
        [0x5b, 0x7b, 0x9b, 0xbb].map(|major| {
            let head = [&[major][..], &[1; 8]].concat();
            [&file[..at], &head, &file[file.len().min(at + head.len())..]].concat()
        })
    });
    let held = |file: Vec<u8>| measure(|| drop(black_box(UnverifiedFile::read(&file)))).bytes_max;
    hostile.map(held).max().expect("a file has bytes")
}

fn figure(figure: &str, value: u64, aim: Option<u64>) {
    let (aim, meets) = match aim {
        Some(aim) => (format!("\"<= {aim}\""), (value <= aim).to_string()),
        None => ("null".to_owned(), "null".to_owned()),
    };
    println!(r#"{{"figure": "{figure}", "value": {value}, "unit": "", "aim": {aim}, "meets": {meets}}}"#);
}
