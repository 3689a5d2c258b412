// The sentences this page holds: the one on the screen and the next, fetched ahead so that it is there at once.
//
// A request keeps its UUID until it is answered, so that an answer lost on the way does not cost a lease.
// A lease that runs out before its sentence is read is replaced silently; while the person speaks or listens
// (`busy`), nothing is replaced: a late take is kept by the studio.
// A page that asks for a third sentence is given one of its two again. While an earlier one is still on its way to the
// studio, by a take or a skip, that can be one that this page is done with: it asks again when that has arrived.
// A studio that died before it had written a lease may give the sentence again under another one: that takes the place of
// the lost one.
// A skip is told to the studio until it is heard, over reloads too, and what was skipped is not shown meanwhile, whoever
// gives it again.
import type { Api, Prompt } from './api';
import { EMPTY_BACKOFF, LEASE_BACKOFF, backoffMs } from './backoff';
import type { Refusal } from './take';

export interface Held {
  readonly current: Prompt | null;
  readonly next: Prompt | null;
  /** Skipped, and the studio has not said yet that it knows. */
  readonly skips?: readonly Prompt[];
}

export type Supply =
  | { readonly kind: 'asking' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'none' }
  | { readonly kind: 'away' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface LeaseDeps {
  readonly api: Pick<Api, 'nextPrompt' | 'skip'>;
  readonly locale: string;
  readonly speakerId: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  /** Survives a reload of the tab, so that reloading does not use up sentences. */
  readonly load: () => Held | null;
  readonly save: (held: Held) => void;
  /** Whether the lease's take failed for good: then its sentence may be read once more. */
  readonly mayReadAgain: (leaseId: string) => boolean;
  /** Whether a take on this device, of any tab, has this lease and is still to be sent. */
  readonly isTaken: (leaseId: string) => boolean;
  readonly onChange: () => void;
}

/** Ten minutes, a lease's life. */
const SKIP_ATTEMPTS_MAX = 45;
const SKIPS_MAX = 100;
const LEASE_SHORTEST_MS = 30_000;

export class Leases {
  private held: Held;
  private answer: Supply = { kind: 'asking' };
  private requestId: string | null = null;
  private asking = false;
  private busy = false;
  private spent = false;
  private failures = 0;
  private quietUntilMs = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;
  /** Leases that this page has left behind. */
  private readonly done = new Set<string>();
  private skips: readonly Prompt[];

  constructor(private readonly deps: LeaseDeps) {
    const kept = deps.load();
    this.skips = kept?.skips ?? [];
    for (const prompt of this.skips) void this.giveUp(prompt, 1);
    this.held = { current: this.fresh(kept?.current), next: this.fresh(kept?.next) };
    if (!this.held.current) this.held = { current: this.held.next, next: null };
  }

  get current(): Prompt | null {
    return this.held.current;
  }

  /** What to tell the person; a sentence on the screen counts for more than a studio that is away. */
  get supply(): Supply {
    return this.held.current ? { kind: 'ready' } : this.answer;
  }

  /** Asks at once if anything is missing, unless the studio asked for quiet. */
  wake(): void {
    this.failures = 0;
    this.refill();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
  }

  setBusy(busy: boolean): void {
    this.busy = busy;
    if (!busy) this.refill();
  }

  /** The current sentence is done with: the next one takes its place, now. */
  advance(): void {
    this.spent = false;
    if (this.held.current) this.done.add(this.held.current.leaseId);
    this.change({ current: this.fresh(this.held.next), next: null });
    this.wake();
  }

  /** The take on the screen owns the lease from Stop on: a reload must not offer the sentence again. */
  setSpent(spent: boolean): void {
    this.spent = spent;
    this.save();
  }

  /** The person cannot or will not read it. */
  skip(): void {
    const prompt = this.held.current;
    if (prompt) this.skips = [...this.skips, prompt].slice(-SKIPS_MAX);
    this.advance();
    if (prompt) void this.giveUp(prompt, 1);
  }

  private async giveUp(prompt: Prompt, attempt: number): Promise<void> {
    const heard = await this.deps.api.skip(prompt, this.deps.speakerId);
    if (heard || attempt >= SKIP_ATTEMPTS_MAX) {
      if (!heard) this.done.delete(prompt.leaseId);
      this.skips = this.skips.filter((skipped) => skipped !== prompt);
      if (!this.stopped) this.save();
    } else if (!this.stopped) {
      setTimeout(() => void this.giveUp(prompt, attempt + 1), this.wait(attempt, LEASE_BACKOFF));
    }
  }

  private refill(): void {
    if (this.stopped || this.asking) return;
    if (this.timer) clearTimeout(this.timer);
    this.dropExpiredNext();
    const quietMs = this.quietUntilMs - this.deps.now();
    if (!this.wants()) this.sleep(this.untilExpiryMs());
    else if (quietMs > 0) this.sleep(quietMs);
    else void this.ask();
  }

  private wants(): boolean {
    const { current, next } = this.held;
    return !next || (!this.busy && !this.fresh(current));
  }

  private async ask(): Promise<void> {
    this.asking = true;
    this.requestId ??= this.deps.newId();
    const { locale, speakerId } = this.deps;
    const answer = await this.deps.api.nextPrompt({ locale, speakerId, requestId: this.requestId });
    this.asking = false;
    if (this.stopped) return;
    if (answer.kind !== 'away') this.requestId = null;
    if (answer.kind === 'prompt' && !this.isDoneWith(answer.prompt)) {
      this.failures = 0;
      this.accept(answer.prompt);
      this.refill();
      return;
    }
    this.failures += 1;
    if (answer.kind === 'prompt') {
      this.sleep(this.wait(this.failures, LEASE_BACKOFF));
      return;
    }
    this.answer = answer.kind === 'refused' ? answer : { kind: answer.kind };
    this.deps.onChange();
    if (answer.kind === 'away') this.quietUntilMs = this.deps.now() + (answer.retryAfterMs ?? 0);
    const quietMs = this.quietUntilMs - this.deps.now();
    this.sleep(
      Math.max(quietMs, this.wait(this.failures, answer.kind === 'away' ? LEASE_BACKOFF : EMPTY_BACKOFF)),
    );
  }

  private isDoneWith({ leaseId: lease, promptId }: Prompt): boolean {
    if (this.skips.some((skipped) => skipped.promptId === promptId)) return true;
    if (lease === this.held.current?.leaseId || lease === this.held.next?.leaseId) return true;
    return this.deps.isTaken(lease) || (this.done.has(lease) && !this.deps.mayReadAgain(lease));
  }

  private accept(answered: Prompt): void {
    // A lease that has run out on arrival (a very slow line) must not be asked for again at once, and again.
    const expiresAtMs = Math.max(answered.expiresAtMs, this.deps.now() + LEASE_SHORTEST_MS);
    const prompt = { ...answered, expiresAtMs };
    const { current, next } = this.held;
    if (current?.promptId === prompt.promptId) this.change({ current: prompt, next });
    else if (current && (this.busy || this.fresh(current))) this.change({ current, next: prompt });
    else if (next) this.change({ current: next, next: prompt });
    else this.change({ current: prompt, next: null });
  }

  private dropExpiredNext(): void {
    if (this.held.next && !this.fresh(this.held.next))
      this.change({ current: this.held.current, next: null });
  }

  private untilExpiryMs(): number | null {
    const { current, next } = this.held;
    const ends = [next, this.busy ? null : current].flatMap((prompt) => (prompt ? [prompt.expiresAtMs] : []));
    return ends.length > 0 ? Math.max(Math.min(...ends) - this.deps.now(), 1_000) : null;
  }

  private fresh(prompt: Prompt | null | undefined): Prompt | null {
    return prompt && prompt.expiresAtMs > this.deps.now() ? prompt : null;
  }

  private change(held: Held): void {
    this.held = held;
    this.answer = { kind: held.current ? 'ready' : 'asking' };
    this.save();
    this.deps.onChange();
  }

  private save(): void {
    const { current, next } = this.held;
    this.deps.save({ current: this.spent ? null : current, next, skips: this.skips });
  }

  private sleep(ms: number | null): void {
    if (ms === null || this.stopped) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.refill();
    }, ms);
  }

  private wait(failures: number, limits: typeof LEASE_BACKOFF): number {
    return backoffMs(failures, limits, this.deps.random);
  }
}
