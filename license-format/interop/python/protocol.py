"""The conformance protocol of test-vectors/README.md: three lines in, one line out."""

import sys
from base64 import b64decode

from cbor import Refused
from verify import judge


def serve(holds):
    lines = (line.rstrip("\n") for line in sys.stdin)
    for kind, trusted, data in zip(lines, lines, lines):
        print(answer(kind, trusted, data, holds), flush=True)


def answer(kind, trusted, data, holds):
    try:
        judge(kind, None if trusted == "-" else b64decode(trusted), b64decode(data), holds)
    except Refused as refused:
        return refused.code
    return "accept"
