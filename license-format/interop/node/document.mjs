// FORMAT.md, "The document": a COSE_Sign1 of one profile. Nothing here believes a signature; it finds the four parts.

import { ARRAY, BYTES, MAP, NINT, Reader, TAG, TEXT } from './cbor.mjs';
import { sha256 } from './ed25519.mjs';
import { Refusal, must, refuse } from './refusal.mjs';

export const REQUESTS = ['activation-request', 'refresh-request', 'deactivation-request'];
export const ANSWERS = ['license', 'deactivation-receipt', 'refusal'];
export const NEWS = ['trust-bundle', 'revocation-list', 'checkpoint'];
export const KINDS = [...REQUESTS, ...ANSWERS, ...NEWS, 'support-bundle'];

const MAX_PAYLOAD = 64 * 1024;
const typ = (kind) => `application/vnd.waybill.${kind}+cose`;

/** The document at the reader's place: its kind, `kid`, payload and signature, none of them verified. */
export function readDocument(reader) {
  const tag = reader.head();
  must(tag.type === TAG && tag.argument === 18, 'envelope-shape');
  const parts = reader.head();
  must(parts.type === ARRAY && parts.argument === 4, 'envelope-shape');

  const start = reader.at;
  const header = bytes(reader, 'envelope-shape');
  const headerWithHead = reader.bytes.subarray(start, reader.at);
  const { kid, kind } = readHeader(header);

  const unprotected = reader.head();
  must(unprotected.type === MAP, 'envelope-shape');
  must(unprotected.argument === 0, 'envelope-unprotected');

  const payloadStart = reader.at;
  const payload = bytes(reader, 'envelope-payload', MAX_PAYLOAD);
  const payloadWithHead = reader.bytes.subarray(payloadStart, reader.at);

  const signature = bytes(reader, 'envelope-shape');
  must(signature.length === 64, 'envelope-signature');

  // "The to-be-signed bytes": the received bytes, heads included, which the rules above made the only ones there can be.
  const tbs = Buffer.concat([Buffer.from('846a5369676e617475726531', 'hex'), headerWithHead, Buffer.from('40', 'hex'), payloadWithHead]);
  return { kind, kid, payload, signature, tbs, digest: sha256(tbs) };
}

function bytes(reader, otherwise, limit = Infinity) {
  const { type, argument } = reader.head();
  must(type === BYTES, otherwise);
  const taken = reader.take(argument);
  must(argument <= limit, 'too-large');
  return taken;
}

/** "Its bytes MUST be these": they are compared, and only where they differ is asked which of the four codes says how. */
function readHeader(header) {
  const kid = header.subarray(6, 38);
  for (const kind of KINDS) if (header.equals(headerOf(kind, kid))) return { kid, kind };
  try {
    return diagnose(new Reader(header));
  } catch (error) {
    return refuse(error instanceof Refusal && error.code.startsWith('header-') ? error.code : 'header-shape');
  }
}

function headerOf(kind, kid) {
  const text = Buffer.from(typ(kind));
  return Buffer.concat([Buffer.from('a30132045820', 'hex'), kid, Buffer.from([0x10, 0x78, text.length]), text]);
}

/** Reads no further than the first thing that differs. */
function diagnose(reader) {
  const label = (byte) => must(reader.take(1)[0] === byte, 'header-shape');
  label(0xa3);
  label(1);
  const alg = reader.head();
  must(alg.type === NINT && alg.argument === 18, 'header-algorithm');
  label(4);
  const kid = reader.head();
  must(kid.type === BYTES && reader.take(kid.argument).length === 32, 'header-kid');
  label(16);
  const { type, argument } = reader.head();
  must(type === TEXT, 'header-shape');
  const text = reader.text(argument);
  must(KINDS.some((kind) => text === typ(kind)), 'header-type');
  refuse('header-shape'); // something follows
}
