"""Whether a file is believed, by the kind that it is brought as: FORMAT.md, "Verifying"."""

import hashlib

from armour import read
from cbor import require
from ed25519 import require_fit, thumbprint
from envelope import ANSWERS, REQUESTS
from payload import read_payload
from trust import Trust


def judge(kind, trusted, data, holds):
    """Raises Refused unless the file is good. `trusted` is what is believed already, None where that is nothing."""
    file = read(data)
    if kind in REQUESTS:
        verify_request(file, holds)
    elif kind == "support-bundle":
        verify_support_bundle(file, trusted, holds)
    elif kind in ANSWERS:
        verify_answer(file, Trust(read(trusted), holds))
    elif trusted is None:
        Trust(file, holds)
    else:
        verify_news(file, kind, Trust(read(trusted), holds))


def verify_request(file, holds):
    # Step 1.
    require(file.document.kind in REQUESTS, "wrong-kind")
    # Step 2.
    key = read_payload(file.document)["installation"]["public-key"]
    # Step 3.
    require_fit(key)
    # Step 4.
    require(file.document.kid == thumbprint(key), "key-mismatch")
    # Step 5.
    require(holds(key, file.document), "signature")


def verify_support_bundle(file, key, holds):
    # Step 1.
    require(file.document.kind == "support-bundle", "wrong-kind")
    # Step 2.
    fields = read_payload(file.document)
    # Step 3.
    require_fit(key)
    # Step 4.
    require(file.document.kid == fields["installation"]["thumbprint"] == thumbprint(key), "key-mismatch")
    # Step 5.
    require(holds(key, file.document), "signature")


def verify_answer(file, trust):
    # Step 1.
    require(file.document.kind in ANSWERS, "wrong-kind")
    # Step 2.
    trust.take_news(file.trust)
    # Steps 3 to 9.
    fields = trust.believe(file.document)
    if file.document.kind == "license":
        # Step 10.
        require(trust.bundle.fields["number"] >= fields["floor"]["bundle"], "floor-bundle")
        require(trust.revoked["number"] >= fields["floor"]["revocations"], "floor-revocations")
        # Step 11.
        require(fields["id"] not in trust.revoked["licenses"], "license-revoked")
    # Step 12.
    checkpoints = [trust.believe(other) for other in file.trust if other.kind == "checkpoint"]
    if file.proof:
        verify_inclusion(file.document, file.proof, checkpoints)


def verify_news(file, kind, trust):
    require(file.document.kind == kind, "wrong-kind")
    trust.take_news(file.documents())
    if kind == "checkpoint":
        trust.believe(file.document)


def verify_inclusion(document, proof, checkpoints):
    roots = [checkpoint["root"] for checkpoint in checkpoints if checkpoint["size"] == proof["size"]]
    require(roots, "proof-without-checkpoint")
    require(root_of(document.digest(), proof) == roots[0], "proof-mismatch")


def root_of(digest, proof):
    """The root to which the path leads (RFC 9162, section 2.1.3.2), None if it is too short or too long."""
    node, last = proof["index"], proof["size"] - 1
    root = hashlib.sha256(b"\x00" + digest).digest()
    for sibling in proof["path"]:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = hashlib.sha256(b"\x01" + sibling + root).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = hashlib.sha256(b"\x01" + root + sibling).digest()
        node, last = node >> 1, last >> 1
    return root if last == 0 else None
