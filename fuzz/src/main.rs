//! What `scripts/suites/fuzz` needs besides the targets: the seeds as files, and one input tried again.

use std::{fs, io, path::Path};

use license_format::Digest;
use waybill_fuzz::{LAWS, check};

const USAGE: &str = "\
waybill-fuzz laws               their names, and what each says
waybill-fuzz seeds FOLDER       writes the seeds of each law into FOLDER/LAW
waybill-fuzz replay LAW         tries the input that standard input has in hexadecimal; it panics if that breaks the law";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["laws"] => LAWS.iter().for_each(|law| println!("{:<14} {}", law.name, law.says)),
        ["seeds", folder] => {
            for law in LAWS {
                let folder = Path::new(folder).join(law.name);
                fs::create_dir_all(&folder)?;
                for seed in (law.seeds)() {
                    fs::write(folder.join(Digest::of(&seed).to_string()), seed)?;
                }
            }
        }
        ["replay", law] => {
            let hex = io::read_to_string(io::stdin())?;
            check(law, &from_hex(hex.trim()).ok_or("that is not hexadecimal")?);
            println!("{law} holds");
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}
