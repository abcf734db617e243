// FORMAT.md, "QR text": the spelling for a screen, `WAYBILL:` and the file in base 32 (RFC 4648 §6) without padding.

import { readText } from './armour.mjs';
import { must } from './refusal.mjs';

const PREFIX = 'WAYBILL:';
const MAX_CHARACTERS = 4_296; // QR's version 40, level L, in alphanumeric mode
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** "A text that begins with `WAYBILL:`, behind the byte-order mark and white space if there are any." */
export const isQrText = (bytes) => textOf(bytes).startsWith(PREFIX);

/** The file inside. */
export function readQrText(bytes) {
  const text = textOf(bytes).replace(/\p{White_Space}+/gu, '');
  must([...text].length <= MAX_CHARACTERS, 'too-large');
  return decodeBase32(text.slice(PREFIX.length));
}

const textOf = (bytes) => readText(bytes).replace(/^\p{White_Space}+/u, '');

function decodeBase32(text) {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let bits = 0, held = 0, at = 0;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    must(value !== -1, 'qr-base32');
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes[at++] = (held >> (bits -= 8)) & 0xff;
  }
  // What is left over is less than a character, or the text has a character too many; and it is zero.
  must(bits < 5 && (held & ((1 << bits) - 1)) === 0, 'qr-base32');
  return bytes;
}
