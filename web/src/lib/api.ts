// The studio's HTTP interface as this page uses it. Nothing here throws for what a network or a server does.
//
// On a bad line, answers come from others than the studio too: a sign-in page of a hotel answers 200 to everything.
// So a take counts as arrived only by a receipt that names it and its SHA-256, and as refused only by a problem
// document (RFC 9457); every other answer means `away`, and the take stays.
import { retryAfterMs } from './backoff';
import { AUDIO_BYTES_MAX, type Direction, type Refusal, type Take } from './take';

export interface Prompt {
  readonly promptId: string;
  readonly text: string;
  readonly locale: string;
  readonly direction: Direction;
  readonly leaseId: string;
  /** By this device's clock, however wrong it is. */
  readonly expiresAtMs: number;
}

export interface LocaleOffer {
  readonly locale: string;
  readonly name: string | null;
  readonly direction: Direction;
  readonly open: number | null;
}

/** Nobody useful answered. retryAfterMs is what the studio asked for, if it did. */
export interface Away {
  readonly kind: 'away';
  readonly retryAfterMs: number | null;
}

export type NextAnswer =
  | { readonly kind: 'prompt'; readonly prompt: Prompt }
  | { readonly kind: 'none'; readonly retryAfterMs: number | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | Away;

export type PutAnswer =
  { readonly kind: 'arrived' } | { readonly kind: 'refused'; readonly refusal: Refusal } | Away;

export interface NextQuery {
  readonly locale: string;
  readonly speakerId: string;
  readonly requestId: string;
}

export interface Api {
  nextPrompt(query: NextQuery): Promise<NextAnswer>;
  /** Whether the studio has heard it, for good. */
  skip(prompt: Prompt, speakerId: string): Promise<boolean>;
  putTake(take: Take, audio: ArrayBuffer): Promise<PutAnswer>;
  locales(): Promise<LocaleOffer[] | null>;
}

export interface ApiDeps {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly sha256: (bytes: ArrayBuffer) => Promise<string>;
}

const ASK_TIMEOUT_MS = 20_000;
/** An upload gets this and one second more for each SLOWEST_BYTES_PER_S of the file. */
const UPLOAD_TIMEOUT_MS = 30_000;
const SLOWEST_BYTES_PER_S = 1_000;
/** A lease counts as run out this much early: the Date header has whole seconds only. */
const LEASE_MARGIN_MS = 5_000;
const FINAL_STATUSES: readonly number[] = [400, 404, 409, 413, 415];
const DETAIL_CHARS_MAX = 300;

export const uploadTimeoutMs = (bytes: number): number =>
  UPLOAD_TIMEOUT_MS + (Math.min(bytes, AUDIO_BYTES_MAX) / SLOWEST_BYTES_PER_S) * 1_000;

/** `root` is where the page lies, as in `http://host:8080/`. */
export function makeApi(root: string, deps: ApiDeps): Api {
  const url = (path: string): string => new URL(`api/v1/${path}`, root).href;

  async function ask(path: string, init: RequestInit, timeoutMs: number): Promise<Answer> {
    const cancel = new AbortController();
    const timer = setTimeout(() => {
      cancel.abort();
    }, timeoutMs);
    try {
      // A redirect is never the studio's: it is a sign-in page.
      const response = await deps.fetch(url(path), {
        cache: 'no-store',
        redirect: 'error',
        signal: cancel.signal,
        ...init,
      });
      return { response, body: parseJson(await response.text()) };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  const away = (answer: Answer): Away => ({ kind: 'away', retryAfterMs: patience(answer) });
  const patience = (answer: Answer): number | null =>
    answer && retryAfterMs(answer.response.headers.get('Retry-After'), deps.now());

  return {
    async nextPrompt({ locale, speakerId, requestId }) {
      const query = new URLSearchParams({ locale, speaker: speakerId, request: requestId });
      const answer = await ask(`prompts/next?${query.toString()}`, {}, ASK_TIMEOUT_MS);
      if (answer?.response.status === 204) return { kind: 'none', retryAfterMs: patience(answer) };
      const prompt = answer?.response.status === 200 ? readPrompt(answer, deps.now()) : null;
      if (prompt) return { kind: 'prompt', prompt };
      const refusal = readRefusal(answer);
      return refusal ? { kind: 'refused', refusal } : away(answer);
    },

    async skip({ leaseId, promptId }, speakerId) {
      // Sentence and speaker, because the studio may not know the lease any more.
      const query = new URLSearchParams({ reason: 'skip', prompt: promptId, speaker: speakerId });
      const path = `leases/${encodeURIComponent(leaseId)}?${query.toString()}`;
      const answer = await ask(path, { method: 'DELETE', keepalive: true }, ASK_TIMEOUT_MS);
      const status = answer?.response.status ?? 0;
      return status === 204 || FINAL_STATUSES.includes(status);
    },

    async putTake(take, audio) {
      const answer = await ask(
        `recordings/${take.id}`,
        { method: 'PUT', headers: takeHeaders(take), body: audio },
        uploadTimeoutMs(audio.byteLength),
      );
      const refusal = readRefusal(answer);
      if (refusal) return { kind: 'refused', refusal };
      return (await isReceipt(answer, take, audio)) ? { kind: 'arrived' } : away(answer);
    },

    async locales() {
      const answer = await ask('locales', {}, ASK_TIMEOUT_MS);
      return answer?.response.status === 200 ? readLocales(answer.body) : null;
    },
  };

  async function isReceipt(answer: Answer, take: Take, audio: ArrayBuffer): Promise<boolean> {
    if (answer === null || (answer.response.status !== 200 && answer.response.status !== 201)) return false;
    const { recording_id: id, sha256 } = asObject(answer.body);
    return id === take.id && sha256 === (await deps.sha256(audio));
  }
}

type Answer = { readonly response: Response; readonly body: unknown } | null;

export function takeHeaders(take: Take): Record<string, string> {
  return {
    'Content-Type': take.contentType,
    'X-Prompt-Id': take.promptId,
    'X-Lease-Id': take.leaseId,
    'X-Speaker-Id': take.speakerId,
    'X-Consent-Version': take.consentVersion,
    ...(take.slot && { 'X-Session-Id': take.slot.session, 'X-Take': String(take.slot.number) }),
  };
}

function readPrompt({ response, body }: NonNullable<Answer>, nowMs: number): Prompt | null {
  const { prompt_id, text, locale, direction, lease_id, lease_expires_at } = asObject(body);
  if (!isText(prompt_id) || !isText(text) || !isText(locale) || !isText(lease_id)) return null;
  const expires = isText(lease_expires_at) ? Date.parse(lease_expires_at) : NaN;
  if (!Number.isFinite(expires)) return null;
  const serverNow = Date.parse(response.headers.get('Date') ?? '');
  const ahead = Number.isFinite(serverNow) ? serverNow - nowMs : 0;
  return {
    promptId: prompt_id,
    text,
    locale,
    direction: direction === 'rtl' ? 'rtl' : 'ltr',
    leaseId: lease_id,
    expiresAtMs: expires - ahead - LEASE_MARGIN_MS,
  };
}

function readRefusal(answer: Answer): Refusal | null {
  if (answer === null || !FINAL_STATUSES.includes(answer.response.status)) return null;
  if (!(answer.response.headers.get('Content-Type') ?? '').startsWith('application/problem+json'))
    return null;
  const { detail, title } = asObject(answer.body);
  const words = isText(detail) ? detail : isText(title) ? title : '';
  return { status: answer.response.status, detail: words.slice(0, DETAIL_CHARS_MAX) };
}

export function readLocales(body: unknown): LocaleOffer[] | null {
  const list = Array.isArray(body) ? (body as unknown[]) : asObject(body)['locales'];
  if (!Array.isArray(list)) return null;
  return (list as unknown[]).map(asObject).flatMap(({ locale, name, direction, open }) =>
    isText(locale)
      ? [
          {
            locale,
            name: isText(name) ? name : null,
            direction: direction === 'rtl' ? ('rtl' as const) : ('ltr' as const),
            open: typeof open === 'number' ? open : null,
          },
        ]
      : [],
  );
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const asObject = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
