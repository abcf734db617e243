//! OpenSSL as a second witness: it reads our keys, verifies what they signed, and names them as we do. It shares no code with us.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use support::{Run, Vendor, waybill};

fn openssl(arguments: &[&str]) -> Run {
    let mut command = Command::new("openssl");
    command.args(arguments);
    Run::command(command)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// The public half of a key file, as OpenSSL extracts it with the passphrase.
fn public_key(vendor: &Vendor, key: &str) -> PathBuf {
    let pass = format!("file:{}", text(&vendor.passphrase));
    let from = vendor.data_dir.join("keys").join(key);
    let to = vendor.path(&format!("{key}.pub"));
    openssl(&["pkey", "-in", text(&from), "-passin", &pass, "-pubout", "-out", text(&to)]).exits(0);
    to
}

/// What the signature of a file covers, and the signature, as `waybill inspect` exports them.
fn export(vendor: &Vendor, file: &Path) -> (PathBuf, PathBuf, String) {
    let name = file.file_name().expect("a name").to_str().expect("text");
    let [tbs, signature] = ["tbs", "signature"].map(|part| vendor.path(&format!("{name}.{part}")));
    let arguments =
        ["--json", "inspect", text(file), "--export-tbs", text(&tbs), "--export-signature", text(&signature)];
    let inspected = Run::of(&waybill(), &arguments).exits(0).json();
    (tbs, signature, inspected["kid"].as_str().expect("a key").to_owned())
}

fn verify(key: &Path, tbs: &Path, signature: &Path) -> Run {
    openssl(&[
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        text(key),
        "-in",
        text(tbs),
        "-sigfile",
        text(signature),
    ])
}

#[test]
fn reads_the_issuing_key() {
    let vendor = Vendor::new();
    let key = vendor.data_dir.join("keys/issuing-1.key");
    let pass = format!("file:{}", text(&vendor.passphrase));
    let read = openssl(&["pkey", "-in", text(&key), "-passin", &pass, "-noout", "-text_pub"]).exits(0);
    assert!(read.out.contains("ED25519 Public-Key"), "{}", read.out);
    assert_ne!(openssl(&["pkey", "-in", text(&key), "-passin", "pass:another one", "-noout"]).code, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn verifies_a_license_and_the_trust_bundle() {
    let vendor = Vendor::new();
    let (license, run) = issue(&vendor, &request(&vendor), &vendor.passphrase);
    run.exits(0);
    for (file, key) in [(&license, "issuing-1.key"), (&vendor.trust, "root-1.key")] {
        let key = public_key(&vendor, key);
        let (tbs, signature, kid) = export(&vendor, file);
        let verified = verify(&key, &tbs, &signature).exits(0);
        assert!(verified.out.contains("Signature Verified Successfully"), "{}", verified.out);

        // The name by which the document calls the key is RFC 9679's, computed here by other means.
        assert_eq!(kid, thumbprint(&vendor, &key));

        let mut altered = fs::read(&tbs).unwrap();
        *altered.last_mut().unwrap() ^= 1;
        fs::write(&tbs, altered).unwrap();
        assert_ne!(verify(&key, &tbs, &signature).code, 0, "an altered document does not verify");
    }
}

/// A passphrase can be changed with OpenSSL; the keys go on signing.
#[test]
fn a_passphrase_changed_by_openssl_opens_the_keys() {
    let vendor = Vendor::new();
    let (old, new) = (format!("file:{}", text(&vendor.passphrase)), vendor.path("new-passphrase"));
    fs::write(&new, "another way across\n").unwrap();
    let pass_out = format!("file:{}", text(&new));
    for name in ["issuing-1.key", "log-1.key"] {
        let key = vendor.data_dir.join("keys").join(name);
        let [plain, changed] = ["plain", "changed"].map(|what| vendor.path(&format!("{name}.{what}")));
        openssl(&["pkey", "-in", text(&key), "-passin", &old, "-out", text(&plain)]).exits(0);
        let encrypt = ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-scrypt", "-in", text(&plain)];
        openssl(&[&encrypt[..], &["-passout", &pass_out, "-out", text(&changed)]].concat()).exits(0);
        // Over the old file, whose access stays as it was.
        fs::write(&key, fs::read(&changed).unwrap()).unwrap();
    }

    let request = request(&vendor);
    assert_eq!(issue(&vendor, &request, &vendor.passphrase).1.exits(1).error_code(), "key-not-opened");
    let (license, run) = issue(&vendor, &request, &new);
    run.exits(0);
    Run::of(&waybill(), &["verify", text(&license), "--trust", text(&vendor.trust)]).exits(0);
}

/// An activation request of a new site of a new customer.
fn request(vendor: &Vendor) -> PathBuf {
    let contoso = vendor.customer("contoso");
    let (_, key) = vendor.sells(&contoso, "desktop", 250);
    vendor.site("PS1", "Headquarters").activation("desktop", &key, "activation")
}

/// `waybill issue`, without the portal.
fn issue(vendor: &Vendor, request: &Path, passphrase: &Path) -> (PathBuf, Run) {
    let license = vendor.path("license.waybill");
    let run = vendor.run(&[
        "issue",
        text(request),
        "--passphrase-file",
        text(passphrase),
        "--output",
        text(&license),
    ]);
    (license, run)
}

/// SHA-256 of the deterministic COSE_Key (RFC 9679), over the last 32 bytes of the key's DER form, by `openssl dgst`.
fn thumbprint(vendor: &Vendor, key: &Path) -> String {
    let der = vendor.path("key.der");
    openssl(&["pkey", "-pubin", "-in", text(key), "-outform", "DER", "-out", text(&der)]).exits(0);
    let der = fs::read(der).unwrap();
    let mut cose_key = vec![0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20];
    cose_key.extend(&der[der.len() - 32..]);
    let file = vendor.path("cose-key");
    fs::write(&file, cose_key).unwrap();
    let digest = openssl(&["dgst", "-sha256", "-r", text(&file)]).exits(0);
    digest.out.split_whitespace().next().expect("a digest").to_owned()
}
