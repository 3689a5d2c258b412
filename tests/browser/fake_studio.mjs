// A studio for the page's tests that fails on demand, where the real one cannot: cut connections, late answers, sign-in
// pages of hotels. It speaks the HTTP interface of DESIGN's section 5 and keeps what it receives in memory.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'web', 'dist');
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
};
// As strict as a studio's may be.
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const SENTENCES = {
  sw: [
    'Habari ya asubuhi, rafiki yangu.',
    'Mvua ilinyesha usiku kucha.',
    'Watoto wanacheza mpira uwanjani.',
    'Chai iko tayari mezani.',
    'Safari njema.',
    'Bei ya mahindi imepanda sokoni.',
  ],
  am: ['እንደምን አደርክ ወንድሜ።', 'ዛሬ ዝናብ ይዘንባል።', 'ልጆቹ በሜዳው ላይ ኳስ ይጫወታሉ።', 'ቡናው ተፈልቷል።'],
  ar: ['صباح الخير يا صديقي.', 'هطل المطر طوال الليل.', 'الشاي جاهز على المائدة.'],
  en: ['Good morning, my friend.', 'It rained all night.', 'The tea is ready on the table.'],
};

export class FakeStudio {
  /** Every API request: {at, method, path, query, headers}. */
  requests = [];
  /** Accepted recordings by id: {headers, body, sha256, answers}. */
  recordings = new Map();
  sentences = structuredClone(SENTENCES);
  leaseMs = 600_000;
  #given = {};
  #byRequest = new Map();
  #upload = null;
  #prompt = null;
  #server = null;
  #sockets = new Set();
  #port = 0;

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start() {
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy());
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#server.address().port;
    return this;
  }

  /** Away as a machine is away: the port is closed. start() brings it back on the same port. */
  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server) await new Promise((resolve) => this.#server.close(resolve));
    this.#server = null;
  }

  /** The next uploads are handled by `handler({request, response, id, body, accept})` until it is null again. */
  onUpload(handler) {
    this.#upload = handler;
  }

  /** As onUpload, for requests for a sentence. */
  onPrompt(handler) {
    this.#prompt = handler;
  }

  uploads() {
    return this.requests.filter((entry) => entry.method === 'PUT');
  }

  async #handle(request, response) {
    const url = new URL(request.url, this.url);
    if (!url.pathname.startsWith('/api/')) return this.#file(url.pathname, response);
    const entry = {
      at: Date.now(),
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
    };
    this.requests.push(entry);
    if (url.pathname === '/api/v1/locales') {
      return json(
        response,
        200,
        Object.keys(this.sentences).map((locale) => ({
          locale,
          direction: locale === 'ar' ? 'rtl' : 'ltr',
          open: this.sentences[locale].length,
        })),
      );
    }
    if (url.pathname === '/api/v1/prompts/next') return this.#next(entry, response);
    if (request.method === 'DELETE') {
      this.#finish(url.pathname.split('/').pop());
      return response.writeHead(204).end();
    }
    if (request.method === 'PUT') return this.#put(request, response, entry);
    problem(response, 404, 'no such thing');
  }

  #next(entry, response) {
    if (this.#prompt) return this.#prompt({ entry, response, answer: () => this.#grant(entry, response) });
    return this.#grant(entry, response);
  }

  #grant({ query }, response) {
    const { locale, request, speaker } = query;
    if (!this.sentences[locale]) return problem(response, 400, `no sentences in ${locale}`);
    let lease = this.#byRequest.get(request);
    // A page holds two leases at most; asking for more gives again the one it was given longest ago.
    const held = [...this.#byRequest.values()].filter(
      (other) => !other.done && other.locale === locale && other.speaker === speaker,
    );
    if (!lease && held.length >= 2) lease = held[0];
    if (!lease) {
      const index = this.#given[locale] ?? 0;
      const text = this.sentences[locale][index];
      if (text === undefined) return response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
      this.#given[locale] = index + 1;
      lease = {
        prompt_id: createHash('sha256').update(`${locale}\n${text}`).digest('hex').slice(0, 26).toUpperCase(),
        text,
        locale,
        direction: locale === 'ar' ? 'rtl' : 'ltr',
        lease_id: randomUUID(),
        lease_expires_at: new Date(Date.now() + this.leaseMs).toISOString(),
      };
      lease.speaker = speaker;
      this.#byRequest.set(request, lease);
    }
    const { speaker: _speaker, done: _done, ...answer } = lease;
    json(response, 200, answer);
  }

  async #put(request, response, entry) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const id = entry.path.split('/').pop();
    const accept = () => this.#accept(id, request.headers, body);
    if (this.#upload) return this.#upload({ request, response, id, body, accept });
    const { status, receipt } = accept();
    json(response, status, receipt);
  }

  #accept(id, headers, body) {
    const sha256 = createHash('sha256').update(body).digest('hex');
    const known = this.recordings.get(id);
    if (known) {
      known.answers += 1;
      return known.sha256 === sha256 ? { status: 200, receipt: known.receipt } : { status: 409, receipt: {} };
    }
    const receipt = {
      recording_id: id,
      topic: 'voices.recordings',
      partition: 0,
      offset: this.recordings.size,
      sha256,
    };
    this.#finish(headers['x-lease-id']);
    this.recordings.set(id, { headers, body, sha256, receipt, answers: 1 });
    return { status: 201, receipt };
  }

  #finish(leaseId) {
    for (const lease of this.#byRequest.values()) if (lease.lease_id === leaseId) lease.done = true;
  }

  #file(path, response) {
    const name = path === '/' ? 'index.html' : normalize(path).slice(1);
    try {
      const bytes = readFileSync(join(DIST, name));
      response.writeHead(200, {
        'Content-Type': TYPES[name.split('.').pop()] ?? 'application/octet-stream',
        'Content-Security-Policy': CSP,
      });
      response.end(bytes);
    } catch {
      problem(response, 404, 'no such file');
    }
  }
}

export function json(response, status, value, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(JSON.stringify(value));
}

export function problem(response, status, detail, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/problem+json', ...headers });
  response.end(JSON.stringify({ type: 'about:blank', title: detail, status, detail }));
}
