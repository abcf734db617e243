//! A vendor whose portal and signer are two processes.

use std::{fs, path::PathBuf};

use super::{Portal, Vendor};

/// Where the signer's socket is.
pub(crate) fn socket(vendor: &Vendor) -> PathBuf {
    vendor.path("signer.socket")
}

impl Vendor {
    /// `waybill signer` on a socket, once it listens.
    pub(crate) fn signs(&self) -> Portal {
        let (socket, passphrase) = (socket(self), self.passphrase.to_str().expect("text"));
        let socket = socket.to_str().expect("text");
        self.starts(&["signer", "--socket", socket, "--passphrase-file", passphrase], "signer")
    }

    /// `waybill portal` before that socket. Its data directory has the store, where that is a file, and nothing else: no key, no witness.
    pub(crate) fn portal_apart(&self, database: &[String]) -> Portal {
        let data_dir = self.path("portal");
        fs::create_dir_all(&data_dir).expect("a folder");
        let store = self.data_dir.join("waybill.db");
        if database.is_empty() && !data_dir.join("waybill.db").exists() {
            // SQLite follows a link to the file and its journal, as a mounted disk would show them.
            #[cfg(unix)]
            std::os::unix::fs::symlink(store, data_dir.join("waybill.db")).expect("linked");
        }
        let signer = format!("unix:{}", socket(self).display());
        let bare = Vendor {
            folder: tempfile::tempdir().expect("a folder"),
            data_dir,
            passphrase: self.passphrase.clone(),
            trust: self.trust.clone(),
            database: database.to_vec(),
        };
        bare.starts(&["portal", "--signer", &signer, "--listen", "127.0.0.1:0"], "url")
    }
}
