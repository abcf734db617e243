//! A site without a network: a real state directory of `waybill-proxy`, opened anew for every step, as the program itself does it.

use std::path::{Path, PathBuf};

use license_format::{LicenseType, Nonce, UnverifiedFile};
use verifier::{
    Fingerprint, TrustState,
    installation::{Moment, Outcome, Permit, SlotStatus},
};
use waybill_proxy::{Ask, Machine, Output, Proxy, SetUp, StateDir};
use zeroize::Zeroizing;

use crate::{edge, files, outcome::Failure};

/// A site.
pub(crate) struct Site {
    state_dir: PathBuf,
    server: &'static str,
}

impl Site {
    /// `waybill-proxy setup --fingerprint`.
    pub(crate) fn set_up(
        state_dir: PathBuf,
        (code, description, server): (&str, &str, &'static str),
        trust: &Path,
        fingerprint: &Fingerprint,
    ) -> Result<Site, Failure> {
        let site = Site { state_dir, server };
        let trust = TrustState::pin(&files::read_unverified(trust)?)?;
        if trust.root_fingerprint() != *fingerprint {
            let says = format!("the trust file's root fingerprint is {}", trust.root_fingerprint());
            return Err(Failure::refused("fingerprint-differs", says, "This is a defect of Waybill."));
        }
        let set_up = SetUp {
            trust,
            site_code: code.parse().expect("a site code"),
            site_description: Some(description.parse().expect("a description")),
            name: None,
        };
        let seed = || {
            let mut seed = Zeroizing::new([0; 32]);
            edge::entropy(seed.as_mut_slice());
            seed
        };
        Proxy::set_up(StateDir::at(&site.state_dir), set_up, &site.machine(), edge::now(), seed)?;
        Ok(site)
    }

    /// `waybill-proxy prepare`.
    pub(crate) fn prepare(&self, license_type: LicenseType, ask: &Ask, file: &Path) -> Result<(), Failure> {
        let mut nonce = Nonce([0; 16]);
        edge::entropy(&mut nonce.0);
        let moment = Moment { now: edge::now(), nonce };
        let output = Output::File(file.to_owned());
        self.open()?.prepare(license_type, ask, &self.machine(), moment, &output)?;
        Ok(())
    }

    /// `waybill-proxy import --yes`.
    pub(crate) fn import(&self, file: &[u8]) -> Result<Outcome, Failure> {
        Ok(self.open()?.import(&UnverifiedFile::read(file)?, edge::now())?)
    }

    /// `waybill-proxy usage set`.
    pub(crate) fn set_usage(&self, license_type: LicenseType, used: u64) -> Result<(), Failure> {
        Ok(self.open()?.set_usage(license_type, used, edge::now())?)
    }

    /// `waybill-proxy status`.
    pub(crate) fn status(&self, license_type: LicenseType) -> Result<SlotStatus, Failure> {
        let now = edge::now();
        Ok(Proxy::look(&StateDir::at(&self.state_dir), now)?.status(license_type, now))
    }

    /// `waybill-proxy check`.
    pub(crate) fn check(&self, license_type: LicenseType, add: u64) -> Result<Permit, Failure> {
        let now = edge::now();
        Ok(Proxy::look(&StateDir::at(&self.state_dir), now)?.check(license_type, add, now))
    }

    fn open(&self) -> Result<Proxy, Failure> {
        Ok(Proxy::open(StateDir::at(&self.state_dir))?)
    }

    fn machine(&self) -> Machine {
        Machine { host_name: self.server.parse().ok(), ..Machine::default() }
    }
}
