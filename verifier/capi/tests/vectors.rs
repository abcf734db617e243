//! The test vectors, through the door of C: what the library of Rust says of each, the library of C says too, with numbers.

#![expect(unsafe_code, reason = "it calls what C calls")]

use std::ptr;

use license_format::Kind;
use test_vectors::Expect;
use waybill::{
    waybill_error_code, waybill_error_free, waybill_error_new, waybill_file_free, waybill_file_is_verified,
    waybill_verify_file,
};

#[test]
fn every_vector_gets_its_verdict_through_the_door_of_c() {
    let vectors = test_vectors::all();
    assert!(vectors.len() >= 40, "only {} vectors were found", vectors.len());
    let error = waybill_error_new();
    let mut wrong = Vec::new();
    for vector in &vectors {
        let at = Kind::ALL.iter().position(|kind| kind.name() == vector.kind).expect("a kind");
        let trusted = vector.enrolled.as_ref().map_or(&*vector.trust, <[u8; 32]>::as_slice);
        let (file, mut verified) = (&*vector.file, ptr::null_mut());
        // SAFETY: both lengths are those of what they stand beside, and the rest lives here.
        let found = unsafe {
            let (result, place) = (at as u32 + 1, &raw mut verified);
            waybill_verify_file(
                result,
                trusted.as_ptr(),
                trusted.len(),
                file.as_ptr(),
                file.len(),
                place,
                error,
            );
            assert_eq!(waybill_file_is_verified(verified), !verified.is_null());
            waybill_file_free(verified);
            std::ffi::CStr::from_ptr(waybill_error_code(error)).to_str().expect("ASCII")
        };
        let expected = match &vector.expect {
            Expect::Accept => "ok",
            Expect::Refuse(code) => code,
        };
        if found != expected {
            wrong.push(format!("{}: expected {expected}, found {found}", vector.name));
        }
    }
    // SAFETY: from `waybill_error_new`, and not used any more.
    unsafe { waybill_error_free(error) };
    assert!(wrong.is_empty(), "{} of {} vectors:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}
