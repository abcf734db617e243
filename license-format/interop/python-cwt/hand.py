#!/usr/bin/env python3
"""The hand of ../python with python-cwt, a stock COSE library, in the place of its signature check.

The library gets the document as it came, parses the COSE_Sign1, chooses the key by `kid`, makes the Sig_structure and
verifies it; alg -19, "Ed25519", is among its algorithms. What a stock library does not check is left to ../python: the
closed profile (deterministic encoding, exact header, no unprotected fields), which key to trust, and an R of small order.
"""

import sys
from pathlib import Path

from cwt import COSE, COSEAlgs, COSEKey, COSEKeyParams, VerifyError

sys.path.append(str(Path(__file__).parent.parent / "python"))

from ed25519 import has_small_order
from envelope import TYPES
from protocol import serve

OKP, ED25519_CURVE = 1, 6
ALG, KID, TYP = 1, 4, 16


def holds(key, document):
    """Whether a document's signature is that of a fit key (FORMAT.md, "Signatures"), as python-cwt sees it."""
    cose_key = COSEKey.new(
        {
            COSEKeyParams.KTY: OKP,
            COSEKeyParams.KID: document.kid,
            COSEKeyParams.ALG: COSEAlgs.ED25519,
            COSEKeyParams.CRV: ED25519_CURVE,
            COSEKeyParams.X: key,
        }
    )
    try:
        protected, unprotected, payload = COSE.new().decode_with_headers(document.raw, cose_key)
    except VerifyError:
        return False
    # Two readers of the same bytes agree on them.
    assert {**protected, TYP: TYPES[protected[TYP]]} == {ALG: -19, KID: document.kid, TYP: document.kind}
    assert unprotected == {} and payload == document.payload
    return not has_small_order(document.signature[:32])


if __name__ == "__main__":
    serve(holds)
