"""A file in each of its spellings, and the lines that people read: FORMAT.md, "Armour" and "QR text"."""

import base64
from datetime import datetime, timezone

from cbor import Refused, require
from ed25519 import thumbprint
from envelope import MAGIC, read_container
from payload import WHITE_SPACE, WORD, read_payload, words

MAX_TEXT = 830_120
MAX_QR_TEXT = 4_296
QR_PREFIX = "WAYBILL:"


def read(data):
    """The file in these bytes, however it is spelled."""
    require(data, "empty")
    if data.startswith(MAGIC):
        return read_container(data)
    require(len(data) <= MAX_TEXT, "too-large")
    text = decode_text(data)
    if text.lstrip(WHITE_SPACE).startswith(QR_PREFIX):
        return read_qr_text(text)
    return read_armour(text)


def decode_text(data):
    """Step 1. What is no text is armour that was damaged, if a block begins in it, and otherwise something else."""
    encoding = "utf-8"
    if data.startswith(b"\xfe\xff") or data[0] == 0:
        encoding = "utf-16-be"
    elif data.startswith(b"\xff\xfe") or data[1:2] == b"\x00":
        encoding = "utf-16-le"
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        block = "-----BEGIN WAYBILL " in data.decode(encoding, "replace")
        raise Refused("armour-encoding" if block else "not-waybill") from None


def read_qr_text(text):
    characters = "".join(WORD.findall(text))
    require(len(characters) <= MAX_QR_TEXT, "too-large")
    encoded = characters.removeprefix(QR_PREFIX)
    try:
        data = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
    except ValueError:
        raise Refused("qr-base32") from None
    require(base64.b32encode(data).decode().rstrip("=") == encoded, "qr-base32")
    require(data.startswith(MAGIC), "not-waybill")
    return read_container(data)


def read_armour(text):
    # Step 2.
    tokens = words(text)
    # Step 3.
    begins = find(tokens, "-----BEGIN")
    require(begins, "not-waybill")
    require(len(begins) == 1, "armour-several-blocks")
    # Step 4.
    label, start = read_label(tokens, begins[0])
    ends = [at for at in find(tokens, "-----END") if at >= start]
    require(ends, "armour-no-end")
    end_label, _ = read_label(tokens, ends[0])
    require(label == end_label, "armour-label")
    block = tokens[start : ends[0]]
    # Step 5.
    cut = next((at for at, word in enumerate(block) if word.startswith("2dn3")), None)
    require(cut is not None, "armour-base64")
    encoded = "".join(block[cut:])
    try:
        data = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise Refused("armour-base64") from None
    require(base64.b64encode(data).decode() == encoded, "armour-base64")
    # Step 6.
    file = read_container(data)
    require(label == file.document.kind.replace("-", " ").upper(), "armour-label")
    # Step 7.
    lines = LINES[file.document.kind](read_payload(file.document))
    require(block[:cut] == words("\n".join(lines)), "armour-readable")
    return file


def find(tokens, word):
    return [at for at in range(len(tokens) - 1) if tokens[at : at + 2] == [word, "WAYBILL"]]


def read_label(tokens, at):
    """The label behind -----BEGIN WAYBILL or -----END WAYBILL, and where the words go on."""
    for length in (1, 2, 3):
        label = tokens[at + 2 : at + 2 + length]
        if label and label[-1].endswith("-----"):
            return " ".join(label).removesuffix("-----"), at + 2 + length
    raise Refused("armour-no-end")


# --- The readable lines -----------------------------------------------------------------------------------------------


def date(instant):
    return datetime.fromtimestamp(instant, timezone.utc).strftime("%Y-%m-%d")


def minute(instant):
    return datetime.fromtimestamp(instant, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def count(number, noun):
    return f"{number} {noun.replace('-', ' ')}{'' if number == 1 else 's'}"


def short(thumbprint):
    digits = thumbprint.hex().upper()
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))


def license_type(p):
    return p["license-type"].capitalize()


def site_line(installation, mark):
    description = f" ({installation['site-description']})" if "site-description" in installation else ""
    return f"Site: {installation['site-code']}{description}, installation {short(mark)}"


def answers_line(p):
    return f"Answers: request number {p['counter']}, {p['answers'].hex()[:8]}"


def license_lines(p):
    grants = p["grants"]
    seats = " and ".join(count(grant["seats"], grant["metric"]) for grant in grants)
    trial = ", trial" if any(grant["trial"] for grant in grants) else ""
    yield f"License: {p['product']}, {license_type(p)}, {seats}{trial}"
    yield site_line(p["installation"], p["installation"]["thumbprint"])
    start = min(grant["contract-start"] for grant in grants)
    end = max(grant["contract-end"] for grant in grants)
    yield f"Contract: {date(start)} to {date(end)}"
    yield f"File good until: {date(p['good-until'])}"
    yield f"Report due by: {date(p['report-due'])}"
    if "time-reset" in p:
        yield f"Time reset: to {minute(p['time-reset'])}"
    yield answers_line(p)


def receipt_lines(p):
    yield f"Deactivation receipt: {license_type(p)}, the license key is free again"
    yield site_line(p["installation"], p["installation"]["thumbprint"])
    yield f"Issued: {date(p['issued'])} by {p['vendor']}"
    yield answers_line(p)


def refusal_lines(p):
    again = "this request is answered for good" if p["final"] else "the same file may be brought again"
    yield f"Refused: {license_type(p)} ({p['code']}), {again}"
    yield f"Reason: {p['says']}"
    yield f"Next step: {p['next-step']}"
    if "until" in p:
        yield f"Changes by itself: {date(p['until'])}"
    yield f"Installation: {short(p['installation'])}"
    yield answers_line(p)


def request_lines(first):
    def lines(p):
        facts = p["installation"]
        yield first(p)
        yield site_line(facts, thumbprint(facts["public-key"]))
        yield f"Server: {facts['name']}, {facts['product']} {facts['version']}"
        for line in p.get("usage", []):
            used = count(line["used"], line["metric"])
            yield f"Usage: {used}, at most {line['peak']} from {date(line['from'])} to {date(line['until'])}"
        yield f"Request: number {p['chain']['counter']}, made {minute(p['clock']['now'])}"

    return lines


def trust_bundle_lines(p):
    roots = count(len(p["roots"]), "root key")
    yield f"Trust bundle: {p['vendor']}, number {p['number']}, {p['threshold']} of {roots}"
    for root in p["roots"]:
        yield f"Root key: {short(thumbprint(root))}"
    for key in p["keys"]:
        distrusted = f", distrusted since {date(key['distrusted-since'])}" if "distrusted-since" in key else ""
        window = f"{date(key['from'])} to {date(key['until'])}"
        yield f"Key: {short(thumbprint(key['public-key']))}, {window}{distrusted}, signs {' '.join(key['signs'])}"


def revocation_list_lines(p):
    yield f"Revocation list: {p['vendor']}, number {p['number']}, {date(p['issued'])}"
    yield f"Revoked: {count(len(p['licenses']), 'license')}, {count(len(p['keys']), 'key')}"


def checkpoint_lines(p):
    yield f"Checkpoint: {p['origin']}, {minute(p['issued'])}"
    yield f"Log: size {p['size']}, root {p['root'].hex()}"


def support_bundle_lines(p):
    yield f"Support bundle: {p['program']}, made {minute(p['clock']['now'])}"
    yield site_line(p["installation"], p["installation"]["thumbprint"])


LINES = {
    "license": license_lines,
    "deactivation-receipt": receipt_lines,
    "refusal": refusal_lines,
    "activation-request": request_lines(
        lambda p: f"Activation request: {license_type(p)}, license key ending in {p['license-key']['last-group']}"
    ),
    "refresh-request": request_lines(lambda p: f"Refresh request: {license_type(p)}"),
    "deactivation-request": request_lines(
        lambda p: f"Deactivation request: {license_type(p)}, the site has stopped using its license"
    ),
    "trust-bundle": trust_bundle_lines,
    "revocation-list": revocation_list_lines,
    "checkpoint": checkpoint_lines,
    "support-bundle": support_bundle_lines,
}
