import type { Metadata } from '@grpc/grpc-js'

/**
 * Under which our clients send a token. RFC 6750's `authorization` is taken too; but HTTP/2 libraries never index that
 * header (RFC 7541 section 7.1.3 fears for secrets that can be guessed, which a signature cannot), so that each call sends
 * its 600 characters anew: a tenth of the server's time. Under another name HPACK sends them once per connection.
 */
export const TOKEN_KEY = 'countersign-token'

const KEYS = [TOKEN_KEY, 'authorization']

/** Whether metadata brings a token, or something in a token's place. */
export function bringsToken(metadata: Metadata): boolean {
  return KEYS.some((key) => metadata.get(key).length > 0)
}

export function removeToken(metadata: Metadata): void {
  for (const key of KEYS) metadata.remove(key)
}
