//! What `waybill` prints, one circumstance a file: the folder `transcripts` reads as a manual. `[..]` stands for what differs from run
//! to run. `TRYCMD=overwrite cargo test -p waybill-cli --test transcripts` writes them anew.

#[test]
fn the_program_prints_what_its_transcripts_say() {
    trycmd::TestCases::new().case("tests/transcripts/*.trycmd");
}
