#!/usr/bin/env node
// The hand: three lines in, one line out (test-vectors/README.md). It keeps nothing between two vectors.

import { createInterface } from 'node:readline';
import { Refusal } from './refusal.mjs';
import { readFile } from './file.mjs';
import { advance, pin, verifyAnswer, verifyCheckpoint, verifyRequest, verifySupportBundle } from './verify.mjs';

const base64 = (line) => Buffer.from(line, 'base64');
const pinned = (trusted) => pin(readFile(base64(trusted)));

const answer = (trusted, file) => verifyAnswer(pinned(trusted), file);
const JUDGES = {
  'activation-request': (_, file) => verifyRequest(file),
  'refresh-request': (_, file) => verifyRequest(file),
  'deactivation-request': (_, file) => verifyRequest(file),
  license: answer,
  'deactivation-receipt': answer,
  refusal: answer,
  'support-bundle': (trusted, file) => verifySupportBundle(file, base64(trusted)),
  'trust-bundle': (trusted, file) => (trusted === '-' ? pin(file) : advance(pinned(trusted), file, 'trust-bundle')),
  'revocation-list': (trusted, file) => advance(pinned(trusted), file, 'revocation-list'),
  checkpoint: (trusted, file) => verifyCheckpoint(pinned(trusted), file),
};

function judge([kind, trusted, file]) {
  try {
    JUDGES[kind](trusted, readFile(base64(file)));
    return 'accept';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error; // a fault of this program, which ends it
  }
}

let lines = [];
for await (const line of createInterface({ input: process.stdin })) {
  lines.push(line.trim());
  if (lines.length < 3) continue;
  process.stdout.write(`${judge(lines)}\n`);
  lines = [];
}
