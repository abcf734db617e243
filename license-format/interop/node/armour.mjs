// FORMAT.md, "Armour", steps 1 to 5: from what mail made of a text to the bytes inside. Steps 6 and 7 are file.mjs's.

import { must, refuse } from './refusal.mjs';
import { wordsOf } from './words.mjs';

/** A kind "in capitals, spaces for hyphens". */
export const labelOf = (kind) => kind.toUpperCase().replaceAll('-', ' ');

const DASHES = '-----';

/** The file inside, its label, and the words for people before the base 64. */
export function readArmour(bytes) {
  // 1.
  const text = readText(bytes);
  // 2.
  const words = wordsOf(text);
  // 3.
  const begins = words.flatMap((word, n) => (word === '-----BEGIN' && words[n + 1] === 'WAYBILL' ? [n + 2] : []));
  must(begins.length > 0, 'not-waybill');
  must(begins.length === 1, 'armour-several-blocks');
  // 4.
  const begin = label(words, begins[0]);
  const endAt = words.findIndex((word, n) => n >= begin.next && word === '-----END' && words[n + 1] === 'WAYBILL');
  must(endAt !== -1, 'armour-no-end');
  const end = label(words, endAt + 2);
  must(begin.label === end.label, 'armour-label');
  // 5.
  const block = words.slice(begin.next, endAt);
  const first = block.findIndex((word) => word.startsWith('2dn3'));
  must(first !== -1, 'armour-base64');
  return { inside: decodeBase64(block.slice(first).join('')), label: begin.label, words: block.slice(0, first) };
}

/** Up to three words from `at` on, the last with five dashes. */
function label(words, at) {
  const last = words.slice(at, at + 3).findIndex((word) => word.endsWith(DASHES));
  if (last === -1) refuse('armour-no-end');
  const next = at + last + 1;
  return { label: words.slice(at, next).join(' ').slice(0, -DASHES.length), next };
}

/** Canonical base 64: what does not come back as it was has a foreign character, no padding, or unused bits that are set. */
function decodeBase64(text) {
  const bytes = Buffer.from(text, 'base64');
  must(bytes.toString('base64') === text, 'armour-base64');
  return bytes;
}

/** Step 1: the text. What is no good UTF-8 or UTF-16 was damaged where it holds a block, and else is something else. */
export function readText(bytes) {
  const { text, good } = decodeText(bytes);
  must(good, text.includes('-----BEGIN WAYBILL ') ? 'armour-encoding' : 'not-waybill');
  return text;
}

/** The text, and whether it is good UTF-8 or UTF-16. What is not good has a replacement in the bad places. */
function decodeText(bytes) {
  const [first, second] = bytes;
  const big = (first === 0xfe && second === 0xff) || first === 0;
  const little = (first === 0xff && second === 0xfe) || second === 0;
  if (!big && !little) {
    const text = bytes.toString('utf8');
    return { text: withoutMark(text), good: Buffer.from(text, 'utf8').equals(bytes) };
  }
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const text = (big ? whole.swap16() : whole).toString('utf16le');
  return { text: withoutMark(text), good: whole.length === bytes.length && !/\p{Surrogate}/u.test(text) };
}

const withoutMark = (text) => text.replace(/^\ufeff/, '');
