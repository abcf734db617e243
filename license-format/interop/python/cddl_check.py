#!/usr/bin/env python3
"""Holds waybill.cddl against the test vectors, with a CDDL tool that knows nothing of Waybill.

Every accepted file matches the schema: the file, each document in it, and each payload. Every file that is refused for its
shape does not, save where a schema cannot say why. What is refused for other reasons is counted, and not judged: the schema
states some of the rules too.
"""

import sys
from base64 import b64decode
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

from cddl_verifier import Validator

from armour import read
from envelope import MAGIC

ROOT = Path(__file__).parents[3]
SCHEMA = ROOT / "license-format/spec/waybill.cddl"
VECTORS = ROOT / "test-vectors/vectors"

SHAPE = ("container-*", "envelope-*", "header-*", "payload-shape", "payload-version")
BEYOND_A_SCHEMA = {
    "payload-label-*": "what a text for people may hold stands in FORMAT.md",
    "payload-site-code-device": "the four names that are no site codes stand in FORMAT.md",
    "container-proof-index-beyond-size": "a rule between two fields",
    "header-algorithm-long": "the encoding is no matter of a schema",
    "header-indefinite-map": "the encoding is no matter of a schema",
    "header-kid-long-length": "the encoding is no matter of a schema",
    "header-long-map-length": "the encoding is no matter of a schema",
    "header-unsorted": "the encoding is no matter of a schema",
}


def main():
    matches = matcher()
    table, failures, used = Counter(), [], set()
    for path in sorted(VECTORS.glob("*.txt")):
        fields, data = read_vector(path)
        expect, held = fields["expect"], list(items(fields, data))
        if not held:
            continue
        fits = all(matches(rule, item) for rule, item in held)
        table[expect, fits] += 1
        if expect == "accept" and not fits:
            failures.append(f"{path.stem}: accepted, and does not match the schema")
        if fits and any(fnmatch(expect, code) for code in SHAPE):
            pattern = next((pattern for pattern in BEYOND_A_SCHEMA if fnmatch(path.stem, pattern)), None)
            used.add(pattern)
            if pattern is None:
                failures.append(f"{path.stem}: refused with {expect}, and matches the schema")
    stale = [f"{pattern}: nothing needs this exception" for pattern in BEYOND_A_SCHEMA if pattern not in used]
    report(table, failures, stale)
    return 1 if failures or stale else 0


def matcher():
    validator = Validator(SCHEMA)
    known = {}

    def matches(rule, item):
        if (rule, item) not in known:
            known[rule, item] = validator.validate(item, root_type=rule).valid
        return known[rule, item]

    return matches


def read_vector(path):
    header, _, body = path.read_text().partition("\n\n")
    return dict(line.split(": ", 1) for line in header.splitlines()), b64decode(body)


def items(fields, data):
    """What of a vector is held against which rule of the schema; nothing of a damaged armour."""
    if data.startswith(MAGIC):
        yield "file", data
    if fields["expect"] == "accept":
        for document in read(data).documents():
            yield f"{document.kind}-document", document.raw
            yield document.kind, document.payload


def report(table, failures, stale):
    judged = {"accept": "must match"} | {code: "must not" for code, _ in table if any(fnmatch(code, s) for s in SHAPE)}
    print(f"{'expected':28} {'match':>6} {'do not':>6}")
    for code in sorted({code for code, _ in table}):
        print(f"{code:28} {table[code, True]:6} {table[code, False]:6}  {judged.get(code, '')}")
    for pattern, reason in BEYOND_A_SCHEMA.items():
        print(f"beyond a schema: {pattern}: {reason}")
    for failure in failures + stale:
        print(failure)
    count = sum(number for (code, _), number in table.items() if code in judged)
    print(f"{count - len(failures)} passed, {len(failures) + len(stale)} failed")


if __name__ == "__main__":
    sys.exit(main())
