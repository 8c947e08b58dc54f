import { type Clock, systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import type { Logger } from '../../src/core/logger.ts'
import type { Credential } from '../../src/identity/credential.ts'
import type { VerificationKey } from '../../src/token/verification-key.ts'
import type { Revocation, TrustChange } from '../../src/trust/change.ts'
import { publishKey } from '../../src/trust/published-key.ts'
import { TrustState, type TrustStateOptions } from '../../src/trust/trust-state.ts'
import { ISSUER } from './authority.ts'
import type { TestCa } from './pki.ts'

export interface TrustOptions extends Partial<TrustStateOptions> {
  readonly pki: Pick<TestCa, 'credential'>
  readonly keys?: readonly VerificationKey[]
  readonly issuer?: string
  readonly clock?: Clock
  readonly logger?: Logger
}

/** A trust state that is fresh, and knows the keys of an authority of the CA. It moves with `clock`. */
export function trustIn({ pki, keys = [], issuer = ISSUER, clock = systemClock, ...others }: TrustOptions): TrustState {
  const trust = new TrustState({
    credential: pki.credential('verifier'),
    clock,
    ...others,
  })
  const revision = { epoch: 1, sequence: 1 }
  const contents = trust.beginSnapshot(revision, issuer)
  contents.add(
    keys.map((key) => publicationOf(key, { authority: pki.credential('countersign/authority'), issuer, clock })),
  )
  trust.replace(contents)
  trust.vouch(revision, 0)
  return trust
}

/** A trust state that is fresh, and knows no key and nothing against anybody. */
export function trustWithoutKeys(credential: Credential): TrustState {
  const trust = new TrustState({ credential })
  const revision = { epoch: 1, sequence: 1 }
  trust.replace(trust.beginSnapshot(revision, ISSUER))
  trust.vouch(revision, 0)
  return trust
}

interface Publisher {
  readonly authority: Credential
  readonly issuer?: string
  readonly clock?: Clock
}

/** As an authority publishes a key, for a bit more than an hour. */
export function publicationOf(key: VerificationKey, { authority, issuer = ISSUER, clock = systemClock }: Publisher) {
  return publishKey({ issuer, key, expiresAt: toEpochSeconds(clock()) + 4_000 }, authority)
}

/** Brings changes as a feed does: at the next revision, and vouched for. */
export function bring(trust: TrustState, ...changes: readonly TrustChange[]): void {
  const { epoch, sequence } = trust.revision ?? { epoch: 1, sequence: 0 }
  const revision = { epoch, sequence: sequence + 1 }
  trust.apply({ after: { epoch, sequence }, revision, changes })
  trust.vouch(revision, 0)
}

/** Revokes as a feed does. */
export function revoke(trust: TrustState, ...revocations: readonly Revocation[]): void {
  bring(trust, ...revocations)
}
