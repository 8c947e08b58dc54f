import { toEpochSeconds } from '../../src/core/clock.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { keyIdOf } from '../../src/token/verification-key.ts'
import type { KeyPublication, Revocation, RootsStatement, TrustChange } from '../../src/trust/change.ts'
import { publishKey } from '../../src/trust/published-key.ts'
import { ISSUER } from './authority.ts'
import { NOON } from './ca-records.ts'
import { createTestCa } from './pki.ts'

export const NOON_SECONDS = toEpochSeconds(NOON)

export const ORIGIN = { by: 'operator:alice', at: NOON, reason: 'a "laptop" ü' }

/** A key that an authority publishes. @param expiresAt whole seconds since 1970 */
export function keyPublication(expiresAt: number = NOON_SECONDS + 600): KeyPublication {
  const { publicKey } = generateKeyPair()
  const credential = createTestCa({ clock: () => NOON }).credential('countersign/authority')
  return publishKey({ issuer: ISSUER, key: { keyId: keyIdOf(publicKey), publicKey }, expiresAt }, credential)
}

export function rootsStatement(text: string): RootsStatement {
  return { kind: 'roots', text, signature: Buffer.from(`signature of ${text}`) }
}

/** Tokens that are revoked, each with an ID of its own. */
export function revokedTokens(
  count: number,
  until: number = NOON_SECONDS + 600,
  prefix = 'token',
): readonly Revocation[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'token', id: `${prefix}-${index}`, until }))
}

/** One change of each kind. */
export function everyKind(): readonly TrustChange[] {
  const [until, upTo] = [NOON_SECONDS + 600, NOON_SECONDS]
  return [
    rootsStatement('the roots'),
    keyPublication(),
    { kind: 'token', id: 'FpbhEyWBVBsNxeCqbF6jNQ', until },
    { kind: 'grant', id: 'FpbhEyWBVBsNxeCqbF6jNQ', until },
    { kind: 'certificate', id: '4a01', until },
    { kind: 'intermediate', id: 'b1'.repeat(20), until },
    { kind: 'signingKey', id: 'k'.repeat(43), until },
    { kind: 'subject', id: 'user:alice', upTo },
    { kind: 'client', id: 'spiffe://shop.internal/orders', upTo },
    { kind: 'service', id: 'spiffe://shop.internal/orders', upTo },
    { kind: 'block', id: 'spiffe://shop.internal/orders', isLifted: false },
    { kind: 'block', id: 'spiffe://shop.internal/billing', isLifted: true },
  ]
}
