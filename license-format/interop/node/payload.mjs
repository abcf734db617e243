// FORMAT.md, "Payloads", and the schema waybill.cddl: what each kind says, and what would contradict itself.
// The order is the specification's: CBOR profile, version, shape, rules.

import { decode } from './cbor.mjs';
import { KINDS, REQUESTS } from './document.mjs';
import { thumbprint } from './ed25519.mjs';
import { must } from './refusal.mjs';
import { wordsOf } from './words.mjs';

/** The payload of a document, as an object with the schema's field names. */
export function readPayload({ kind, payload }) {
  const map = decode(payload);
  must(map instanceof Map, 'payload-shape');
  const version = map.get('version');
  must(n(version), 'payload-shape');
  must(version === 1, 'payload-version');
  must(SHAPES[kind](map), 'payload-shape');
  const fields = plain(map);
  must(RULES[kind](fields), 'payload-rule');
  return fields;
}

/** Maps of fields become objects without a prototype, so that no name means anything but itself. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  const object = Object.create(null);
  for (const [name, inner] of value) object[name] = plain(inner);
  return object;
}

// --- Shapes: each is a question to a decoded value -------------------------------------------------------------------

const AT_AN_END = /^\p{White_Space}|\p{White_Space}$/u;
const HIDDEN = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

/** Conventions, "label". */
const label = (v) => typeof v === 'string' && v !== '' && Buffer.byteLength(v) <= 200 && !AT_AN_END.test(v) && !HIDDEN.test(v)
  && !v.includes('-----') && !wordsOf(v).some((word) => word.startsWith('2dn3'));

const matches = (pattern) => (v) => typeof v === 'string' && pattern.test(v);
const token = matches(/^[a-z0-9._-]{1,64}$/);
const siteCode = (v) => matches(/^[A-Z0-9]{3}$/)(v) && !['AUX', 'CON', 'NUL', 'PRN'].includes(v);
const lastGroup = matches(/^[0-9A-HJKMNP-TV-Z]{5}$/);
const oneOf = (...values) => (v) => values.includes(v);
const licenseType = oneOf('desktop', 'mobile', 'farm', 'computers');
const metric = oneOf('managed-device', 'concurrent-user', 'computer', 'user');

const bytes = (length) => (v) => Buffer.isBuffer(v) && v.length === length;
const id = bytes(16), hash = bytes(32), key = bytes(32);
const bool = (v) => typeof v === 'boolean';
const n = (v) => Number.isInteger(v) && v >= 0;
const instant = (v) => n(v) && v <= 253_402_300_799;
const list = (of) => (v) => Array.isArray(v) && v.every(of);
const open = (name, value) => (v) => v instanceof Map && [...v].every(([k, x]) => name(k) && value(x));

/** A map of these fields; one whose name ends in `?` may be absent. */
function map(fields) {
  const names = Object.keys(fields).map((name) => name.replace('?', ''));
  return (v) => v instanceof Map && [...v.keys()].every((name) => names.includes(name))
    && Object.entries(fields).every(([name, is]) => {
      const value = v.get(name.replace('?', ''));
      return value === undefined ? name.endsWith('?') : is(value);
    });
}

const link = map({ digest: hash, counter: n });
const slot = map({ 'ended?': n, 'holding?': link });
const slots = map({ 'farm?': slot, 'mobile?': slot, 'desktop?': slot, 'computers?': slot });
const clock = map({ now: instant, 'high-water': instant, 'steps-back': n });
const seenLog = map({ root: hash, size: n });
const chain = map({
  'log?': seenLog, open: list(hash), nonce: bytes(16), 'since?': link, slots, record: n, counter: n,
});
const keyRef = map({ digest: hash, 'last-group': lastGroup });
const usage = list(map({ from: instant, peak: n, used: n, until: instant, metric }));
const name = map({ name: label, 'site-code': siteCode, thumbprint: hash, 'site-description?': label });
const facts = map({
  name: label, product: label, version: label, 'site-code': siteCode, 'public-key': key,
  fingerprint: open(token, bytes(16)), 'site-description?': label,
});
const overLimit = (v) => oneOf('notify', 'refuse')(v) || map({ 'suspend-after-days': n })(v);
const feature = (v) => bool(v) || n(v) || label(v);
const grant = map({
  seats: n, trial: bool, metric, edition: label, features: open(token, feature), 'after-end': n, 'over-limit': overLimit,
  'contract-end': instant, 'contract-start': instant,
});
const entry = map({ from: instant, signs: list(oneOf(...KINDS)), until: instant, 'public-key': key, 'distrusted-since?': instant });

const request = { chain, clock, version: n, installation: facts, 'license-type': licenseType };
const answer = { issued: instant, record: n, vendor: label, answers: hash, counter: n, version: n, 'license-type': licenseType };

const SHAPES = {
  'activation-request': map({ ...request, 'license-key': keyRef }),
  'refresh-request': map({ ...request, usage, license: id }),
  'deactivation-request': map({ ...request, usage, 'license?': id }),
  license: map({
    ...answer, id, floor: map({ bundle: n, revocations: n }), grace: n, grants: list(grant), product: label, 'good-until': instant,
    'report-due': instant, 'time-reset?': instant, 'license-key': keyRef, installation: name, 'clock-tolerance': n,
  }),
  'deactivation-receipt': map({ ...answer, 'license?': id, installation: name }),
  refusal: map({ ...answer, code: token, says: label, final: bool, 'until?': instant, 'next-step': label, installation: hash }),
  'trust-bundle': map({
    keys: list(entry), roots: list(key), issued: instant, number: n, vendor: label, version: n, 'previous?': hash, threshold: n,
  }),
  'revocation-list': map({
    keys: list(hash), until: instant, issued: instant, number: n, vendor: label, version: n, licenses: list(id),
  }),
  checkpoint: map({ root: hash, size: n, issued: instant, origin: label, version: n }),
  'support-bundle': map({ clock, lines: list(label), slots, program: label, version: n, installation: name }),
};

/** The file's `proof`, and its one rule. */
export const isProof = (v) => map({ path: list(hash), size: n, index: n })(v)
  && v.get('path').length <= 53 && v.get('index') < v.get('size');

// --- Rules: "The rules that the schema cannot state", and the limits of counts and numbers ----------------------------

const MAX_PERIOD = 3_660 * 86_400;
const SIGNED_KINDS = ['license', 'deactivation-receipt', 'refusal', 'revocation-list', 'checkpoint'];

const unique = (values) => new Set(values.map(String)).size === values.length;
const ascends = (values) => values.every((v, i) => i === 0 || Buffer.compare(values[i - 1], v) < 0);
const between = (v, least, most) => v >= least && v <= most;

function requestHolds({ chain: { log, counter, since, open, slots }, installation, usage = [] }) {
  return counter >= 1 && (!log || log.size >= 1) && (!since || since.counter >= 1) && open.length <= 35 && counter === (since?.counter ?? 0) + open.length + 1
    && slotsHold(slots) && Object.values(slots).every(({ ended = 0, holding }) => ended <= counter
      && (!holding || holding.counter < counter))
    && Object.keys(installation.fingerprint).length <= 8
    && usage.length <= 64 && usage.every((line) => line.from <= line.until && line.used <= line.peak);
}

const slotsHold = (slots) => Object.values(slots).every(({ ended, holding }) => (ended ?? 1) >= 1
  && (!holding || holding.counter > (ended ?? 0)));

const ownSlot = (v) => v.chain.slots[v['license-type']];

function slotHasEnded(v) {
  const slot = ownSlot(v);
  return slot !== undefined && slot.ended === v.chain.counter && slot.holding === undefined;
}

function licenseHolds(v) {
  return between(v.grants.length, 1, 4) && unique(v.grants.map((grant) => grant.metric))
    && v.grants.every((grant) => grant['contract-start'] < grant['contract-end'] && Object.keys(grant.features).length <= 64)
    && v.issued < v['good-until'] && v['good-until'] <= Math.max(...v.grants.map((grant) => grant['contract-end']))
    && v['report-due'] <= v['good-until'] && (v['time-reset'] ?? v.issued) === v.issued && v.counter >= 1
    && v.grace <= MAX_PERIOD && v['clock-tolerance'] <= MAX_PERIOD;
}

function bundleHolds(v) {
  const hex = (key) => key.toString('hex');
  return between(v.roots.length, 1, 5) && between(v.threshold, 1, v.roots.length) && v.keys.length <= 16
    && unique([...v.roots, ...v.keys.map((entry) => entry['public-key'])].map(hex))
    && v.keys.every((entry) => entry.signs.length >= 1 && entry.from < entry.until && inOrder(entry.signs))
    && v.number >= 1 && (v.previous === undefined) === (v.number === 1);
}

const inOrder = (kinds) => kinds.every((kind, i) => SIGNED_KINDS.includes(kind)
  && (i === 0 || SIGNED_KINDS.indexOf(kinds[i - 1]) < SIGNED_KINDS.indexOf(kind)));

const RULES = {
  'activation-request': (v) => requestHolds(v) && !ownSlot(v)?.holding,
  'refresh-request': (v) => requestHolds(v) && ownSlot(v)?.holding !== undefined,
  'deactivation-request': (v) => requestHolds(v) && slotHasEnded(v),
  license: licenseHolds,
  'deactivation-receipt': (v) => v.counter >= 1,
  refusal: (v) => v.counter >= 1 && !(v.final && v.until !== undefined),
  'trust-bundle': bundleHolds,
  'revocation-list': (v) => ascends(v.licenses) && ascends(v.keys) && v.licenses.length + v.keys.length <= 1500
    && v.number >= 1 && v.issued < v.until,
  checkpoint: () => true,
  'support-bundle': (v) => slotsHold(v.slots) && v.lines.length <= 500 && v.lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) <= 48 * 1024,
};

/** The thumbprint of the installation that a payload is from or for. */
export function installationOf(kind, { installation }) {
  if (kind === 'refusal') return installation;
  return REQUESTS.includes(kind) ? thumbprint(installation['public-key']) : installation?.thumbprint;
}
