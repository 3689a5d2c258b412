// Sends queued takes until each has arrived or was refused for good. One upload at a time: the line is bad.
//
// Each attempt holds the take's claim (a Web Lock), so that of two tabs one sends it. Two sends would be harmless:
// the recording id is the same, and the studio answers both with the first receipt.
// A wait that the studio asked for (Retry-After) binds all takes, tabs and visits; a wait of our own ends early when
// the device comes on line, the page is opened or the person presses Send.
import type { Api, PutAnswer } from './api';
import { uploadTimeoutMs } from './api';
import { RETRY_AFTER_LONGEST_MS, SEND_BACKOFF, backoffMs } from './backoff';
import type { TakeStore } from './store';
import type { Take } from './take';

export interface SenderDeps {
  readonly api: Pick<Api, 'putTake'>;
  readonly store: Pick<
    TakeStore,
    'kept' | 'take' | 'audio' | 'noteAttempt' | 'arrived' | 'refused' | 'quietUntilMs' | 'setQuietUntilMs'
  >;
  readonly now: () => number;
  readonly random: () => number;
  /** Runs the work if nobody else has this claim; tells whether it ran. */
  readonly claim: (name: string, work: () => Promise<void>) => Promise<boolean>;
  readonly onChange: (news: SenderNews) => void;
}

export interface SenderNews {
  readonly kind: 'sending' | 'arrived' | 'refused' | 'away';
  readonly takeId: string;
}

/** The longest sleep: clocks of phones jump, and a take must not wait for a wrong one. */
const NAP_LONGEST_MS = 60_000;
const FROZEN_TAB_MS = 10_000;

export class Sender {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<void> | null = null;
  private again = false;
  private hurry = false;
  private failures = 0;
  private stopped = false;

  constructor(private readonly deps: SenderDeps) {}

  /** Tries now whatever is not forbidden by a Retry-After. */
  wake(): void {
    this.hurry = true;
    this.run();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  /** Resolves when the pass under way is over. For tests. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private run(): void {
    if (this.stopped) return;
    if (this.running) {
      this.again = true;
      return;
    }
    if (this.timer) clearTimeout(this.timer);
    this.running = this.pass()
      .catch(() => NAP_LONGEST_MS)
      .then((napMs) => {
        this.running = null;
        if (this.again) {
          this.again = false;
          this.run();
        } else if (napMs !== null && !this.stopped) {
          this.timer = setTimeout(() => {
            this.run();
          }, napMs);
        }
      });
  }

  /** Sends what is due, oldest first. Answers how long to sleep; null when nothing is left to send. */
  private async pass(): Promise<number | null> {
    const hurry = this.hurry;
    this.hurry = false;
    const now = this.deps.now();
    const quietMs = await this.quietForMs();
    if (quietMs > 0) return (await this.queue()).length > 0 ? Math.min(quietMs, NAP_LONGEST_MS) : null;
    for (const take of dueTakes(await this.queue(), now, hurry)) {
      if (this.stopped || (await this.attempt(take.id)) === 'away') break;
    }
    const left = await this.queue();
    return left.length > 0 ? napMs(left, await this.quietForMs(), this.deps.now()) : null;
  }

  private async queue(): Promise<Take[]> {
    return (await this.deps.store.kept()).takes.filter((take) => take.state === 'queued');
  }

  private async quietForMs(): Promise<number> {
    const ms = (await this.deps.store.quietUntilMs()) - this.deps.now();
    return ms > RETRY_AFTER_LONGEST_MS ? 0 : Math.max(ms, 0);
  }

  private async attempt(id: string): Promise<PutAnswer['kind'] | 'elsewhere'> {
    let outcome: PutAnswer['kind'] | 'elsewhere' = 'elsewhere';
    const work = async (): Promise<void> => {
      const [take, audio] = await Promise.all([this.deps.store.take(id), this.deps.store.audio(id)]);
      if (take?.state !== 'queued' || !audio) return;
      outcome = await this.send(take, audio);
    };
    if (await this.deps.claim(`antiphon-send-${id}`, work)) return outcome;
    // A tab that holds the claim longer than an upload may last is frozen by the phone: go past it.
    const take = await this.deps.store.take(id);
    if (take && take.dueAtMs + FROZEN_TAB_MS < this.deps.now()) await work();
    return outcome;
  }

  private async send(take: Take, audio: ArrayBuffer): Promise<PutAnswer['kind']> {
    const { store, api, now, random, onChange } = this.deps;
    const attempts = take.attempts + 1;
    await store.noteAttempt(take.id, attempts, now() + uploadTimeoutMs(audio.byteLength));
    onChange({ kind: 'sending', takeId: take.id });
    const answer = await api.putTake(take, audio);
    if (answer.kind === 'arrived') {
      this.failures = 0;
      await store.arrived(take.id, now());
    } else if (answer.kind === 'refused') {
      this.failures = 0;
      await store.refused(take.id, answer.refusal);
    } else {
      this.failures += 1;
      await store.noteAttempt(take.id, attempts, now() + backoffMs(this.failures, SEND_BACKOFF, random));
      if (answer.retryAfterMs !== null) await store.setQuietUntilMs(now() + answer.retryAfterMs);
    }
    onChange({ kind: answer.kind, takeId: take.id });
    return answer.kind;
  }
}

/** The takes to try in this pass, oldest first. */
export function dueTakes(takes: readonly Take[], nowMs: number, hurry: boolean): Take[] {
  return takes.filter((take) => hurry || take.dueAtMs <= nowMs);
}

export function napMs(takes: readonly Take[], quietMs: number, nowMs: number): number {
  const earliest = Math.min(...takes.map((take) => take.dueAtMs - nowMs));
  return Math.min(Math.max(earliest, quietMs, 250), NAP_LONGEST_MS);
}
