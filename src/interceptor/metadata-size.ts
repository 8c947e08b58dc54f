import type { Metadata } from '@grpc/grpc-js'
import { AuthError } from '../core/errors.ts'

/** What HTTP/2 adds for each field, RFC 9113 section 6.5.2. */
const ENTRY_BYTES = 32

/**
 * Refuses a call that brings too much: grpc-js knows no such limit, and Node has one for each entry only.
 * @throws AuthError REQUEST_INVALID
 */
export function requireMetadataWithin(metadata: Metadata, maxBytes: number): void {
  const size = sizeOf(metadata)
  if (size <= maxBytes) return
  throw new AuthError(
    'REQUEST_INVALID',
    `The metadata of the call takes ${size} bytes, of which the server allows ${maxBytes}. Send less.`,
  )
}

function sizeOf(metadata: Metadata): number {
  let size = 0
  const all = metadata.toJSON() // the values themselves, where getMap copies them
  for (const name in all) {
    for (const value of all[name] ?? []) size += name.length + value.length + ENTRY_BYTES
  }
  return size
}
