//! What believing a license costs beside the one thing that cannot be saved: the strict Ed25519 check of its bytes.
//!
//! From the bytes of a file to a verdict, in turns with the bare check of the same signed bytes with a key that is ready, so that what
//! else the machine does falls on both. Prints one JSON object for each figure.

mod side_by_side;

use side_by_side::{Believing, in_turns};

const TURNS: usize = 12_000;
const AIM: f64 = 1.10;

fn main() {
    let believing = Believing::new();
    let case = &believing.cases[0];
    let (alone, along, signed) = (case.alone.len(), case.along.len(), case.signed.len());
    eprintln!("a license file of {alone} bytes, {signed} of them signed; {along} with its trust bundle");

    let times = in_turns(TURNS, &mut believing.works());
    let [raw, parsed, verified, judged, with_news] = times[..] else { unreachable!("as many as works") };
    figure("raw strict Ed25519 of a license's bytes", raw, "us", None);
    figure("read a license file without verifying it", parsed, "us", None);
    figure("verify and decode a license", verified, "us", None);
    figure("verify and decode a license, over raw strict Ed25519", verified / raw, "x", Some(AIM));
    figure("verify, decode and evaluate a license, over raw strict Ed25519", judged / raw, "x", Some(AIM));
    figure("the same with the known trust bundle traveling along", with_news / raw, "x", None);
}

fn figure(figure: &str, value: f64, unit: &str, aim: Option<f64>) {
    let (aim, meets) = match aim {
        Some(aim) => (format!("\"<= {aim:.2}\""), (value <= aim).to_string()),
        None => ("null".to_owned(), "null".to_owned()),
    };
    println!(
        r#"{{"figure": "{figure}", "value": {value:.4}, "unit": "{unit}", "aim": {aim}, "meets": {meets}}}"#
    );
}
