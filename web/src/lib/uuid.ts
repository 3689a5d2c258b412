// Identifiers made on the device. getRandomValues works in insecure contexts too, where randomUUID is missing.

export type Fill = (bytes: Uint8Array) => void;

const fillFromBrowser: Fill = (bytes) => {
  crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>);
};

/** UUIDv7 (RFC 9562): 48 bits of Unix time in milliseconds, then random bits. Names a recording. */
export function uuid7(nowMs: number = Date.now(), fill: Fill = fillFromBrowser): string {
  const bytes = new Uint8Array(16);
  fill(bytes);
  const high = Math.floor(nowMs / 0x1_0000);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, high >>> 0);
  view.setUint16(4, nowMs % 0x1_0000);
  return withVersion(bytes, 7);
}

/** UUIDv4: all random. Names a speaker, a tab's session, a request. */
export function uuid4(fill: Fill = fillFromBrowser): string {
  const bytes = new Uint8Array(16);
  fill(bytes);
  return withVersion(bytes, 4);
}

function withVersion(bytes: Uint8Array, version: number): string {
  const view = new DataView(bytes.buffer);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | (version << 4));
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
