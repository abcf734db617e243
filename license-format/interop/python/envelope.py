"""Files and documents as bytes: FORMAT.md, "The file" and "The document". Nothing here believes a signature."""

import hashlib
from dataclasses import dataclass

from cbor import ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, Reader, Refused, require

MAGIC = bytes.fromhex("d9d9f7")
MAX_FILE = 256 * 1024
MAX_PAYLOAD = 64 * 1024
MAX_TRAVELERS = 23
MAX_PATH = 53

REQUESTS = ("activation-request", "refresh-request", "deactivation-request")
ANSWERS = ("license", "deactivation-receipt", "refusal")
NEWS = ("trust-bundle", "revocation-list", "checkpoint")
KINDS = REQUESTS + ANSWERS + NEWS + ("support-bundle",)
TYPES = {f"application/vnd.waybill.{kind}+cose": kind for kind in KINDS}


@dataclass
class Document:
    kind: str
    kid: bytes
    payload: bytes
    signature: bytes
    raw: bytes  # all of it, as it came
    to_be_signed: bytes

    def digest(self):
        return hashlib.sha256(self.to_be_signed).digest()


@dataclass
class File:
    document: Document
    trust: list
    proof: dict | None

    def documents(self):
        return [self.document, *self.trust]


def read_container(data):
    """The file in bytes that begin with MAGIC ("The file")."""
    require(len(data) <= MAX_FILE, "too-large")
    reader = Reader(data, len(MAGIC))
    major, count = reader.head()
    require(major == MAP and 1 <= count <= 3, "container-shape")
    fields = {}
    for name in reader.keys(count, lambda: read_name(reader)):
        require(name in FIELDS, "container-shape")
        fields[name] = FIELDS[name](reader)
    require(reader.left() == 0, "cbor-trailing")
    require(b"document" in fields, "container-shape")
    file = File(fields[b"document"], fields.get(b"trust", []), fields.get(b"proof"))
    may_travel = ("license",) if file.document.kind in REQUESTS else NEWS
    require(all(document.kind in may_travel for document in file.trust), "container-trust")
    return file


def read_name(reader):
    """A field's name, which is compared as bytes."""
    major, length = reader.head()
    require(major == TEXT, "cbor-key-type")
    return reader.take(length)


def read_proof(reader):
    reader.items = 0  # the proof is an item of its own
    proof = reader.item()
    require(isinstance(proof, dict) and proof.keys() == {"path", "size", "index"}, "container-proof")
    path, size, index = proof["path"], proof["size"], proof["index"]
    require(isinstance(path, list) and len(path) <= MAX_PATH, "container-proof")
    require(all(isinstance(node, bytes) and len(node) == 32 for node in path), "container-proof")
    require(type(size) is int and type(index) is int and 0 <= index < size, "container-proof")
    return proof


def read_trust(reader):
    major, count = reader.head()
    require(major == ARRAY and 1 <= count <= MAX_TRAVELERS, "container-trust")
    return [read_document(reader) for _ in range(count)]


def read_document(reader):
    """COSE_Sign1 in the closed profile ("The document")."""
    start = reader.at
    require(reader.head() == (TAG, 18), "envelope-shape")
    require(reader.head() == (ARRAY, 4), "envelope-shape")
    protected, encoded_protected = read_bytes(reader, "envelope-shape")
    kid, kind = read_header(protected)
    major, count = reader.head()
    require(major == MAP, "envelope-shape")
    require(count == 0, "envelope-unprotected")
    payload, encoded_payload = read_bytes(reader, "envelope-payload", MAX_PAYLOAD)
    signature, _ = read_bytes(reader, "envelope-shape")
    require(len(signature) == 64, "envelope-signature")
    to_be_signed = b"\x84\x6aSignature1" + encoded_protected + b"\x40" + encoded_payload
    return Document(kind, kid, payload, signature, reader.data[start : reader.at], to_be_signed)


FIELDS = {b"proof": read_proof, b"trust": read_trust, b"document": read_document}


def read_bytes(reader, code, at_most=MAX_FILE):
    """A byte string, and the same with its head."""
    start = reader.at
    major, length = reader.head()
    require(major == BYTES, code)
    contents = reader.take(length)
    require(length <= at_most, "too-large")
    return contents, reader.data[start : reader.at]


def read_header(protected):
    """`kid` and kind of a protected header, whose bytes leave no choice but these two."""
    reader = Reader(protected)
    try:
        require(reader.take(2) == b"\xa3\x01", "header-shape")
        require(reader.head() == (NEGATIVE, 18), "header-algorithm")  # -19
        require(reader.take(1) == b"\x04", "header-shape")
        kid, _ = read_bytes(reader, "header-kid")
        require(len(kid) == 32, "header-kid")
        require(reader.take(1) == b"\x10", "header-shape")
        media_type = reader.item()
        require(isinstance(media_type, str), "header-shape")
        require(media_type in TYPES, "header-type")
        require(reader.left() == 0, "header-shape")
    except Refused as refused:
        # What CBOR's own rules find here is a deviation as any other.
        raise Refused("header-shape" if refused.code.startswith("cbor-") else refused.code) from None
    return kid, TYPES[media_type]
