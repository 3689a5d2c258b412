// The page's conductor: joins the flow, the leases, the microphone, the store and the sender into one view that the
// components draw. It owns no DOM. Every change ends in onChange; `view` is then new.
import type { Api, Prompt } from './api';
import { IDLE, after, isBusy, type Origin, type Phase, type Problem, type Step } from './flow';
import { Leases, type Held, type Supply } from './leases';
import {
  MicrophoneError,
  type Format,
  type LiveRecording,
  type Microphone,
  type Recorded,
} from './microphone';
import { Sender, type SenderDeps, type SenderNews } from './sender';
import { condense } from './sound';
import type { Consent, Kept, TakeStore } from './store';
import { TAKES_ON_DEVICE_MAX, type Direction, type Take } from './take';

export interface Sentence {
  readonly text: string;
  readonly locale: string;
  readonly direction: Direction;
}

export interface View {
  readonly phase: Phase;
  readonly sentence: Sentence | null;
  readonly supply: Supply;
  readonly kept: Kept;
  readonly live: LiveRecording | null;
  /** The take in review, or the one that found no room on the device. */
  readonly take: Take | null;
  readonly news: SenderNews | null;
  /** An answer of the device is awaited: no button counts. */
  readonly locked: boolean;
}

export interface StudioDeps {
  readonly api: Api;
  readonly store: TakeStore;
  readonly microphone: Microphone;
  readonly claim: SenderDeps['claim'];
  /** The sessions of other tabs that are open now. */
  readonly openTabs: () => Promise<ReadonlySet<string>>;
  readonly tab: string;
  readonly locale: string;
  readonly consent: Consent;
  readonly format: Format;
  readonly longestMs: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly newRecordingId: () => string;
  readonly newRequestId: () => string;
  readonly loadHeld: () => Held | null;
  readonly saveHeld: (held: Held) => void;
  /** Tells other tabs that the store has changed. */
  readonly tellOthers: () => void;
  readonly onChange: () => void;
}

interface Unsaved {
  readonly take: Take;
  readonly audio: ArrayBuffer;
}

export class Studio {
  private phase: Phase = IDLE;
  private kept: Kept = { takes: [], arrivals: [], arrivedCount: 0 };
  private live: LiveRecording | null = null;
  private reading: Prompt | Take | null = null;
  private origin: Origin = 'now';
  private replaces: string | null = null;
  private unsaved: Unsaved | null = null;
  private news: SenderNews | null = null;
  private locked = false;
  private limit: ReturnType<typeof setTimeout> | null = null;
  private readonly leases: Leases;
  private readonly sender: Sender;
  private latest: View;

  constructor(private readonly deps: StudioDeps) {
    const { api, store, locale, now, random, claim } = deps;
    this.leases = new Leases({
      api,
      locale,
      now,
      random,
      speakerId: deps.consent.speakerId,
      newId: deps.newRequestId,
      load: deps.loadHeld,
      save: deps.saveHeld,
      isTaken: (lease) => this.kept.takes.some((take) => take.leaseId === lease && take.state !== 'refused'),
      mayReadAgain: (lease) =>
        this.kept.takes.some((take) => take.leaseId === lease && take.state === 'refused'),
      onChange: () => {
        this.draw();
      },
    });
    const onChange = (news: SenderNews): void => {
      this.news = news;
      void this.storeChanged().then(() => {
        // The studio has one lease of ours less to count.
        if (news.kind === 'arrived' || news.kind === 'refused') this.leases.wake();
      });
    };
    this.sender = new Sender({ api, store, now, random, claim, onChange });
    this.latest = this.compose();
  }

  get view(): View {
    return this.latest;
  }

  /** Offers what an earlier visit left behind, sends what waits, fetches sentences. */
  async start(): Promise<void> {
    await this.reload();
    await this.offerLeftover();
    this.wake();
  }

  stop(): void {
    if (this.limit) clearTimeout(this.limit);
    this.leases.stop();
    this.sender.stop();
    this.deps.microphone.release();
  }

  /** The device is on line again, or the page is looked at again. */
  wake(): void {
    this.sender.wake();
    this.leases.wake();
  }

  /** Another tab changed the store. */
  async reload(): Promise<void> {
    this.kept = await this.deps.store.kept();
    // Another tab may have sent or deleted what is offered here too.
    if (this.phase.at === 'review' && !this.locked && this.reviewed()?.state !== 'recorded')
      this.leaveReview();
    this.draw();
  }

  async record(): Promise<void> {
    const source = this.phase.at === 'review' ? this.reviewed() : this.leases.current;
    if (!source || this.locked || (this.phase.at !== 'idle' && this.phase.at !== 'review')) return;
    if (this.kept.takes.length >= TAKES_ON_DEVICE_MAX) {
      this.step({ do: 'fail', problem: 'tooMany' });
      return;
    }
    this.replaces = this.phase.at === 'review' ? this.phase.takeId : null;
    this.origin = this.phase.at === 'review' ? this.phase.from : 'now';
    this.reading = source;
    this.step({ do: 'record' });
    try {
      const live = await this.deps.microphone.start(this.deps.format, this.deps.longestMs);
      this.live = live;
      this.step({ do: 'opened', nowMs: this.deps.now() });
      this.limit = setTimeout(() => void this.end(live), live.longestMs);
      void live.lost.then(() => this.end(live));
    } catch (error) {
      this.fail(error instanceof MicrophoneError ? error.problem : 'unsupported');
    }
  }

  async end(live: LiveRecording | null = this.live): Promise<void> {
    if (!live || live !== this.live || this.phase.at !== 'recording') return;
    if (this.limit) clearTimeout(this.limit);
    this.step({ do: 'stop' });
    try {
      const recorded = await live.stop();
      this.live = null;
      if (recorded.audio.byteLength === 0) this.fail('nothing');
      else await this.keep({ take: this.makeTake(recorded), audio: recorded.audio });
    } catch {
      this.live = null;
      this.fail('nothing');
    }
  }

  async send(): Promise<void> {
    const { phase } = this;
    if (phase.at !== 'review') return;
    await this.exclusively(async () => {
      await this.deps.store.enqueue(phase.takeId, this.deps.tab, this.deps.now());
      this.news = null;
      this.leaveReview();
      await this.storeChanged();
      this.sender.wake();
      await this.offerLeftover();
    });
  }

  /** Deletes the reading in review; the sentence stays, and an earlier reading that it was to replace comes back. */
  async discard(): Promise<void> {
    const { phase, replaces } = this;
    if (phase.at !== 'review' && phase.at !== 'unsaved') return;
    await this.exclusively(async () => {
      if (phase.at === 'review') await this.deps.store.remove(phase.takeId);
      this.unsaved = null;
      this.leases.setSpent(false);
      this.step({ do: 'done' });
      await this.storeChanged();
      const old = this.kept.takes.find((take) => take.id === replaces);
      if (old) this.step({ do: 'review', takeId: old.id, from: this.origin, problem: null });
      else await this.offerLeftover();
    });
  }

  skip(): void {
    if (this.phase.at !== 'idle' || this.locked) return;
    this.phase = IDLE;
    this.leases.skip();
  }

  /** Tries again to keep what found no room. */
  async keepAgain(): Promise<void> {
    if (this.phase.at !== 'unsaved' || !this.unsaved) return;
    this.step({ do: 'keepAgain' });
    await this.keep(this.unsaved);
  }

  /** Sends a refused take once more, as a new one would be sent. */
  async requeue(id: string): Promise<void> {
    await this.deps.store.enqueue(id, this.deps.tab, this.deps.now());
    await this.storeChanged();
    this.sender.wake();
  }

  async remove(id: string): Promise<void> {
    await this.deps.store.remove(id);
    await this.storeChanged();
  }

  async audio(id: string): Promise<ArrayBuffer | null> {
    if (this.unsaved?.take.id === id) return this.unsaved.audio;
    return (await this.deps.store.audio(id)) ?? null;
  }

  /** One answer to one press: a second press while the device works counts for nothing. */
  private async exclusively(work: () => Promise<void>): Promise<void> {
    if (this.locked) return;
    this.locked = true;
    this.draw();
    try {
      await work();
    } catch {
      if (this.phase.at === 'review') this.phase = { ...this.phase, problem: 'storage' };
    } finally {
      this.locked = false;
      this.draw();
    }
  }

  private leaveReview(): void {
    if (this.phase.at !== 'review') return;
    if (this.phase.from === 'now') this.leases.advance();
    this.step({ do: 'done' });
  }

  private async keep(unsaved: Unsaved): Promise<void> {
    this.unsaved = unsaved;
    try {
      await this.deps.store.add(unsaved.take, unsaved.audio, this.replaces);
    } catch (error) {
      this.fail(error instanceof Error && error.name === 'QuotaExceededError' ? 'full' : 'storage');
      return;
    }
    this.unsaved = null;
    if (this.origin === 'now') this.leases.setSpent(true);
    this.kept = await this.deps.store.kept();
    this.step({ do: 'kept', takeId: unsaved.take.id, from: this.origin });
    this.deps.tellOthers();
  }

  private makeTake(recorded: Recorded): Take {
    const source = this.reading;
    if (!source) throw new Error('a take without a sentence');
    const { promptId, text, locale, direction, leaseId } = source;
    const { consent, tab, now, newRecordingId } = this.deps;
    return {
      id: newRecordingId(),
      ...{ promptId, text, locale, direction, leaseId },
      speakerId: consent.speakerId,
      consentVersion: consent.version,
      contentType: recorded.contentType,
      sizeBytes: recorded.audio.byteLength,
      durationMs: recorded.durationMs,
      peaks: condense(recorded.levels),
      recordedAtMs: now(),
      tab,
      state: 'recorded',
      slot: null,
      attempts: 0,
      dueAtMs: 0,
      refusal: null,
    };
  }

  /** A problem never costs the reading that is kept already: back to it, if there is one. */
  private fail(problem: Problem): void {
    const old = this.kept.takes.find((take) => take.id === this.replaces);
    this.step({ do: 'fail', problem });
    if (old) this.step({ do: 'review', takeId: old.id, from: this.origin, problem });
  }

  private async offerLeftover(): Promise<void> {
    if (this.phase.at !== 'idle') return;
    const tabs = await this.deps.openTabs();
    const left = this.kept.takes.find((take) => take.state === 'recorded' && !tabs.has(take.tab));
    if (left) this.step({ do: 'review', takeId: left.id, from: 'earlier', problem: null });
  }

  private reviewed(): Take | null {
    const { phase } = this;
    if (phase.at !== 'review') return null;
    return this.kept.takes.find((take) => take.id === phase.takeId) ?? null;
  }

  private async storeChanged(): Promise<void> {
    await this.reload();
    this.deps.tellOthers();
  }

  private step(step: Step): void {
    this.phase = after(this.phase, step);
    if (this.phase.at === 'idle') this.replaces = null;
    this.leases.setBusy(isBusy(this.phase));
    this.draw();
  }

  private draw(): void {
    this.latest = this.compose();
    this.deps.onChange();
  }

  private compose(): View {
    const { phase, kept, live, news, locked } = this;
    const take = phase.at === 'unsaved' ? (this.unsaved?.take ?? null) : this.reviewed();
    const reading = phase.at === 'idle' ? this.leases.current : (take ?? this.reading);
    return { phase, sentence: reading, supply: this.leases.supply, kept, live, take, news, locked };
  }
}
