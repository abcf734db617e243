"""Ed25519 by the strict rule of FORMAT.md, "Signatures".

Keys and signatures are public, so nothing here needs to be constant in time.
"""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cbor import require

# The curve -x^2 + y^2 = 1 + D x^2 y^2 over the integers modulo P (RFC 8032, section 5.1).
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SIGN = 1 << 255

# The eight points of small order have five values of y among them. Those of order eight solve D y^4 + 2 y^2 = 1.
Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER_Y = {0, 1, P - 1, Y8, P - Y8}


def thumbprint(key):
    """RFC 9679 ("Conventions")."""
    return hashlib.sha256(bytes.fromhex("a301012006215820") + key).digest()


def require_fit(key):
    """A key may be used: it is the canonical encoding of a point, and not of small order."""
    number = int.from_bytes(key, "little")
    y = number & (SIGN - 1)
    require(y < P, "key-encoding")
    x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    require(pow(x_squared, (P - 1) // 2, P) in (0, 1), "key-encoding")
    require(x_squared != 0 or number < SIGN, "key-encoding")
    require(y not in SMALL_ORDER_Y, "key-weak")


def has_small_order(point):
    return (int.from_bytes(point, "little") & (SIGN - 1)) % P in SMALL_ORDER_Y


def holds(key, document):
    """Whether a document's signature is that of a fit key.

    The library checks S < L and compares R, as bytes, with S*B - k*A; it does not mind an R of small order.
    """
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(document.signature, document.to_be_signed)
    except InvalidSignature:
        return False
    return not has_small_order(document.signature[:32])
