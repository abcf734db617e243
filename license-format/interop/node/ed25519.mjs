// FORMAT.md, "Signatures": the strict rule. Node's OpenSSL asks whether S < L, and compares the encoding of S·B - k·A with R, without the
// cofactor; what it does not ask is asked here: is the key a point, in its one encoding, and is it or R of small order?

import { createHash, createPublicKey, verify } from 'node:crypto';
import { must } from './refusal.mjs';

const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n; // -121665/121666

// The eight points of small order, without the sign of x. A second spelling needs no entry: no key may have one, and no R that is
// compared with what was computed.
const SMALL_ORDER = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** Steps 1 and 2, before a key is used at all. */
export function fitKey(key) {
  const { y, sign } = split(key);
  must(y < P, 'key-encoding');
  // x² = (y² - 1) / (d·y² + 1), and Euler says whether that is a square. The divisor is never 0.
  const y2 = (y * y) % P;
  const square = ((y2 + P - 1n) * power(D * y2 + 1n, P - 2n)) % P;
  must(square === 0n ? !sign : power(square, (P - 1n) / 2n) === 1n, 'key-encoding');
  must(!isSmallOrder(key), 'key-weak');
}

/** Steps 3 and 4: whether it is `key`'s signature of `message`. The key is fit. */
export function isSignature(key, message, signature) {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]); // SubjectPublicKeyInfo, RFC 8410
  return !isSmallOrder(signature.subarray(0, 32))
    && verify(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

/** "A thumbprint names a key" (Conventions, RFC 9679). */
export const thumbprint = (key) => sha256(Buffer.from('a301012006215820', 'hex'), key);

export function sha256(...parts) {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest();
}

function isSmallOrder(point) {
  const unsigned = Buffer.from(point);
  unsigned[31] &= 0x7f;
  return SMALL_ORDER.has(unsigned.toString('hex'));
}

function split(point) {
  const bits = BigInt('0x' + Buffer.from(point).reverse().toString('hex'));
  return { y: bits & (2n ** 255n - 1n), sign: bits >> 255n === 1n };
}

function power(base, exponent) {
  let result = 1n;
  for (base %= P; exponent > 0n; exponent >>= 1n, base = (base * base) % P) if (exponent & 1n) result = (result * base) % P;
  return result;
}
