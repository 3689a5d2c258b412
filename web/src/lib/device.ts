// The browser's own services behind the small functions that the rest of lib takes.
import type { Held } from './leases';

const TAB_LOCK = 'antiphon-tab-';

/** Missing in old browsers and on insecure pages, whatever the types say. */
const locks = (): LockManager | undefined => (navigator as { locks?: LockManager }).locks;

/** Runs the work unless another tab holds this claim. Without Web Locks everyone may: sending twice is harmless. */
export async function claim(name: string, work: () => Promise<void>): Promise<boolean> {
  const manager = locks();
  if (!manager) {
    await work();
    return true;
  }
  let ran = false;
  await manager.request(name, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    ran = true;
    await work();
  });
  return ran;
}

/** Shows other tabs that this one lives; the browser lets go of it when the tab ends, however it ends. */
export async function holdTab(session: string): Promise<void> {
  const manager = locks();
  if (!manager) return;
  await new Promise<void>((held) => {
    void manager.request(TAB_LOCK + session, () => {
      held();
      return new Promise(() => undefined);
    });
  });
}

export async function openTabs(): Promise<ReadonlySet<string>> {
  const held = (await locks()?.query())?.held ?? [];
  return new Set(
    held.flatMap(({ name }) => (name?.startsWith(TAB_LOCK) ? [name.slice(TAB_LOCK.length)] : [])),
  );
}

export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Asks the browser not to throw the takes away when room is short. */
export function askToPersist(): void {
  const storage = (navigator as { storage?: Partial<StorageManager> }).storage;
  void storage?.persist?.().catch(() => false);
}

/** The sentences of this tab, over a reload. */
export function heldIn(
  locale: string,
  speakerId: string,
): { load: () => Held | null; save: (held: Held) => void } {
  const key = `antiphon-held-${locale}-${speakerId}`;
  return {
    load: () => {
      try {
        return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Held | null;
      } catch {
        return null;
      }
    },
    save: (held) => {
      try {
        sessionStorage.setItem(key, JSON.stringify(held));
      } catch {
        // Only a reload gets dearer.
      }
    },
  };
}

/** News between the tabs of this device. */
export function tabChannel(onNews: () => void): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined;
  const channel = new BroadcastChannel('antiphon');
  channel.onmessage = onNews;
  return () => {
    channel.postMessage('changed');
  };
}
