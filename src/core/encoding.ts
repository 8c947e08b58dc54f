import { hash, randomFillSync } from 'node:crypto'

/**
 * Decodes base64url without padding (RFC 4648 section 5), and only its canonical spelling:
 * `undefined` for other characters, padding, or unused bits that are not zero.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes UTF-8; `undefined` where the bytes are not UTF-8. A byte order mark stays in the text. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

export function sha256(bytes: Uint8Array | string): Buffer {
  return hash('sha256', bytes, 'buffer')
}

/** SHA-256 in base64url without padding, 43 characters. */
export function sha256Base64Url(bytes: Uint8Array | string): string {
  return hash('sha256', bytes, 'base64url')
}

const ID_BYTES = 16

/** Random bytes for IDs to come: what the generator costs is its call. IDs are no secrets, and may lie in memory. */
const pool = Buffer.alloc(64 * ID_BYTES)
let poolOffset = pool.length

/** 128 random bits in base64url, 22 characters: token IDs, grant IDs, decision IDs. No secret. */
export function randomId(): string {
  if (poolOffset === pool.length) {
    randomFillSync(pool)
    poolOffset = 0
  }
  poolOffset += ID_BYTES
  return pool.toString('base64url', poolOffset - ID_BYTES, poolOffset)
}
