// FORMAT.md, "Processing", as far as a file alone decides it. A trust state is a value: pinning makes one, news makes the next, and a
// refusal leaves the old one as it was. Each function takes a file of `readFile`. The clock, and what an installation remembers, are
// somebody else's.

import { ANSWERS, REQUESTS } from './document.mjs';
import { fitKey, isSignature, sha256, thumbprint } from './ed25519.mjs';
import { installationOf, readPayload } from './payload.mjs';
import { must, refuse } from './refusal.mjs';

/** "Verifying a request": with the key that it carries. */
export function verifyRequest(file) {
  const { document } = file;
  must(REQUESTS.includes(document.kind), 'wrong-kind'); // 1
  const payload = readPayload(document); // 2
  return verifyOwn(file, payload, payload.installation['public-key']); // 3 to 5
}

/** "A support bundle is verified likewise": with the key that is enrolled for its installation. */
export function verifySupportBundle(file, enrolled) {
  const { document } = file;
  must(document.kind === 'support-bundle', 'wrong-kind'); // 1
  return verifyOwn(file, readPayload(document), enrolled); // 2 to 5
}

function verifyOwn(file, payload, key) {
  const { kind, kid, tbs, signature } = file.document;
  fitKey(key); // 3
  must([kid, installationOf(kind, payload)].every((name) => name.equals(thumbprint(key))), 'key-mismatch'); // 4
  must(isSignature(key, tbs, signature), 'signature'); // 5
  return payload;
}

/** "Verifying an answer", with a pinned trust state. Gives its payload, and the state with the news that travelled along. */
export function verifyAnswer(before, file) {
  const { document } = file;
  must(ANSWERS.includes(document.kind), 'wrong-kind'); // 1
  const state = takeNews(before, file.trust); // 2
  const payload = verifySigned(state, document); // 3 to 8
  must(payload.vendor === state.bundle.vendor, 'vendor'); // 9
  if (document.kind === 'license') {
    must(state.bundle.number >= payload.floor.bundle, 'floor-bundle'); // 10
    must((state.list?.number ?? 0) >= payload.floor.revocations, 'floor-revocations');
    must(!state.list?.licenses.some((id) => id.equals(payload.id)), 'license-revoked'); // 11
  }
  const checkpoints = ofKind(file.trust, 'checkpoint').map((checkpoint) => verifySigned(state, checkpoint)); // 12
  if (file.proof) {
    const checkpoint = checkpoints.find(({ size }) => size === file.proof.size) ?? refuse('proof-without-checkpoint');
    must(isIncluded(document.digest, file.proof, checkpoint.root), 'proof-mismatch');
  }
  return { payload, state };
}

/** Steps 3 to 8, which news passes too. */
function verifySigned({ bundle, list }, document) {
  const { kind, kid } = document;
  const key = bundle.keys.find((entry) => thumbprint(entry['public-key']).equals(kid)) ?? refuse('key-unknown'); // 3
  must(key.signs.includes(kind), 'key-not-for-kind'); // 4
  must(isSignature(key['public-key'], document.tbs, document.signature), 'signature'); // 5
  const payload = readPayload(document); // 6
  must(key.from <= payload.issued && payload.issued < key.until, 'key-window'); // 7
  must(payload.issued < (key['distrusted-since'] ?? Infinity), 'key-distrusted');
  // What grants nothing, a revoked installation may read.
  const names = kind === 'license' ? [kid, payload.installation.thumbprint] : [kid];
  must(!list?.keys.some((revoked) => names.some((name) => name.equals(revoked))), 'key-revoked'); // 8
  return payload;
}

const ofKind = (documents, kind) => documents.filter((document) => document.kind === kind);

/** RFC 9162 §2.1.3.2, with numbers of up to 53 bits. */
function isIncluded(digest, { path, size, index }, root) {
  const half = (number) => Math.floor(number / 2);
  let fn = index, sn = size - 1;
  let hash = sha256(Buffer.from([0]), digest);
  for (const sibling of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = sha256(Buffer.from([1]), sibling, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = sha256(Buffer.from([1]), hash, sibling);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && hash.equals(root);
}

/** A checkpoint that is brought by itself. */
export function verifyCheckpoint(before, file) {
  must(file.document.kind === 'checkpoint', 'wrong-kind');
  const state = takeNews(before, file.trust);
  return { payload: verifySigned(state, file.document), state };
}

/** "Pinning a trust bundle". */
export function pin(file) {
  must(file.document.kind === 'trust-bundle', 'wrong-kind'); // 1
  const all = [file.document, ...file.trust];
  const [bundle] = bundlesOf(all); // 2 to 4: the first is that of the file's document
  return takeNews({ bundle, list: undefined }, all); // 5
}

/** News that is brought by itself: a bundle or a list, which `kind` says, and what travels along. */
export function advance(before, file, kind) {
  must(file.document.kind === kind, 'wrong-kind');
  return takeNews(before, [file.document, ...file.trust]);
}

/** "Taking news": all bundles by number, then the revocation lists. Checkpoints are no news; an answer looks at its own. */
function takeNews(before, documents) {
  const bundles = bundlesOf(documents); // 1
  const state = bundles.sort((a, b) => a.number - b.number).reduce(takeBundle, before);
  return takeLists(state, ofKind(documents, 'revocation-list'));
}

/** The bundles of a file, each standing by itself. "Documents with the same payload are one bundle with several signatures." */
function bundlesOf(documents) {
  const bundles = new Map();
  for (const document of ofKind(documents, 'trust-bundle')) {
    const digest = sha256(document.payload).toString('hex');
    bundles.set(digest, [...(bundles.get(digest) ?? []), document]);
  }
  return [...bundles].map(([digest, signed]) => standAlone(signed, digest));
}

/** "Pinning a trust bundle", steps 2 to 4. */
function standAlone(documents, digest) {
  const bundle = { ...readPayload(documents[0]), documents, digest };
  [...bundle.roots, ...bundle.keys.map((entry) => entry['public-key'])].forEach(fitKey);
  checkSigners(bundle, bundle);
  return bundle;
}

/** Whether enough of the root keys of `by` signed. Each counts once; what other keys signed does not count. */
function checkSigners({ documents }, { roots, threshold }) {
  const signatures = roots.map((root) => documents.filter(({ kid }) => kid.equals(thumbprint(root)))
    .map(({ tbs, signature }) => isSignature(root, tbs, signature)));
  must(signatures.flat().every(Boolean), 'signature');
  must(signatures.filter(({ length }) => length > 0).length >= threshold, 'trust-threshold');
}

function takeBundle({ bundle: held, list }, bundle) {
  must(bundle.vendor === held.vendor, 'vendor'); // 2
  must(bundle.number !== held.number || bundle.digest === held.digest, 'trust-fork');
  if (bundle.number <= held.number) return { bundle: held, list };
  must(bundle.number === held.number + 1, 'trust-gap'); // 3
  must(bundle.previous.toString('hex') === held.digest, 'trust-fork');
  checkSigners(bundle, held); // 4
  return { bundle, list: list && maySign(bundle, list) ? list : undefined };
}

/** Whether the list's key may have signed it by this bundle: steps 3, 4 and 7 again. */
function maySign(bundle, { kid, issued }) {
  const key = bundle.keys.find((entry) => thumbprint(entry['public-key']).equals(kid));
  return key?.signs.includes('revocation-list') && key.from <= issued && issued < Math.min(key.until, key['distrusted-since'] ?? Infinity);
}

/** 6. Each list is judged with the one that is held after the bundles, and the highest number holds. */
function takeLists(state, documents) {
  const held = state.list;
  const isHeld = ({ tbs, signature }) => held?.tbs.equals(tbs) && held.signature.equals(signature);
  const lists = documents.filter((document) => !isHeld(document)).map((document) => {
    const list = { ...verifySigned(state, document), ...document };
    must(list.vendor === state.bundle.vendor, 'vendor');
    return list;
  });
  const all = held ? [held, ...lists] : lists;
  const areOne = (a, b) => a.number !== b.number || a.digest.equals(b.digest);
  must(all.every((a) => all.every((b) => areOne(a, b))), 'revocation-fork');
  const highest = Math.max(...all.map((list) => list.number));
  return all.length ? { ...state, list: all.find((list) => list.number === highest) } : state;
}
