//! Key files as somebody else's program sees them: OpenSSL 3.0 opens ours, its signatures are ours, and we open its.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Command,
};

use license_format::{Digest, PublicKey};
use signer::keys::{FileKey, Passphrase, SigningBackend as _};
use tempfile::TempDir;

const PHRASE: &str = "correct horse battery";

fn passphrase() -> Passphrase {
    Passphrase::new(PHRASE.to_owned()).expect("a fitting passphrase")
}

fn dice() -> impl FnMut(&mut [u8]) + Send {
    let mut count = 0_u64;
    move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            count += 1;
            chunk.copy_from_slice(&Digest::of(&count.to_be_bytes()).0[..chunk.len()]);
        }
    }
}

/// A directory with one of our key files and its passphrase in a file.
fn made() -> (TempDir, FileKey) {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("phrase"), format!("{PHRASE}\n")).expect("written");
    let key = FileKey::create(&dir.path().join("issuing-1.key"), &passphrase(), &mut dice()).expect("made");
    (dir, key)
}

/// Runs OpenSSL in a directory and gives what it printed. It must be there: without it nothing here is shown.
fn openssl(dir: &Path, arguments: &[&str]) -> Vec<u8> {
    let output =
        Command::new("openssl").args(arguments).current_dir(dir).output().expect("openssl is installed");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn public_key_of(der: &[u8]) -> PublicKey {
    // RFC 8410 §4: twelve bytes of SubjectPublicKeyInfo, then the point.
    assert_eq!(der.len(), 44);
    PublicKey::from_slice(&der[12..]).expect("32 bytes")
}

#[test]
fn opens_our_file_and_reads_the_same_key() {
    let (dir, key) = made();
    let der = openssl(
        dir.path(),
        &["pkey", "-in", "issuing-1.key", "-passin", "file:phrase", "-pubout", "-outform", "DER"],
    );
    assert_eq!(public_key_of(&der), key.public_key());
    let text =
        openssl(dir.path(), &["pkey", "-in", "issuing-1.key", "-passin", "file:phrase", "-text", "-noout"]);
    assert!(String::from_utf8_lossy(&text).starts_with("ED25519 Private-Key:"));
}

#[test]
fn the_file_is_version_1_under_scrypt_and_aes_256() {
    let (dir, _) = made();
    let outside = openssl(dir.path(), &["asn1parse", "-in", "issuing-1.key"]);
    let outside = String::from_utf8_lossy(&outside);
    for name in [":PBES2", ":scrypt", ":aes-256-cbc"] {
        assert!(outside.contains(name), "{name} in {outside}");
    }
    // RFC 5958 version 1 takes 48 bytes, padded to 64; with the public key of version 2 it would be 83, padded to 96.
    assert!(outside.lines().any(|line| line.contains("l=  64 prim: OCTET STRING")), "{outside}");
}

#[test]
fn signs_as_we_do_and_verifies_what_we_signed() {
    let (dir, key) = made();
    let message = b"what a signature covers";
    fs::write(dir.path().join("message"), message).expect("written");
    openssl(
        dir.path(),
        &[
            "pkeyutl",
            "-sign",
            "-rawin",
            "-inkey",
            "issuing-1.key",
            "-passin",
            "file:phrase",
            "-in",
            "message",
            "-out",
            "theirs",
        ],
    );
    let ours = key.sign(message).expect("signed");
    assert_eq!(fs::read(dir.path().join("theirs")).expect("read"), ours, "Ed25519 is deterministic");

    fs::write(dir.path().join("ours"), ours).expect("written");
    openssl(
        dir.path(),
        &["pkey", "-in", "issuing-1.key", "-passin", "file:phrase", "-pubout", "-out", "public.pem"],
    );
    openssl(
        dir.path(),
        &[
            "pkeyutl",
            "-verify",
            "-rawin",
            "-pubin",
            "-inkey",
            "public.pem",
            "-in",
            "message",
            "-sigfile",
            "ours",
        ],
    );
}

/// A passphrase is changed with OpenSSL, as auditors like to see it done; the file stays a key file.
#[test]
fn a_passphrase_changed_by_openssl_opens_here() {
    let (dir, key) = made();
    fs::write(dir.path().join("other"), "battery staple\n").expect("written");
    for arguments in
        [&["-scrypt"][..], &["-v2", "aes-256-cbc"], &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"]]
    {
        let fixed = [
            "pkcs8",
            "-topk8",
            "-in",
            "issuing-1.key",
            "-passin",
            "file:phrase",
            "-passout",
            "file:other",
            "-out",
            "changed.key",
        ];
        openssl(dir.path(), &[&fixed, arguments].concat());
        let path = dir.path().join("changed.key");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
        let other = Passphrase::first_line(&fs::read_to_string(dir.path().join("other")).expect("read"))
            .expect("fits");
        assert_eq!(
            FileKey::open(&path, &other).expect("opens").public_key(),
            key.public_key(),
            "{arguments:?}"
        );
        let refused = FileKey::open(&path, &passphrase()).expect_err("refused");
        assert_eq!(refused.code(), "key-not-opened", "{arguments:?}");
    }
}

#[test]
fn keys_of_other_kinds_are_refused_as_such() {
    let dir = tempfile::tempdir().expect("a directory");
    fs::write(dir.path().join("phrase"), format!("{PHRASE}\n")).expect("written");
    openssl(
        dir.path(),
        &["genpkey", "-algorithm", "X25519", "-aes256", "-pass", "file:phrase", "-out", "x25519.key"],
    );
    openssl(dir.path(), &["genpkey", "-algorithm", "ED25519", "-out", "plain.key"]);
    for name in ["x25519.key", "plain.key"] {
        let path = dir.path().join(name);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("changed");
        let refused = FileKey::open(&path, &passphrase()).expect_err("refused");
        assert_eq!(refused.code(), "key-unsupported", "{name}");
    }
}
