"""Payloads: the shapes of waybill.cddl and the rules of FORMAT.md, "Payloads". Knows nothing of signatures."""

import re
import unicodedata

import cbor
from cbor import MAX_INTEGER, require
from envelope import ANSWERS, KINDS

# --- Small parts ("Conventions") ------------------------------------------------------------------------------------

WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
WORD = re.compile(f"[^{WHITE_SPACE}]+")
HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]|-----"
)
MAX_PERIOD = 3660 * 86400


def words(text):
    """FORMAT.md, "Armour", step 2: the words of a text, without the marks of quoting."""
    stripped = (word.lstrip(">") for word in WORD.findall(text))
    return [word for word in stripped if word]


def integer(low, high):
    return lambda value: type(value) is int and low <= value <= high


def byte_string(length):
    return lambda value: isinstance(value, bytes) and len(value) == length


def text(pattern):
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def flag(value):
    return isinstance(value, bool)


def label(value):
    return (
        isinstance(value, str)
        and 1 <= len(value.encode()) <= 200
        and value == value.strip(WHITE_SPACE)
        and not any(unicodedata.category(character) == "Cc" for character in value)
        and not HIDDEN.search(value)
        and not any(word.startswith("2dn3") for word in words(value))
    )


def feature(value):
    return flag(value) or N(value) or label(value)


def over_limit(value):
    return value in ("notify", "refuse") or fits(value, {"suspend-after-days": N})


def named(name, value):
    """A map whose names are the vendor's own tokens."""
    return lambda field: isinstance(field, dict) and all(name(key) and value(field[key]) for key in field)


def optional(shape):
    return ("optional", shape)


N = integer(0, MAX_INTEGER)
INSTANT = integer(0, 253402300799)
ID = byte_string(16)
HASH = THUMBPRINT = PUBLIC_KEY = byte_string(32)
TOKEN = text("[a-z0-9._-]{1,64}")
SITE_CODE = text("(?!AUX|CON|NUL|PRN)[A-Z0-9]{3}")
LAST_GROUP = text("[0-9A-HJKMNP-TV-Z]{5}")
LICENSE_TYPE = {"desktop", "mobile", "farm", "computers"}
METRIC = {"managed-device", "concurrent-user", "computer", "user"}

# --- Shapes (waybill.cddl) ------------------------------------------------------------------------------------------
# A map has these fields, a list has items of its one shape, a set is a closed list of texts, a function decides.
# How many items a list has, and whether a counter or a period is in range, is a rule (below).

CHAIN_LINK = {"digest": HASH, "counter": N}
SLOT = {"ended": optional(N), "holding": optional(CHAIN_LINK)}
SLOTS = {license_type: optional(SLOT) for license_type in LICENSE_TYPE}
CHAIN = {
    "log": optional({"root": HASH, "size": N}),
    "open": [HASH],
    "nonce": byte_string(16),
    "since": optional(CHAIN_LINK),
    "slots": SLOTS,
    "record": N,
    "counter": N,
}
CLOCK = {"now": INSTANT, "high-water": INSTANT, "steps-back": N}
LICENSE_KEY = {"digest": HASH, "last-group": LAST_GROUP}
FACTS = {
    "name": label,
    "product": label,
    "version": label,
    "site-code": SITE_CODE,
    "public-key": PUBLIC_KEY,
    "fingerprint": named(TOKEN, byte_string(16)),
    "site-description": optional(label),
}
USAGE = {"from": INSTANT, "peak": N, "used": N, "until": INSTANT, "metric": METRIC}
GRANT = {
    "seats": N,
    "trial": flag,
    "metric": METRIC,
    "edition": label,
    "features": named(TOKEN, feature),
    "after-end": N,
    "over-limit": over_limit,
    "contract-end": INSTANT,
    "contract-start": INSTANT,
}
INSTALLATION = {"name": label, "site-code": SITE_CODE, "thumbprint": THUMBPRINT, "site-description": optional(label)}
KEY_ENTRY = {
    "from": INSTANT,
    "signs": [set(KINDS)],
    "until": INSTANT,
    "public-key": PUBLIC_KEY,
    "distrusted-since": optional(INSTANT),
}

REQUEST = {"version": N, "chain": CHAIN, "clock": CLOCK, "installation": FACTS, "license-type": LICENSE_TYPE}
ANSWER = {"version": N, "issued": INSTANT, "record": N, "vendor": label, "answers": HASH, "counter": N}
ANSWER |= {"license-type": LICENSE_TYPE}

SHAPES = {
    "activation-request": REQUEST | {"license-key": LICENSE_KEY},
    "refresh-request": REQUEST | {"usage": [USAGE], "license": ID},
    "deactivation-request": REQUEST | {"usage": [USAGE], "license": optional(ID)},
    "license": ANSWER
    | {
        "id": ID,
        "floor": {"bundle": N, "revocations": N},
        "grace": N,
        "grants": [GRANT],
        "product": label,
        "good-until": INSTANT,
        "report-due": INSTANT,
        "time-reset": optional(INSTANT),
        "license-key": LICENSE_KEY,
        "installation": INSTALLATION,
        "clock-tolerance": N,
    },
    "deactivation-receipt": ANSWER | {"license": optional(ID), "installation": INSTALLATION},
    "refusal": ANSWER
    | {
        "code": TOKEN,
        "says": label,
        "final": flag,
        "until": optional(INSTANT),
        "next-step": label,
        "installation": THUMBPRINT,
    },
    "trust-bundle": {
        "keys": [KEY_ENTRY],
        "roots": [PUBLIC_KEY],
        "issued": INSTANT,
        "number": N,
        "vendor": label,
        "version": N,
        "previous": optional(HASH),
        "threshold": N,
    },
    "revocation-list": {
        "keys": [THUMBPRINT],
        "until": INSTANT,
        "issued": INSTANT,
        "number": N,
        "vendor": label,
        "version": N,
        "licenses": [ID],
    },
    "checkpoint": {"root": HASH, "size": N, "issued": INSTANT, "origin": label, "version": N},
    "support-bundle": {
        "clock": CLOCK,
        "lines": [label],
        "slots": SLOTS,
        "program": label,
        "version": N,
        "installation": INSTALLATION,
    },
}


def fits(value, shape):
    if isinstance(shape, dict):
        return (
            isinstance(value, dict)
            and value.keys() <= shape.keys()
            and all(fits_field(value, name, field) for name, field in shape.items())
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    if isinstance(shape, set):
        return isinstance(value, str) and value in shape
    return shape(value)


def fits_field(value, name, shape):
    if isinstance(shape, tuple):
        return name not in value or fits(value[name], shape[1])
    return name in value and fits(value[name], shape)


# --- Rules ("The rules that the schema cannot state", and "Limits") --------------------------------------------------


def slot_rules(slots):
    for slot in slots.values():
        yield slot.get("ended", 1) >= 1
        yield "holding" not in slot or slot["holding"]["counter"] > slot.get("ended", 0)


def request_rules(p):
    chain, counter = p["chain"], p["chain"]["counter"]
    since = chain.get("since", {"counter": 0})["counter"]
    yield counter >= 1
    yield since >= 1 or "since" not in chain
    yield counter == since + len(chain["open"]) + 1
    yield len(chain["open"]) <= 35
    yield "log" not in chain or chain["log"]["size"] >= 1
    yield from slot_rules(chain["slots"])
    for slot in chain["slots"].values():
        yield slot.get("ended", 0) <= counter
        yield "holding" not in slot or slot["holding"]["counter"] < counter
    yield len(p["installation"]["fingerprint"]) <= 8
    yield len(p.get("usage", [])) <= 64
    for line in p.get("usage", []):
        yield line["from"] <= line["until"]
        yield line["used"] <= line["peak"]


def own_slot(p):
    return p["chain"]["slots"].get(p["license-type"], {})


def activation_rules(p):
    yield from request_rules(p)
    yield "holding" not in own_slot(p)


def refresh_rules(p):
    yield from request_rules(p)
    yield "holding" in own_slot(p)


def deactivation_rules(p):
    yield from request_rules(p)
    yield own_slot(p) == {"ended": p["chain"]["counter"]}


def license_rules(p):
    grants = p["grants"]
    yield p["counter"] >= 1
    yield 1 <= len(grants) <= 4
    yield len({grant["metric"] for grant in grants}) == len(grants)
    for grant in grants:
        yield grant["contract-start"] < grant["contract-end"]
        yield len(grant["features"]) <= 64
    yield p["issued"] < p["good-until"] <= max(grant["contract-end"] for grant in grants)
    yield p["report-due"] <= p["good-until"]
    yield p.get("time-reset", p["issued"]) == p["issued"]
    yield p["grace"] <= MAX_PERIOD
    yield p["clock-tolerance"] <= MAX_PERIOD


def receipt_rules(p):
    yield p["counter"] >= 1


def refusal_rules(p):
    yield p["counter"] >= 1
    yield not (p["final"] and "until" in p)


def trust_bundle_rules(p):
    signable = [*ANSWERS, "revocation-list", "checkpoint"]
    public_keys = p["roots"] + [key["public-key"] for key in p["keys"]]
    yield p["number"] >= 1
    yield ("previous" in p) == (p["number"] > 1)
    yield 1 <= len(p["roots"]) <= 5
    yield 1 <= p["threshold"] <= len(p["roots"])
    yield len(p["keys"]) <= 16
    yield len(set(public_keys)) == len(public_keys)
    for key in p["keys"]:
        yield key["from"] < key["until"]
        yield key["signs"] and key["signs"] == [kind for kind in signable if kind in key["signs"]]


def revocation_list_rules(p):
    yield p["number"] >= 1
    yield p["issued"] < p["until"]
    yield len(p["keys"]) + len(p["licenses"]) <= 1500
    yield p["keys"] == sorted(set(p["keys"]))
    yield p["licenses"] == sorted(set(p["licenses"]))


def support_bundle_rules(p):
    yield from slot_rules(p["slots"])
    yield len(p["lines"]) <= 500
    yield sum(len(line.encode()) for line in p["lines"]) <= 48 * 1024


RULES = {
    "activation-request": activation_rules,
    "refresh-request": refresh_rules,
    "deactivation-request": deactivation_rules,
    "license": license_rules,
    "deactivation-receipt": receipt_rules,
    "refusal": refusal_rules,
    "trust-bundle": trust_bundle_rules,
    "revocation-list": revocation_list_rules,
    "checkpoint": lambda p: (),
    "support-bundle": support_bundle_rules,
}


def read_payload(document):
    """The payload of a document: CBOR profile, version, shape, rules, in this order ("Payloads")."""
    payload = cbor.decode(document.payload)
    require(isinstance(payload, dict) and N(payload.get("version")), "payload-shape")
    require(payload["version"] == 1, "payload-version")
    require(fits(payload, SHAPES[document.kind]), "payload-shape")
    require(all(RULES[document.kind](payload)), "payload-rule")
    return payload
