// The microphone: opened at Record with everything off that is good for calls and bad for speech data, and let go at
// Stop, so that no light stays on while nothing is recorded.
import { microphoneProblem, type Problem } from './flow';
import { loudness, rms, wavFile, wavSecondsMax } from './sound';

export type Format = 'opus' | 'wav';

export interface Recorded {
  readonly audio: ArrayBuffer;
  readonly contentType: string;
  readonly durationMs: number;
  readonly levels: readonly number[];
}

export interface LiveRecording {
  /** Loudness so far, one value each LEVEL_EVERY_MS. */
  readonly levels: readonly number[];
  readonly longestMs: number;
  /** Resolves when the recording ends without Stop: the device took the microphone away. */
  readonly lost: Promise<void>;
  stop(): Promise<Recorded>;
}

export interface Microphone {
  /** Throws MicrophoneError. */
  start(format: Format, longestMs: number): Promise<LiveRecording>;
  release(): void;
}

export class MicrophoneError extends Error {
  constructor(readonly problem: Problem) {
    super(problem);
  }
}

export const LEVEL_EVERY_MS = 50;
const BITS_PER_SECOND = 32_000;
/** People press Stop on the last syllable. */
const TAIL_MS = 150;
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4;codecs=mp4a.40.2', 'audio/mp4'];

export function bestType(isSupported: (type: string) => boolean): string | null {
  return TYPES.find(isSupported) ?? null;
}

export class BrowserMicrophone implements Microphone {
  private stream: MediaStream | null = null;
  private context: AudioContext | null = null;

  constructor(private readonly workletUrl: string) {}

  async start(format: Format, longestMs: number): Promise<LiveRecording> {
    const context = (this.context ??= new AudioContext());
    const [stream] = await Promise.all([this.open(), context.resume()]);
    const source = context.createMediaStreamSource(stream);
    const meter = new Meter(context, source);
    try {
      const capture =
        format === 'wav'
          ? await WavCapture.start(context, source, this.workletUrl)
          : EncodedCapture.start(oneChannel(context, source));
      const wavMs = wavSecondsMax(context.sampleRate) * 1_000;
      return this.live(
        capture,
        meter,
        source,
        lossOf(stream),
        format === 'wav' ? Math.min(longestMs, wavMs) : longestMs,
      );
    } catch (error) {
      meter.stop();
      this.release();
      throw error instanceof MicrophoneError ? error : new MicrophoneError('unsupported');
    }
  }

  release(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  private async open(): Promise<MediaStream> {
    // Not there at all on an insecure page, whatever the types say.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (!isSecureContext || !devices) throw new MicrophoneError(isSecureContext ? 'unsupported' : 'insecure');
    const audio = {
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
      channelCount: { ideal: 1 },
    };
    try {
      this.stream = await devices.getUserMedia({ audio });
      return this.stream;
    } catch (error) {
      throw new MicrophoneError(microphoneProblem(error instanceof Error ? error.name : ''));
    }
  }

  private live(
    capture: Capture,
    meter: Meter,
    source: AudioNode,
    lost: Promise<void>,
    longestMs: number,
  ): LiveRecording {
    const startedAt = performance.now();
    return {
      levels: meter.levels,
      longestMs,
      lost,
      stop: async () => {
        await new Promise((resolve) => setTimeout(resolve, TAIL_MS));
        const durationMs = Math.round(performance.now() - startedAt);
        const { audio, contentType } = await capture.stop();
        meter.stop();
        source.disconnect();
        this.release();
        return { audio, contentType, durationMs, levels: meter.levels };
      },
    };
  }
}

/** Resolves when the device takes the microphone away. A track that the page itself stops does not tell. */
function lossOf(stream: MediaStream): Promise<void> {
  return new Promise((resolve) => {
    for (const track of stream.getAudioTracks()) {
      track.addEventListener('ended', () => {
        resolve();
      });
    }
  });
}

/** Some browsers give two channels whatever was asked for, and their encoders follow. */
function oneChannel(context: AudioContext, source: MediaStreamAudioSourceNode): MediaStream {
  const [track] = source.mediaStream.getAudioTracks();
  if (track?.getSettings().channelCount === 1) return source.mediaStream;
  const mixed = context.createMediaStreamDestination();
  mixed.channelCount = 1;
  mixed.channelCountMode = 'explicit';
  source.connect(mixed);
  return mixed.stream;
}

class Meter {
  readonly levels: number[] = [];
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(context: AudioContext, source: AudioNode) {
    const analyser = context.createAnalyser();
    analyser.fftSize = 2048;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.levels.push(loudness(rms(samples)));
    }, LEVEL_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

interface Capture {
  stop(): Promise<{ audio: ArrayBuffer; contentType: string }>;
}

/** Opus or AAC by the browser's own encoder. */
class EncodedCapture implements Capture {
  private readonly ended: Promise<void>;
  private readonly parts: Blob[] = [];

  private constructor(private readonly recorder: MediaRecorder) {
    recorder.addEventListener('dataavailable', (event) => this.parts.push(event.data));
    this.ended = new Promise((resolve) => {
      recorder.addEventListener('stop', () => {
        resolve();
      });
    });
  }

  static start(stream: MediaStream): EncodedCapture {
    const known = typeof MediaRecorder !== 'undefined';
    const mimeType = known ? bestType((type) => MediaRecorder.isTypeSupported(type)) : null;
    if (mimeType === null) throw new MicrophoneError('unsupported');
    const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
    const capture = new EncodedCapture(recorder);
    recorder.start(1_000);
    return capture;
  }

  async stop(): Promise<{ audio: ArrayBuffer; contentType: string }> {
    if (this.recorder.state !== 'inactive') this.recorder.stop();
    await this.ended;
    const contentType = this.recorder.mimeType;
    return { audio: await new Blob(this.parts).arrayBuffer(), contentType };
  }
}

/** Every sample as the device gives it. */
class WavCapture implements Capture {
  private readonly chunks: Float32Array[] = [];

  private constructor(
    private readonly tap: AudioWorkletNode,
    private readonly sampleRate: number,
  ) {
    tap.port.onmessage = (event: MessageEvent<Float32Array>) => this.chunks.push(event.data);
  }

  static async start(
    context: AudioContext,
    source: MediaStreamAudioSourceNode,
    url: string,
  ): Promise<WavCapture> {
    await context.audioWorklet.addModule(url);
    const tap = new AudioWorkletNode(context, 'tap', {
      numberOfOutputs: 0,
      channelCount: 1,
      channelCountMode: 'explicit',
    });
    source.connect(tap);
    return new WavCapture(tap, context.sampleRate);
  }

  stop(): Promise<{ audio: ArrayBuffer; contentType: string }> {
    this.tap.port.onmessage = null;
    this.tap.disconnect();
    return Promise.resolve({ audio: wavFile(this.chunks, this.sampleRate), contentType: 'audio/wav' });
  }
}
