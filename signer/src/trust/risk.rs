//! Which trust bundles one person alone could do harm with.

use license_format::{
    Thumbprint,
    payload::{KeyEntry, TrustBundle},
};

/// What a bundle takes from what another one lets be believed, and who may sign bundles from then on: in a sentence by which two people can
/// judge, with what else is new in it. Nothing where it only trusts further keys, or known ones for longer: an ordinary rotation.
///
/// In doubt it is risky. A key whose distrust is lifted, one that may sign less or shorter than before and one that is left out are, too.
pub fn risk(before: &TrustBundle, after: &TrustBundle) -> Option<String> {
    let mut says: Vec<String> = before.keys.iter().filter_map(|was| taken(was, after)).collect();
    let roots = |some: &TrustBundle, others: &TrustBundle| -> Vec<String> {
        let alone = some.roots.iter().filter(|root| !others.roots.contains(root));
        alone.map(|root| root.thumbprint().short()).collect()
    };
    says.extend(roots(before, after).iter().map(|root| format!("root key {root} out")));
    says.extend(roots(after, before).iter().map(|root| format!("root key {root} in")));
    if before.threshold != after.threshold {
        let count = after.roots.len();
        says.push(format!(
            "{} of the {count} root keys sign from then on, {} before",
            after.threshold, before.threshold
        ));
    }
    if before.vendor != after.vendor {
        says.push(format!("the vendor's name is {} and was {}", after.vendor, before.vendor));
    }
    if says.is_empty() {
        return None;
    }
    let new = after.keys.iter().filter(|entry| before.key(&entry.public_key.thumbprint()).is_none());
    says.extend(new.map(|entry| {
        let signs: Vec<&str> = entry.signs.iter().map(|kind| kind.name()).collect();
        let (from, until) = (entry.from.date(), entry.until.date());
        let distrusted = entry
            .distrusted_since
            .map_or_else(String::new, |since| format!(", distrusted from {} on", since.rfc3339()));
        format!(
            "new key {} signs {} from {from} to {until}{distrusted}",
            name(entry).short(),
            signs.join(" ")
        )
    }));
    Some(format!("trust bundle {}: {}", after.number, says.join("; ")))
}

/// What a bundle takes from a key, or gives a leaked one back.
fn taken(was: &KeyEntry, after: &TrustBundle) -> Option<String> {
    let key = name(was).short();
    let Some(is) = after.key(&name(was)) else {
        return Some(format!("key {key} left out, and nothing of it is believed any more"));
    };
    if was.distrusted_since != is.distrusted_since {
        return Some(match (was.distrusted_since, is.distrusted_since) {
            (None, Some(since)) => format!("key {key} distrusted from {} on", since.rfc3339()),
            (Some(before), Some(since)) => {
                format!(
                    "key {key} distrusted from {} on, before from {} on",
                    since.rfc3339(),
                    before.rfc3339()
                )
            }
            (_, None) => format!("key {key} not distrusted any more"),
        });
    }
    let signs_less = was.signs.iter().any(|kind| !is.signs.contains(kind));
    (signs_less || was.from < is.from || is.until < was.until).then(|| {
        let signs: Vec<&str> = is.signs.iter().map(|kind| kind.name()).collect();
        format!("key {key} signs only {} from {} to {}", signs.join(" "), is.from.date(), is.until.date())
    })
}

fn name(entry: &KeyEntry) -> Thumbprint {
    entry.public_key.thumbprint()
}
