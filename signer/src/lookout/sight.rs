//! What was found at a look.

use std::sync::Arc;

use license_format::{Digest, Kind, UnverifiedDocument, payload::RevocationList};

use crate::{issuer::Issuer, log::Growth};

/// The kind of the leaf that stands for how a fork was resolved.
pub(crate) const FORK_DECISION: &str = "fork-decision";

/// What signs at an instant, by which news, and what of it must become a leaf before anything that goes by it leaves.
pub(crate) struct Sight {
    pub(crate) issuer: Arc<Issuer>,
    /// Documents that are not on the log yet, in the order of their leaves: bundles, then lists.
    pub(crate) news: Vec<UnverifiedDocument>,
    /// The newest list, with what it says.
    pub(crate) list: Option<(RevocationList, UnverifiedDocument)>,
    /// Digests of decisions about forks that are not on the log yet.
    pub(crate) decisions: Vec<Digest>,
}

/// A leaf that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewLeaf {
    pub(crate) digest: Digest,
    /// By its name.
    pub(crate) kind: &'static str,
    /// A refusal's code, empty for all others.
    pub(crate) code: String,
    /// What it answers; itself, where it answers nothing.
    pub(crate) request: Digest,
}

impl Sight {
    /// Appends what is not on the log yet, and gives the leaves in their order.
    pub(crate) fn grow(&self, growth: &mut Growth) -> Vec<NewLeaf> {
        let news = self.news.iter().map(|document| (document.digest(), document.kind().name()));
        let decisions = self.decisions.iter().map(|digest| (*digest, FORK_DECISION));
        let leaves = news.chain(decisions).map(|(digest, kind)| NewLeaf {
            digest,
            kind,
            code: String::new(),
            request: digest,
        });
        leaves.inspect(|leaf| _ = growth.append(&leaf.digest)).collect()
    }

    /// The lists among the news, as they were made.
    pub(crate) fn has_list(&self) -> bool {
        self.news.iter().any(|document| document.kind() == Kind::RevocationList)
    }
}
