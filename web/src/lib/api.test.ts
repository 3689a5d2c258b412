import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { makeApi, readLocales, takeHeaders, uploadTimeoutMs, type Api } from './api';
import { someTake } from './testing';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const AUDIO = new TextEncoder().encode('sound').buffer;
const hash = (bytes: ArrayBuffer): string => createHash('sha256').update(new Uint8Array(bytes)).digest('hex');

type Reply = Response | Error;

function apiOf(reply: Reply, seen: { url: string; init: RequestInit }[] = []): Api {
  return makeApi('https://host.example/voices/?locale=sw', {
    fetch: (url, init) => {
      seen.push({ url, init });
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
    now: () => NOW,
    sha256: (bytes) => Promise.resolve(hash(bytes)),
  });
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
const problem = (status: number, body: unknown = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/problem+json' } });

const QUERY = { locale: 'sw', speakerId: 's', requestId: 'r' };
const PROMPT = {
  prompt_id: 'P',
  text: 'Habari.',
  locale: 'sw',
  direction: 'ltr',
  lease_id: 'L',
  lease_expires_at: '2026-01-01T00:10:00Z',
};

test('a sentence is asked for beside the page, with the speaker and the request', async () => {
  const seen: { url: string; init: RequestInit }[] = [];
  await apiOf(json(200, PROMPT), seen).nextPrompt(QUERY);
  assert.equal(seen[0]?.url, 'https://host.example/voices/api/v1/prompts/next?locale=sw&speaker=s&request=r');
  assert.equal(seen[0].init.cache, 'no-store');
  assert.equal(seen[0].init.redirect, 'error');
});

test("a lease's end is told by this device's clock, though it be an hour wrong", async () => {
  const expiry = async (date: string): Promise<number> => {
    const answer = await apiOf(json(200, PROMPT, { Date: date })).nextPrompt(QUERY);
    return answer.kind === 'prompt' ? answer.prompt.expiresAtMs - NOW : NaN;
  };
  assert.equal(await expiry('Thu, 01 Jan 2026 00:00:00 GMT'), 595_000);
  assert.equal(await expiry('Wed, 31 Dec 2025 23:00:00 GMT'), 3_600_000 + 595_000);
});

for (const [name, reply, kind] of [
  ['a sentence', json(200, PROMPT), 'prompt'],
  ['nothing open', new Response(null, { status: 204 }), 'none'],
  ['a language not offered', problem(400, { detail: 'no' }), 'refused'],
  ['a sign-in page', new Response('<h1>hotel</h1>', { status: 200 }), 'away'],
  ['a sentence without its lease', json(200, { ...PROMPT, lease_id: undefined }), 'away'],
  ['a lease without an end', json(200, { ...PROMPT, lease_expires_at: 'soon' }), 'away'],
  ['no connection', new TypeError('failed to fetch'), 'away'],
  ['busy', problem(503), 'away'],
] as const) {
  test(`asking for a sentence: ${name}`, async () => {
    assert.equal((await apiOf(reply).nextPrompt(QUERY)).kind, kind);
  });
}

const take = someTake({ state: 'queued', slot: { session: 'S', number: 7 } });
const receipt = { recording_id: take.id, topic: 't', partition: 0, offset: 1, sha256: hash(AUDIO) };

for (const [name, reply, kind] of [
  ['the first receipt', json(201, receipt), 'arrived'],
  ['the receipt again', json(200, receipt), 'arrived'],
  ['a receipt for another recording', json(201, { ...receipt, recording_id: 'x' }), 'away'],
  ['a receipt for other bytes', json(201, { ...receipt, sha256: 'x' }), 'away'],
  ['accepted, but not yet stored', json(202, receipt), 'away'],
  ['a sign-in page', new Response('welcome', { status: 200 }), 'away'],
  ['no connection', new TypeError('failed to fetch'), 'away'],
  ['the same id with other bytes', problem(409), 'refused'],
  ['not audio', problem(415), 'refused'],
  ['too large', problem(413), 'refused'],
  ['malformed', problem(400), 'refused'],
  ['unknown sentence', problem(404), 'refused'],
  ["a proxy's 404", new Response('nginx', { status: 404 }), 'away'],
  ['not allowed now', problem(403), 'away'],
  ['too many requests', problem(429), 'away'],
  ['broken', problem(500), 'away'],
] as const) {
  test(`sending a take: ${name}`, async () => {
    assert.equal((await apiOf(reply).putTake(take, AUDIO)).kind, kind);
  });
}

test('a Retry-After comes back with the answer', async () => {
  const busy = new Response('', { status: 503, headers: { 'Retry-After': '9' } });
  assert.deepEqual(await apiOf(busy).putTake(take, AUDIO), { kind: 'away', retryAfterMs: 9_000 });
});

test('the words of a refusal are kept, cut to a length', async () => {
  const answer = await apiOf(problem(415, { title: 'short', detail: 'x'.repeat(1_000) })).putTake(
    take,
    AUDIO,
  );
  assert.equal(answer.kind === 'refused' && answer.refusal.detail.length, 300);
});

test('a skip names its sentence and its speaker, and is heard when the studio says so for good', async () => {
  const seen: { url: string; init: RequestInit }[] = [];
  const prompt = {
    ...{ promptId: 'P', text: '', locale: 'sw', leaseId: 'L', expiresAtMs: 0 },
    direction: 'ltr',
  } as const;
  const heard = (reply: Reply): Promise<boolean> => apiOf(reply, seen).skip(prompt, 's');
  assert.equal(await heard(new Response(null, { status: 204 })), true);
  assert.equal(seen[0]?.url, 'https://host.example/voices/api/v1/leases/L?reason=skip&prompt=P&speaker=s');
  assert.equal(seen[0].init.method, 'DELETE');
  assert.equal(await heard(problem(400)), true);
  for (const reply of [problem(503), problem(429), new Response('<h1>hotel</h1>'), new Error('no line')])
    assert.equal(await heard(reply), false);
});

test('session and take go together; without them neither is said', () => {
  assert.equal(takeHeaders(take)['X-Take'], '7');
  assert.equal(takeHeaders(take)['X-Session-Id'], 'S');
  assert.deepEqual(
    Object.keys(takeHeaders(someTake({}))).filter((name) => /Session|Take/.test(name)),
    [],
  );
});

test('an upload of a minute has time on the slowest line', () => {
  assert.equal(uploadTimeoutMs(240_000), 270_000);
});

test('the list of languages is taken as an array or in an object; what is malformed is left out', () => {
  const list = [
    { locale: 'sw', open: 3 },
    { name: 'nothing' },
    5,
    { locale: 'ar', direction: 'rtl', name: 'A' },
  ];
  const offers = [
    { locale: 'sw', name: null, direction: 'ltr', open: 3 },
    { locale: 'ar', name: 'A', direction: 'rtl', open: null },
  ];
  assert.deepEqual(readLocales(list), offers);
  assert.deepEqual(readLocales({ locales: list }), offers);
  assert.equal(readLocales('<html>'), null);
});
