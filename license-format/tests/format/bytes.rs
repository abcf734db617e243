//! The bytes of one small file, one by one, with their meaning.

use license_format::{Digest, Kind, PublicKey, UnverifiedDocument, UnverifiedFile, payload::Checkpoint};

use crate::any;

/// A checkpoint signed by the key of 32 times 0x11, with a signature of 64 times 0x55.
fn checkpoint() -> (Checkpoint, UnverifiedDocument) {
    let payload = Checkpoint {
        root: Digest([0xaa; 32]),
        size: 1042,
        issued: any::seconds(1_795_343_400),
        origin: "log.example.com".parse().expect("a label"),
        version: 1,
    };
    let document = any::seal(&payload, PublicKey([0x11; 32]).thumbprint(), [0x55; 64]);
    (payload, document)
}

/// Pieces of hexadecimal, joined; what follows `#` in a line is for people.
fn bytes(annotated: &str) -> Vec<u8> {
    let digits: String = annotated
        .lines()
        .map(|line| line.split('#').next().expect("a part before"))
        .flat_map(|line| line.chars().filter(|c| !c.is_whitespace()))
        .collect();
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

const PAYLOAD: &str = "
    a5                                      # map of 5; keys in the order of their encoding, so the shorter come first
      64 726f6f74                           # root
        5820 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa #  32 bytes
             aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      64 73697a65                           # size
        19 0412                             #   1042, in two bytes since one does not hold it
      66 697373756564                       # issued
        1a 6b02c428                         #   1795343400, that is 2026-11-22T10:30:00Z
      66 6f726967696e                       # origin
        6f 6c6f672e6578616d706c652e636f6d   #   log.example.com
      67 76657273696f6e                     # version
        01                                  #   1
";

const PROTECTED: &str = "
    a3                                      # map of 3
      01                                    # alg
        32                                  #   -19: Ed25519 (RFC 9864)
      04                                    # kid
        5820 102388f03bd5aa7e6a0d58d362b6817c #  SHA-256 of a3 01 01 20 06 21 58 20 and the key (RFC 9679)
             d6e2cb1de28fc209c501166e7c32f040
      10                                    # typ (RFC 9596)
        78 27 6170706c69636174696f6e2f766e642e77617962696c6c2e636865636b706f696e742b636f7365
                                            #   application/vnd.waybill.checkpoint+cose
";

#[test]
fn a_payload_is_written_like_this() {
    let (payload, document) = checkpoint();
    assert_eq!(license_format::encode(&payload), bytes(PAYLOAD));
    assert_eq!(document.payload_bytes(), bytes(PAYLOAD));
    assert_eq!(document.decode_unverified::<Checkpoint>(), Ok(payload));
}

#[test]
fn a_file_is_written_like_this() {
    let (_, document) = checkpoint();
    let expected = [
        bytes(
            "
            d9d9f7                          # tag 55799: this is CBOR
            a1                              # map of 1: no proof, and nothing travels along
              68 646f63756d656e74           # document
            d2                              # tag 18: COSE_Sign1
            84                              # array of 4
            58 50                           # the protected header: a byte string of 80
            ",
        ),
        bytes(PROTECTED),
        bytes(
            "
            a0                              # the unprotected header: an empty map
            58 5c                           # the payload: a byte string of 92
            ",
        ),
        bytes(PAYLOAD),
        bytes("58 40                        # the signature: a byte string of 64"),
        vec![0x55; 64],
    ]
    .concat();
    let file = UnverifiedFile::of(document);
    assert_eq!(file.encode(), expected);
    assert_eq!(UnverifiedFile::read(&expected), Ok(file));
}

#[test]
fn a_signature_covers_this() {
    let (_, document) = checkpoint();
    let expected = [
        bytes(
            "
            84                              # array of 4
            6a 5369676e617475726531         # Signature1
            58 50                           # the protected header
            ",
        ),
        bytes(PROTECTED),
        bytes(
            "
            40                              # no external data
            58 5c                           # the payload
            ",
        ),
        bytes(PAYLOAD),
    ]
    .concat();
    assert_eq!(document.to_be_signed(), expected);
    assert_eq!(document.digest(), Digest::of(&expected));
}

/// 2dn3 is the tag; the many V are the signature.
const ARMOUR: &str = "\
-----BEGIN WAYBILL CHECKPOINT-----
Checkpoint: log.example.com, 2026-11-22 10:30 UTC
Log: size 1042, root aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

2dn3oWhkb2N1bWVudNKEWFCjATIEWCAQI4jwO9WqfmoNWNNitoF81uLLHeKPwgnF
ARZufDLwQBB4J2FwcGxpY2F0aW9uL3ZuZC53YXliaWxsLmNoZWNrcG9pbnQrY29z
ZaBYXKVkcm9vdFggqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpkc2l6
ZRkEEmZpc3N1ZWQaawLEKGZvcmlnaW5vbG9nLmV4YW1wbGUuY29tZ3ZlcnNpb24B
WEBVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV
VVVVVVVVVVVVVVVVVVVVVVVV
-----END WAYBILL CHECKPOINT-----
";

#[test]
fn its_armour_reads_like_this() {
    let file = UnverifiedFile::of(checkpoint().1);
    assert_eq!(file.armour().as_deref(), Ok(ARMOUR));
    assert_eq!(UnverifiedFile::read(ARMOUR.as_bytes()), Ok(file));
}

#[test]
fn the_kinds_are_these() {
    let names = Kind::ALL.map(Kind::name);
    assert_eq!(
        names,
        [
            "activation-request",
            "refresh-request",
            "deactivation-request",
            "license",
            "deactivation-receipt",
            "refusal",
            "trust-bundle",
            "revocation-list",
            "checkpoint",
            "support-bundle",
        ]
    );
    for kind in Kind::ALL {
        assert_eq!(Kind::from_media_type(&kind.media_type()), Some(kind));
    }
}
