"""Which keys are believed: FORMAT.md, "Processing".

`holds(key, document)` says everywhere whether a signature is good, so that another library can be put in its place.
A program that keeps a state keeps what a Trust holds; this one forgets it after each file.
"""

import hashlib

from cbor import require
from ed25519 import require_fit, thumbprint
from payload import read_payload


NOTHING_REVOKED = {"number": 0, "keys": [], "licenses": []}


class Bundle:
    """Documents with the same payload, which are one bundle with several signatures, and which stands by itself."""

    def __init__(self, documents, holds):
        """Steps 2 to 4 of "Pinning a trust bundle"."""
        self.documents = documents
        self.fields = read_payload(documents[0])
        self.digest = hashlib.sha256(documents[0].payload).digest()
        for key in self.fields["roots"] + [entry["public-key"] for entry in self.fields["keys"]]:
            require_fit(key)
        self.require_signed(self, holds)

    def require_signed(self, by, holds):
        """Enough root keys of the bundle `by` signed this one."""
        roots = {thumbprint(root): root for root in by.fields["roots"]}
        signatures = [document for document in self.documents if document.kid in roots]
        for document in signatures:
            require(holds(roots[document.kid], document), "signature")
        signers = {document.kid for document in signatures}  # a key counts once
        require(len(signers) >= by.fields["threshold"], "trust-threshold")


def bundle_documents(documents):
    """The documents of each bundle, by its payload."""
    signed_alike = {}
    for document in documents:
        if document.kind == "trust-bundle":
            signed_alike.setdefault(document.payload, []).append(document)
    return signed_alike


class Trust:
    """What is believed: the newest bundle, and the newest revocation list, if there is one."""

    def __init__(self, file, holds):
        """Pins the bundle that the file is about ("Pinning a trust bundle")."""
        self.holds = holds
        self.revocations = None  # the list's document
        self.revoked = NOTHING_REVOKED
        require(file.document.kind == "trust-bundle", "wrong-kind")
        self.bundle = Bundle(bundle_documents(file.documents())[file.document.payload], holds)
        self.take_news(file.documents())

    def take_news(self, documents):
        """ "Taking news"."""
        # Step 1.
        bundles = [Bundle(signed_alike, self.holds) for signed_alike in bundle_documents(documents).values()]
        for bundle in sorted(bundles, key=lambda bundle: bundle.fields["number"]):
            self.take_bundle(bundle)
        # Step 6.
        held = self.revocations.raw if self.revocations else None
        lists = [other for other in documents if other.kind == "revocation-list" and other.raw != held]
        self.take_revocations([(document, self.believe(document)) for document in lists])

    def take_bundle(self, bundle):
        known, new = self.bundle.fields, bundle.fields
        # Step 2.
        require(new["vendor"] == known["vendor"], "vendor")
        if new["number"] < known["number"]:
            return
        if new["number"] == known["number"]:
            require(bundle.digest == self.bundle.digest, "trust-fork")
            return
        # Step 3.
        require(new["number"] == known["number"] + 1, "trust-gap")
        require(new["previous"] == self.bundle.digest, "trust-fork")
        # Step 4.
        bundle.require_signed(self.bundle, self.holds)
        # Step 5.
        self.bundle = bundle
        if self.revocations and not self.may_sign(self.revocations, self.revoked):
            self.revocations, self.revoked = None, NOTHING_REVOKED

    def take_revocations(self, lists):
        held = [(self.revocations, self.revoked)] if self.revocations else []
        digests = {}
        for document, fields in held + lists:
            require(digests.setdefault(fields["number"], document.digest()) == document.digest(), "revocation-fork")
        self.revocations, self.revoked = max(
            held + lists, key=lambda pair: pair[1]["number"], default=(None, NOTHING_REVOKED)
        )

    def believe(self, document):
        """The payload of a document that passes steps 3 to 9 of "Verifying an answer"."""
        # Step 3.
        entry = self.entry(document.kid)
        require(entry, "key-unknown")
        # Step 4.
        require(document.kind in entry["signs"], "key-not-for-kind")
        # Step 5.
        require(self.holds(entry["public-key"], document), "signature")
        # Step 6.
        fields = read_payload(document)
        # Step 7.
        require(entry["from"] <= fields["issued"] < entry["until"], "key-window")
        require(fields["issued"] < entry.get("distrusted-since", fields["issued"] + 1), "key-distrusted")
        # Step 8.
        require(document.kid not in self.revoked["keys"], "key-revoked")
        if document.kind == "license":
            require(fields["installation"]["thumbprint"] not in self.revoked["keys"], "key-revoked")
        # Step 9; a checkpoint names no vendor.
        vendor = self.bundle.fields["vendor"]
        require(fields.get("vendor", vendor) == vendor, "vendor")
        return fields

    def entry(self, kid):
        return next((entry for entry in self.bundle.fields["keys"] if thumbprint(entry["public-key"]) == kid), None)

    def may_sign(self, document, fields):
        """Whether steps 3, 4 and 7 would let the document's key sign it now."""
        entry = self.entry(document.kid)
        return (
            entry is not None
            and document.kind in entry["signs"]
            and entry["from"] <= fields["issued"] < min(entry["until"], entry.get("distrusted-since", entry["until"]))
        )
