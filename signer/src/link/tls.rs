//! Mutual TLS between two machines: each end shows a certificate of the same authority, which is the vendor's own and signs nothing else.
//! Whoever shows another, or none, is not spoken to. TLS 1.3 alone: both ends are ours.

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    server::WebPkiClientVerifier,
    version::TLS13,
};

use super::error::LinkError;
use crate::files;

/// Where one end's certificate and key are, and the authority's certificate. PEM, all three.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// What this end shows, and what leads from it to the authority.
    pub certificate: PathBuf,
    /// Its key, which nobody else may read.
    pub key: PathBuf,
    /// Who signs the other end's.
    pub authority: PathBuf,
}

/// The signer at the other end: its address and the name in its certificate.
#[derive(Debug, Clone)]
pub struct TlsPeer {
    /// `HOST:PORT`.
    pub address: String,
    pub(super) name: ServerName<'static>,
    pub(super) config: Arc<ClientConfig>,
}

impl TlsPeer {
    /// The signer at `HOST:PORT`, whose certificate must be for that host.
    pub fn new(address: &str, files: &TlsFiles) -> Result<TlsPeer, LinkError> {
        let name = TlsPeer::name(address)?;
        let Identity { chain, key, roots } = Identity::read(files)?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| files.refused(&error))?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|error| files.refused(&error))?;
        Ok(TlsPeer { address: address.to_owned(), name, config: Arc::new(config) })
    }

    /// The host of `HOST:PORT`.
    pub(super) fn name(address: &str) -> Result<ServerName<'static>, LinkError> {
        let unusable = || LinkError::Address { text: address.to_owned() };
        let (host, port) = address.rsplit_once(':').ok_or_else(unusable)?;
        port.parse::<u16>().map_err(|_| unusable())?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        ServerName::try_from(host).map_err(|_| unusable())
    }
}

impl TlsFiles {
    /// What a signer's end shows and demands.
    pub(super) fn server(&self) -> Result<Arc<ServerConfig>, LinkError> {
        let Identity { chain, key, roots } = Identity::read(self)?;
        let unusable = |error: &dyn std::fmt::Display| LinkError::Certificate {
            path: self.authority.clone(),
            detail: error.to_string(),
        };
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| unusable(&error))?;
        let config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| self.refused(&error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|error| self.refused(&error))?;
        Ok(Arc::new(config))
    }

    fn refused(&self, error: &rustls::Error) -> LinkError {
        LinkError::Certificate { path: self.certificate.clone(), detail: error.to_string() }
    }
}

/// What is in the three files.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    roots: RootCertStore,
}

impl Identity {
    fn read(files: &TlsFiles) -> Result<Identity, LinkError> {
        let chain = certificates(&files.certificate)?;
        demand_private(&files.key)?;
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, &error))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&files.authority)? {
            roots.add(certificate).map_err(|error| unusable(&files.authority, &error))?;
        }
        Ok(Identity { chain, key, roots })
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, LinkError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(found) if found.is_empty() => Err(unusable(path, &"it holds no certificate")),
        Ok(found) => Ok(found),
        Err(error) => Err(unusable(path, &error)),
    }
}

fn demand_private(path: &Path) -> Result<(), LinkError> {
    let mode = File::open(path).and_then(|file| files::loose_mode(&file));
    match mode.map_err(|error| unusable(path, &error))? {
        Some(mode) => Err(LinkError::KeyLoose { path: path.to_owned(), mode }),
        None => Ok(()),
    }
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> LinkError {
    LinkError::Certificate { path: path.to_owned(), detail: error.to_string() }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
