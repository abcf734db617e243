//! The protocol of a ceremony: a plain text for paper, with lines for signatures.

use std::fmt::Write as _;

use license_format::{Digest, PublicKey, Timestamp};
use verifier::{Fingerprint, TrustState};

use super::{
    Plan,
    hold::{key_file, root_file},
    plan::kinds,
};

const RULE: &str = "--------------------------------------------------------------------------------";

/// The text. What it says of keys is taken from the bundle as it was signed, not from the plan.
pub(super) fn write(
    plan: &Plan,
    trust: &TrustState,
    files: &[(String, Digest)],
    tool: &str,
    now: Timestamp,
) -> String {
    let bundle = trust.bundle();
    let mut text = Text(String::new());
    text.line(&format!("PROTOCOL OF A KEY CEREMONY OF {}", bundle.vendor));
    text.line("");
    text.line(&format!("Held       {} (by this machine's clock)", now.rfc3339()));
    if let Some(place) = &plan.place {
        text.line(&format!("Place      {place}"));
    }
    text.line(&format!("Program    {tool}"));
    for (at, person) in plan.present.iter().enumerate() {
        text.line(&format!("{}    {person}", if at == 0 { "Present" } else { "       " }));
    }

    text.title("TRUST BUNDLE");
    text.line(&format!(
        "Number {}. {} of {} root keys must sign a bundle.",
        bundle.number,
        bundle.threshold,
        bundle.roots.len()
    ));
    text.line("Root fingerprint, which customers compare when they set a proxy up:");
    text.fingerprint(&trust.root_fingerprint());

    text.title("ROOT KEYS");
    for (root, public_key) in plan.roots.iter().zip(&bundle.roots) {
        text.line(&format!("{} - held by {}", root.name, root.holder));
        text.line("  signs       trust bundles");
        text.line(&format!("  file        {}", root_file(&root.name)));
        text.key(public_key);
    }

    text.title("KEYS THAT SIGN DAILY");
    for (key, entry) in plan.keys.iter().zip(&bundle.keys) {
        let spare = bundle
            .keys
            .iter()
            .take_while(|other| *other != entry)
            .any(|other| other.signs.contains(&entry.signs[0]));
        text.line(&format!("{}{}", key.name, if spare { " - a spare" } else { "" }));
        text.line(&format!("  signs       {}", kinds(&entry.signs)));
        text.line(&format!("  from        {}", entry.from.rfc3339()));
        text.line(&format!("  until       {}", entry.until.rfc3339()));
        text.line(&format!(
            "  file        {}",
            match (&key.public_key, &key.token) {
                (None, _) => key_file(&key.name),
                (Some(_), Some(address)) => format!("none: {address}"),
                (Some(_), None) => "none: it was made elsewhere".to_owned(),
            }
        ));
        text.key(&entry.public_key);
    }

    text.title("FILES, WITH THEIR SHA-256 DIGESTS");
    for (name, digest) in files {
        text.line(name);
        text.line(&format!("  {digest}"));
    }

    text.title("SIGNATURES");
    text.line("We were present. Each root key was taken away by its holder, and by nobody else;");
    text.line("no copy of a root key stayed on the machine.");
    let holders = plan.roots.iter().map(|root| &root.holder);
    let others = plan.present.iter().filter(|person| plan.roots.iter().all(|root| root.holder != **person));
    for person in holders.chain(others) {
        text.line("");
        text.line("");
        text.line("______________________________________    ____________________");
        text.line(&format!("{:<38}    date", person.as_str()));
    }
    text.0
}

struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn title(&mut self, title: &str) {
        self.line("");
        self.line(RULE);
        self.line(title);
        self.line("");
    }

    fn key(&mut self, key: &PublicKey) {
        let kid = key.thumbprint();
        self.line(&format!("  thumbprint  {kid}"));
        self.fingerprint(&Fingerprint::of_key(&kid));
        self.line("");
    }

    fn fingerprint(&mut self, fingerprint: &Fingerprint) {
        for (groups, words) in fingerprint.lines() {
            self.line(&format!("              {groups}   {words}"));
        }
    }
}
