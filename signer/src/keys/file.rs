//! A key in an encrypted file: PKCS #8 version 1 (RFC 5958 `OneAsymmetricKey` without the public key, which OpenSSL 3.0 would
//! not read) under PBES2 (RFC 8018) with scrypt (RFC 7914) and AES-256-CBC, as PEM (RFC 7468).
//!
//! PBES2 has no check value, so a wrong passphrase and a damaged file look alike. Lines above the block, which every PEM reader
//! skips, say the public key and a SHA-256 over it and the block; with them the two are told apart. A file without them, as OpenSSL
//! writes after a change of passphrase, opens as well.

use std::{
    fmt,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use license_format::{Digest, PublicKey};
use pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfoRef, LineEnding, ObjectIdentifier, PrivateKeyInfoRef,
    SecretDocument,
    der::{Decode as _, asn1::OctetStringRef, pem::PemLabel as _},
    pkcs5::{EncryptionScheme, pbes2, scrypt},
};
use zeroize::Zeroizing;

use super::{KeyError, MemoryKey, Passphrase, SigningBackend};
use crate::{
    entropy::{Entropy, draw},
    files,
};

/// id-Ed25519 (RFC 8410 §3).
const ED25519: AlgorithmIdentifierRef<'static> =
    AlgorithmIdentifierRef { oid: ObjectIdentifier::new_unwrap("1.3.101.112"), parameters: None };
/// The inner OCTET STRING of 32 bytes (RFC 8410 §7).
const SEED_HEAD: [u8; 2] = [0x04, 0x20];
/// OpenSSL 3.0 gives scrypt 32 MiB and no more, which is N = 2^14 with r = 8; work that N may not add, p does.
const SCRYPT: (u8, u32, u32) = (14, 8, 5);
/// A key file has about 700 bytes.
const LARGEST: u64 = 16 * 1024;

const TITLE: &str = "Waybill signing key, Ed25519, encrypted.";
const PUBLIC_KEY: &str = "Public key: ";
const CHECK: &str = "SHA-256 of public key and block: ";
const BEGIN: &str = "-----BEGIN ";

/// A key from a file. The file is read once; the key then lies in memory, and is wiped when this is dropped.
pub struct FileKey {
    path: PathBuf,
    key: MemoryKey,
}

impl FileKey {
    /// Makes a new key and its file, which only its owner may read. It never overwrites: `Exists`. What comes back was read
    /// from the file again, so the file is known to open.
    pub fn create(
        path: &Path,
        passphrase: &Passphrase,
        entropy: &mut dyn Entropy,
    ) -> Result<FileKey, KeyError> {
        let key = MemoryKey::generate(entropy);
        let text = seal(&key, passphrase, entropy);
        files::create(path, text.as_bytes(), entropy).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyError::Exists { path: path.to_owned() },
            _ => KeyError::Write { path: path.to_owned(), source },
        })?;
        FileKey::open(path, passphrase)
    }

    /// Opens a key file. Refuses, in this order: one that others can read, one that is not as it was written, one that
    /// the passphrase does not open, and one that holds something else than an Ed25519 key.
    pub fn open(path: &Path, passphrase: &Passphrase) -> Result<FileKey, KeyError> {
        let text = read(path)?;
        let key = unseal(path, &text, passphrase)?;
        Ok(FileKey { path: path.to_owned(), key })
    }

    /// Whose key a file says it has, without opening it; nothing where it does not say so. Refuses a file that others can read, and one
    /// that is none.
    pub fn peek(path: &Path) -> Result<Option<PublicKey>, KeyError> {
        let text = read(path)?;
        let notes = text.find(BEGIN).and_then(|at| Notes::read(&text[..at]));
        let damaged = || KeyError::Damaged { path: path.to_owned(), detail: "it is no key file" };
        Ok(notes.ok_or_else(damaged)?.map(|notes| notes.public_key))
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl SigningBackend for FileKey {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        self.key.sign(message)
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileKey({}, {})", self.path.display(), self.public_key())
    }
}

/// The file's text.
fn seal(key: &MemoryKey, passphrase: &Passphrase, entropy: &mut dyn Entropy) -> String {
    let seed = key.seed();
    let inner = Zeroizing::new([&SEED_HEAD, seed.as_slice()].concat());
    let info: PrivateKeyInfoRef<'_> =
        PrivateKeyInfoRef::new(ED25519, OctetStringRef::new(&inner).expect("34 bytes"));
    let (log_n, r, p) = SCRYPT;
    let work = scrypt::Params::new(log_n, r, p).expect("scrypt allows these");
    let parameters =
        pbes2::Parameters::generate_scrypt_aes256cbc(work, &draw::<16>(entropy), draw::<16>(entropy))
            .expect("a salt of 16 bytes fits");
    let block =
        info.encrypt_with_params(parameters, passphrase.as_bytes()).expect("64 bytes can be encrypted");
    let check = check(&key.public_key(), block.as_bytes());
    let pem =
        block.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF).expect("bytes have a PEM form");
    format!("{TITLE}\n{PUBLIC_KEY}{}\n{CHECK}{check}\n{}", key.public_key(), pem.as_str())
}

fn read(path: &Path) -> Result<String, KeyError> {
    let failed = |source| KeyError::Read { path: path.to_owned(), source };
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => KeyError::NotFound { path: path.to_owned() },
        _ => failed(source),
    })?;
    if let Some(mode) = files::loose_mode(&file).map_err(failed)? {
        return Err(KeyError::Permissions { path: path.to_owned(), mode });
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    let damaged = KeyError::Damaged { path: path.to_owned(), detail: "it is not text" };
    String::from_utf8(bytes).map_err(|_| damaged)
}

fn unseal(path: &Path, text: &str, passphrase: &Passphrase) -> Result<MemoryKey, KeyError> {
    let damaged = |detail| KeyError::Damaged { path: path.to_owned(), detail };
    let unsupported = |detail| KeyError::Unsupported { path: path.to_owned(), detail };

    let at = text.find(BEGIN).ok_or_else(|| damaged("it has no PEM block"))?;
    let notes = Notes::read(&text[..at]).ok_or_else(|| damaged("the lines above its block are malformed"))?;
    let (label, block) =
        SecretDocument::from_pem(&text[at..]).map_err(|_| damaged("its PEM block is malformed"))?;
    if notes.as_ref().is_some_and(|notes| notes.check != check(&notes.public_key, block.as_bytes())) {
        return Err(damaged("it is not as it was written"));
    }
    if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
        return Err(unsupported("its label is not ENCRYPTED PRIVATE KEY"));
    }
    let sealed = EncryptedPrivateKeyInfoRef::from_der(block.as_bytes())
        .map_err(|_| damaged("its block is not PKCS #8"))?;
    let EncryptionScheme::Pbes2(scheme) = &sealed.encryption_algorithm else {
        return Err(unsupported("it is encrypted in a way older than PBES2"));
    };

    // From here on a failure is the passphrase's, if the notes say that the block is intact.
    let not_opened = || match notes {
        Some(_) => KeyError::WrongPassphrase { path: path.to_owned() },
        None => KeyError::NotOpened { path: path.to_owned() },
    };
    let mut buffer = Zeroizing::new(sealed.encrypted_data.as_bytes().to_vec());
    let opened =
        scheme.decrypt_in_place(passphrase.as_bytes(), &mut buffer).map_err(|error| match error {
            pkcs8::pkcs5::Error::DecryptFailed => not_opened(),
            _ => unsupported("its encryption is not known here"),
        })?;
    let info = PrivateKeyInfoRef::from_der(opened).map_err(|_| not_opened())?;
    if info.algorithm != ED25519 {
        return Err(unsupported("its key is of another algorithm"));
    }
    let seed = info.private_key.as_bytes().strip_prefix(&SEED_HEAD).and_then(|seed| seed.try_into().ok());
    let key = MemoryKey::from_seed(&Zeroizing::new(seed.ok_or_else(|| damaged("its key has not 32 bytes"))?));
    if notes.is_some_and(|notes| notes.public_key != key.public_key()) {
        return Err(damaged("it names another public key than it holds"));
    }
    Ok(key)
}

fn check(public_key: &PublicKey, block: &[u8]) -> Digest {
    Digest::of(&[public_key.as_bytes(), block].concat())
}

/// What the lines above the block say.
struct Notes {
    public_key: PublicKey,
    check: Digest,
}

impl Notes {
    /// `Some(None)` where there are no such lines, `None` where they are malformed.
    fn read(text: &str) -> Option<Option<Notes>> {
        let line = |name| text.lines().find_map(|line| line.strip_prefix(name));
        match (line(PUBLIC_KEY), line(CHECK)) {
            (None, None) if text.trim().is_empty() => Some(None),
            (Some(public_key), Some(check)) => Some(Some(Notes {
                public_key: PublicKey::from_hex(public_key)?,
                check: Digest::from_hex(check)?,
            })),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned()).expect("a fitting passphrase")
    }

    fn entropy(seed: u8) -> impl FnMut(&mut [u8]) + Send {
        let mut next = seed;
        move |out: &mut [u8]| {
            for byte in out {
                next = next.wrapping_mul(97).wrapping_add(13);
                *byte = next;
            }
        }
    }

    fn code(result: Result<FileKey, KeyError>) -> Result<PublicKey, &'static str> {
        result.map(|key| key.public_key()).map_err(|error| error.code())
    }

    #[test]
    fn opens_what_it_made_and_is_private() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("issuing-1.key");
        let made = FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1)).expect("made");
        let opened = FileKey::open(&path, &passphrase("correct horse")).expect("opened");
        assert_eq!(made.public_key(), opened.public_key());
        assert_eq!(made.sign(b"x").expect("signed"), opened.sign(b"x").expect("signed"));
        assert_eq!(fs::metadata(&path).expect("metadata").permissions().mode() & 0o777, 0o600);
        let names: Vec<_> =
            fs::read_dir(dir.path()).expect("a list").map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["issuing-1.key"], "nothing is left beside it");
    }

    #[test]
    fn never_overwrites() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("issuing-1.key");
        fs::write(&path, "something else").expect("written");
        let again = FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1));
        assert_eq!(code(again), Err("key-exists"));
        assert_eq!(fs::read_to_string(&path).expect("read"), "something else");
        assert_eq!(fs::read_dir(dir.path()).expect("a list").count(), 1);
    }

    #[test]
    fn refuses_a_file_that_others_can_read() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("issuing-1.key");
        FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1)).expect("made");
        for mode in [0o640, 0o604, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
            let error = FileKey::open(&path, &passphrase("correct horse")).expect_err("refused");
            assert_eq!(error.code(), "key-permissions", "{mode:o}");
            assert!(error.next_step().contains(&format!("chmod 600 {}", path.display())));
        }
    }

    #[test]
    fn tells_a_wrong_passphrase_from_no_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("issuing-1.key");
        FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1)).expect("made");
        assert_eq!(code(FileKey::open(&path, &passphrase("battery staple"))), Err("key-wrong-passphrase"));
        let other = dir.path().join("issuing-2.key");
        assert_eq!(code(FileKey::open(&other, &passphrase("correct horse"))), Err("key-not-found"));
    }

    /// Whatever byte is altered, the file never yields another key, and an altered block is never called a wrong passphrase.
    #[test]
    fn an_altered_byte_is_damage() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("issuing-1.key");
        FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1)).expect("made");
        let good = fs::read(&path).expect("read");
        for at in TITLE.len() + 1..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x01;
            let text = match String::from_utf8(bad) {
                Ok(text) => text,
                Err(_) => continue,
            };
            let outcome = unseal(&path, &text, &passphrase("correct horse")).map_err(|error| error.code());
            assert!(matches!(outcome, Err("key-damaged" | "key-unsupported")), "byte {at}: {outcome:?}");
        }
        for len in [0, 1, good.len() / 2, good.len() - 20] {
            let text = String::from_utf8(good[..len].to_vec()).expect("ASCII");
            let outcome = unseal(&path, &text, &passphrase("correct horse")).map_err(|error| error.code());
            assert_eq!(outcome.map(|_| ()), Err("key-damaged"), "cut to {len}");
        }
    }

    #[test]
    fn without_its_notes_it_opens_and_says_less() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("issuing-1.key");
        let made = FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1)).expect("made");
        let text = fs::read_to_string(&path).expect("read");
        let block = &text[text.find(BEGIN).expect("a block")..];
        let opened = unseal(&path, block, &passphrase("correct horse")).expect("opened");
        assert_eq!(opened.public_key(), made.public_key());
        let refused = unseal(&path, block, &passphrase("battery staple")).expect_err("refused");
        assert_eq!(refused.code(), "key-not-opened");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_said() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("missing").join("issuing-1.key");
        let error =
            FileKey::create(&path, &passphrase("correct horse"), &mut entropy(1)).expect_err("refused");
        assert_eq!(error.code(), "key-write");
    }
}
