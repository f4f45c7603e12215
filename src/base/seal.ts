// Bytes at rest: each thing is encrypted under a key of its own, and that key is wrapped by one of the installation (AES-256-GCM
// both times). What it belongs to is bound in, so that a sealed thing put in another's place does not open. A new key of the
// installation leaves what is sealed as it is: the old one is kept beside it and found by its id.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export interface Sealed {
  /** Which key of the installation wraps the key of this thing. */
  keyId: string;
  wrappedKey: Buffer;
  sealed: Buffer;
}

export interface Sealer {
  /** @param bound what it belongs to (ids); must be said again to open it */
  seal(plain: Uint8Array, bound: string): Sealed;
  /** @throws Error when the key is not here, or the thing was changed or belongs elsewhere */
  open(sealed: { keyId: string; wrappedKey: Uint8Array; sealed: Uint8Array }, bound: string): Buffer;
}

const ivBytes = 12;
const tagBytes = 16;

function encrypt(key: Uint8Array, plain: Uint8Array, bound: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound, 'utf8'));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

function decrypt(key: Uint8Array, sealed: Uint8Array, bound: string): Buffer {
  const iv = sealed.subarray(0, ivBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(bound, 'utf8')).setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
}

const idOf = (key: Uint8Array): string => createHash('sha256').update('tsunagi key id').update(key).digest('hex').slice(0, 12);

/**
 * @param key the one that seals from now on (32 bytes, base64)
 * @param older ones that still open what they have sealed
 */
export function openSealer(key: string, older: readonly string[] = []): Sealer {
  const keys = [key, ...older].map((text) => Buffer.from(text, 'base64'));
  if (keys.some((one) => one.length !== 32)) throw new Error('settings: a key for attachments is 32 bytes in base64');
  const byId = new Map(keys.map((one) => [idOf(one), one]));
  const current = keys[0]!;
  const keyId = idOf(current);
  return {
    seal(plain, bound) {
      const own = randomBytes(32);
      return { keyId, wrappedKey: encrypt(current, own, `key|${bound}`), sealed: encrypt(own, plain, bound) };
    },
    open({ keyId: wanted, wrappedKey, sealed }, bound) {
      const outer = byId.get(wanted);
      if (!outer) throw new Error(`no key ${wanted} for attachments`);
      return decrypt(decrypt(outer, wrappedKey, `key|${bound}`), sealed, bound);
    },
  };
}
