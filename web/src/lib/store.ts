// What the page keeps on the device, in IndexedDB: takes, their audio, numbers, consent.
//
// Order: every promise resolves after its transaction has committed with strict durability, so what the page says
// `on this phone` about survives a killed browser. Audio stands apart from its take, so that a list costs no audio.
import { openDB, type DBSchema, type IDBPDatabase, type IDBPTransaction } from 'idb';
import { chooseSession, giveBack, newSession, takeNumber, type SessionNumbers } from './numbers';
import { queued, refused, type Arrival, type Refusal, type Take } from './take';

export interface Consent {
  readonly version: string;
  readonly speakerId: string;
  readonly givenAtMs: number;
}

export interface Kept {
  /** Oldest first. */
  readonly takes: readonly Take[];
  readonly arrivedCount: number;
  /** Newest first, at most ARRIVALS_MAX. */
  readonly arrivals: readonly Arrival[];
}

interface Schema extends DBSchema {
  takes: { key: string; value: Take };
  audio: { key: string; value: ArrayBuffer };
  numbers: { key: string; value: SessionNumbers };
  arrivals: { key: string; value: Arrival };
  meta: { key: string; value: unknown };
}

export const ARRIVALS_MAX = 30;
const STRICT = { durability: 'strict' } as const;

export class TakeStore {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  static async open(name = 'antiphon'): Promise<TakeStore> {
    const db = await openDB<Schema>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('takes', { keyPath: 'id' });
        fresh.createObjectStore('audio');
        fresh.createObjectStore('numbers', { keyPath: 'session' });
        fresh.createObjectStore('arrivals', { keyPath: 'id' });
        fresh.createObjectStore('meta');
      },
      // Another tab opens a newer page: let go, so that it is not kept waiting.
      blocking: (_now, _wanted, event) => {
        (event.target as IDBDatabase).close();
      },
    });
    return new TakeStore(db);
  }

  close(): void {
    this.db.close();
  }

  /** Keeps a take, in place of an earlier reading if one is named. Throws QuotaExceededError on a full device. */
  async add(take: Take, audio: ArrayBuffer, insteadOf: string | null = null): Promise<void> {
    await this.write(['takes', 'audio'], async (tx) => {
      await tx.objectStore('takes').add(take);
      await tx.objectStore('audio').add(audio, take.id);
      if (insteadOf !== null) await this.drop(tx, insteadOf);
    });
  }

  async kept(): Promise<Kept> {
    const tx = this.db.transaction(['takes', 'arrivals', 'meta']);
    const [takes, arrivals, count] = await Promise.all([
      tx.objectStore('takes').getAll(),
      tx.objectStore('arrivals').getAll(),
      tx.objectStore('meta').get('arrivedCount'),
    ]);
    takes.sort((a, b) => a.recordedAtMs - b.recordedAtMs);
    arrivals.sort((a, b) => b.arrivedAtMs - a.arrivedAtMs);
    return { takes, arrivals, arrivedCount: typeof count === 'number' ? count : 0 };
  }

  take(id: string): Promise<Take | undefined> {
    return this.db.get('takes', id);
  }

  audio(id: string): Promise<ArrayBuffer | undefined> {
    return this.db.get('audio', id);
  }

  /** Send was pressed: the take gets its number, in one transaction with the count. */
  async enqueue(id: string, session: string, nowMs: number): Promise<void> {
    await this.write(['takes', 'numbers'], async (tx) => {
      const take = await tx.objectStore('takes').get(id);
      if (!take || take.state === 'queued') return;
      const all = await tx.objectStore('numbers').getAll();
      const own = all.find((numbers) => numbers.session === session) ?? newSession(session);
      const others = all.filter((numbers) => numbers.session !== session);
      const [slot, after] = takeNumber(chooseSession(own, others));
      await tx.objectStore('numbers').put(after);
      await tx.objectStore('takes').put(queued(take, slot, nowMs));
    });
  }

  /** Notes an attempt that is about to start, so that other tabs and the next visit know of it. */
  async noteAttempt(id: string, attempts: number, dueAtMs: number): Promise<void> {
    await this.write(['takes'], async (tx) => {
      const take = await tx.objectStore('takes').get(id);
      if (take) await tx.objectStore('takes').put({ ...take, attempts, dueAtMs });
    });
  }

  /** The studio has it: the take leaves the device. Nothing happens if another tab saw to it already. */
  async arrived(id: string, nowMs: number): Promise<void> {
    await this.write(['takes', 'audio', 'arrivals', 'meta'], async (tx) => {
      const take = await tx.objectStore('takes').get(id);
      if (!take) return;
      await this.drop(tx, id);
      const { text, locale, direction } = take;
      await tx.objectStore('arrivals').put({ id, text, locale, direction, arrivedAtMs: nowMs });
      const count = await tx.objectStore('meta').get('arrivedCount');
      await tx.objectStore('meta').put((typeof count === 'number' ? count : 0) + 1, 'arrivedCount');
      const list = await tx.objectStore('arrivals').getAll();
      list.sort((a, b) => b.arrivedAtMs - a.arrivedAtMs);
      for (const old of list.slice(ARRIVALS_MAX)) await tx.objectStore('arrivals').delete(old.id);
    });
  }

  /** The studio will never take it: it stays for the person to see, and its number goes to the next. */
  async refused(id: string, refusal: Refusal): Promise<void> {
    await this.write(['takes', 'numbers'], async (tx) => {
      const take = await tx.objectStore('takes').get(id);
      if (take?.state !== 'queued') return;
      await tx.objectStore('takes').put(refused(take, refusal));
      const numbers = take.slot && (await tx.objectStore('numbers').get(take.slot.session));
      if (take.slot && numbers) await tx.objectStore('numbers').put(giveBack(numbers, take.slot.number));
    });
  }

  /** Deletes a take that was never sent or was refused; a queued one stays. */
  async remove(id: string): Promise<void> {
    await this.write(['takes', 'audio'], (tx) => this.drop(tx, id, 'unlessQueued'));
  }

  async consent(): Promise<Consent | null> {
    return ((await this.db.get('meta', 'consent')) as Consent | undefined) ?? null;
  }

  async setConsent(consent: Consent): Promise<void> {
    await this.write(['meta'], async (tx) => {
      await tx.objectStore('meta').put(consent, 'consent');
    });
  }

  /** Until when the studio asked not to be called, across tabs and visits. */
  async quietUntilMs(): Promise<number> {
    const value = await this.db.get('meta', 'quietUntilMs');
    return typeof value === 'number' ? value : 0;
  }

  async setQuietUntilMs(untilMs: number): Promise<void> {
    await this.write(['meta'], async (tx) => {
      await tx.objectStore('meta').put(untilMs, 'quietUntilMs');
    });
  }

  private async write(stores: StoreName[], work: (tx: WriteTransaction) => Promise<void>): Promise<void> {
    const tx = this.db.transaction(stores, 'readwrite', STRICT);
    const guarded = work(tx).catch((error: unknown) => {
      // Nothing of a piece of work that failed half-way may be committed.
      abort(tx);
      throw error;
    });
    const [worked, done] = await Promise.allSettled([guarded, tx.done]);
    // The true cause is in either: a device can be full for a request or, later, for the commit.
    for (const result of [worked, done]) {
      if (result.status === 'rejected' && !isAbort(result.reason)) throw result.reason;
    }
    if (done.status === 'rejected') throw done.reason;
  }

  private async drop(tx: WriteTransaction, id: string, mode?: 'unlessQueued'): Promise<void> {
    const take = await tx.objectStore('takes').get(id);
    if (mode === 'unlessQueued' && take?.state === 'queued') return;
    await tx.objectStore('takes').delete(id);
    await tx.objectStore('audio').delete(id);
  }
}

type StoreName = 'takes' | 'audio' | 'numbers' | 'arrivals' | 'meta';
type WriteTransaction = IDBPTransaction<Schema, StoreName[], 'readwrite'>;

const isAbort = (reason: unknown): boolean => reason instanceof Error && reason.name === 'AbortError';

function abort(tx: WriteTransaction): void {
  try {
    tx.abort();
  } catch {
    // It has ended already.
  }
}
