// FORMAT.md, "The file", in any of its spellings: bytes, armour, QR text.

import { labelOf, readArmour } from './armour.mjs';
import { ARRAY, MAP, Reader } from './cbor.mjs';
import { NEWS, REQUESTS, readDocument } from './document.mjs';
import { isProof } from './payload.mjs';
import { isQrText, readQrText } from './qr.mjs';
import { checkReadable } from './readable.mjs';
import { must } from './refusal.mjs';

const TAG_55799 = Buffer.from('d9d9f7', 'hex');
const MAX_FILE = 256 * 1024;
const MAX_TEXT = 830_120;
const MAX_ALONG = 23;

/** A file as it was brought, and nothing of it verified. */
export function readFile(bytes) {
  must(bytes.length > 0, 'empty');
  if (isBinary(bytes)) return readBinary(bytes);
  must(bytes.length <= MAX_TEXT, 'too-large');
  if (isQrText(bytes)) return readBinary(readQrText(bytes));
  const { inside, label, words } = readArmour(bytes);
  const file = readBinary(inside);
  must(labelOf(file.document.kind) === label, 'armour-label'); // 6
  checkReadable(words, file.document); // 7
  return file;
}

const isBinary = (bytes) => bytes.subarray(0, 3).equals(TAG_55799);

function readBinary(bytes) {
  must(isBinary(bytes), 'not-waybill');
  must(bytes.length <= MAX_FILE, 'too-large');
  const reader = new Reader(bytes);
  reader.take(TAG_55799.length);
  const map = reader.head();
  must(map.type === MAP && map.argument >= 1 && map.argument <= 3, 'container-shape');

  const file = { proof: undefined, trust: [], document: undefined };
  const fields = { proof: readProof, trust: readAlong, document: readDocument };
  for (let n = 0, key; n < map.argument; n++) {
    key = reader.containerKey(key?.encoded);
    must(Object.hasOwn(fields, key.name), 'container-shape');
    file[key.name] = fields[key.name](reader);
  }
  reader.end();
  must(file.document, 'container-shape');

  const mayTravel = REQUESTS.includes(file.document.kind) ? ['license'] : NEWS;
  must(file.trust.every(({ kind }) => mayTravel.includes(kind)), 'container-trust');
  return file;
}

function readAlong(reader) {
  const list = reader.head();
  must(list.type === ARRAY && list.argument >= 1 && list.argument <= MAX_ALONG, 'container-trust');
  return Array.from({ length: list.argument }, () => readDocument(reader));
}

/** The proof is an item of the CBOR profile by itself: its levels and items are counted from here. */
function readProof(reader) {
  const inner = new Reader(reader.bytes);
  inner.at = reader.at;
  const proof = inner.item();
  reader.at = inner.at;
  must(isProof(proof), 'container-proof');
  return Object.fromEntries(proof);
}
