// FORMAT.md, "Armour", step 7 and the table of lines: what a person read is what is signed.

import { thumbprint } from './ed25519.mjs';
import { installationOf, readPayload } from './payload.mjs';
import { must } from './refusal.mjs';
import { wordsOf } from './words.mjs';

/** `armour-readable` unless the words for people are those that the payload makes, which is read here before anybody believes it. */
export function checkReadable(words, document) {
  const payload = readPayload(document);
  const mine = LINES[document.kind](payload, installationOf(document.kind, payload)).flatMap(wordsOf);
  must(mine.length === words.length && mine.every((word, n) => word === words[n]), 'armour-readable');
}

const iso = (instant) => new Date(instant * 1000).toISOString();
const date = (instant) => iso(instant).slice(0, 10);
const minute = (instant) => `${date(instant)} ${iso(instant).slice(11, 16)} UTC`;
const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;
const metrics = (number, metric) => count(number, metric.replace('-', ' '));
const short = (thumbprint) => thumbprint.subarray(0, 8).toString('hex').toUpperCase().match(/.{4}/g).join('-');
const type = (v) => v['license-type'][0].toUpperCase() + v['license-type'].slice(1);

const site = ({ installation: i }, thumbprint) => {
  const description = i['site-description'] === undefined ? '' : ` (${i['site-description']})`;
  return `Site: ${i['site-code']}${description}, installation ${short(thumbprint)}`;
};
const answers = (v) => `Answers: request number ${v.counter}, ${v.answers.toString('hex').slice(0, 8)}`;
const server = ({ installation: i }) => `Server: ${i.name}, ${i.product} ${i.version}`;
const span = ({ from, until }) => `${date(from)} to ${date(until)}`;
const usage = (v) => v.usage.map((line) => `Usage: ${metrics(line.used, line.metric)}, at most ${line.peak} from ${span(line)}`);
const made = (v) => `Request: number ${v.chain.counter}, made ${minute(v.clock.now)}`;

const LINES = {
  license: (v, i) => [
    `License: ${v.product}, ${type(v)}, ${v.grants.map((grant) => metrics(grant.seats, grant.metric)).join(' and ')}`
      + (v.grants.some((grant) => grant.trial) ? ', trial' : ''),
    site(v, i),
    `Contract: ${date(Math.min(...v.grants.map((grant) => grant['contract-start'])))}`
      + ` to ${date(Math.max(...v.grants.map((grant) => grant['contract-end'])))}`,
    `File good until: ${date(v['good-until'])}`,
    `Report due by: ${date(v['report-due'])}`,
    ...(v['time-reset'] === undefined ? [] : [`Time reset: to ${minute(v['time-reset'])}`]),
    answers(v),
  ],
  'deactivation-receipt': (v, i) => [
    `Deactivation receipt: ${type(v)}, the license key is free again`, site(v, i), `Issued: ${date(v.issued)} by ${v.vendor}`, answers(v),
  ],
  refusal: (v, i) => [
    `Refused: ${type(v)} (${v.code}), ${v.final ? 'this request is answered for good' : 'the same file may be brought again'}`,
    `Reason: ${v.says}`,
    `Next step: ${v['next-step']}`,
    ...(v.until === undefined ? [] : [`Changes by itself: ${date(v.until)}`]),
    `Installation: ${short(i)}`,
    answers(v),
  ],
  'activation-request': (v, i) => [
    `Activation request: ${type(v)}, license key ending in ${v['license-key']['last-group']}`, site(v, i), server(v), made(v),
  ],
  'refresh-request': (v, i) => [`Refresh request: ${type(v)}`, site(v, i), server(v), ...usage(v), made(v)],
  'deactivation-request': (v, i) => [
    `Deactivation request: ${type(v)}, the site has stopped using its license`, site(v, i), server(v), ...usage(v), made(v),
  ],
  'trust-bundle': (v) => [
    `Trust bundle: ${v.vendor}, number ${v.number}, ${v.threshold} of ${count(v.roots.length, 'root key')}`,
    ...v.roots.map((root) => `Root key: ${short(thumbprint(root))}`),
    ...v.keys.map((key) => `Key: ${short(thumbprint(key['public-key']))}, ${span(key)}`
      + (key['distrusted-since'] === undefined ? '' : `, distrusted since ${date(key['distrusted-since'])}`)
      + `, signs ${key.signs.join(' ')}`),
  ],
  'revocation-list': (v) => [
    `Revocation list: ${v.vendor}, number ${v.number}, ${date(v.issued)}`,
    `Revoked: ${count(v.licenses.length, 'license')}, ${count(v.keys.length, 'key')}`,
  ],
  checkpoint: (v) => [`Checkpoint: ${v.origin}, ${minute(v.issued)}`, `Log: size ${v.size}, root ${v.root.toString('hex')}`],
  'support-bundle': (v, i) => [`Support bundle: ${v.program}, made ${minute(v.clock.now)}`, site(v, i)],
};
