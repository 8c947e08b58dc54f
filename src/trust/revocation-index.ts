import { AuthError } from '../core/errors.ts'
import { LEEWAY_SECONDS, MAX_LIFETIME_SECONDS } from '../token/verify.ts'
import type { Revocation, RevokedById, RevokedUpTo } from './change.ts'
import { SweptMap } from './swept-map.ts'

/** What a revocation may name of a certificate. */
export interface CertificateIdentity {
  readonly serviceId: string
  /** In lowercase hex. */
  readonly serialNumber: string
  /** The subject key identifier of the intermediate that signed it, in lowercase hex. */
  readonly issuerKeyId: string | undefined
}

/** What a revocation may name of a token. */
export interface TokenIdentity {
  readonly tokenId: string
  readonly grantId: string
  readonly subject: string
  readonly clientId: string
  /** Of the key that signed it. */
  readonly keyId: string
  /** Whole seconds since 1970. */
  readonly issuedAt: number
}

/** By how much two clocks may differ: for how long a token is accepted after its end. */
const LEEWAYS = 2 * LEEWAY_SECONDS

/** Until when a token lives that was issued at a time, by whichever clock: whole seconds. */
const LONGEST_LIFE = MAX_LIFETIME_SECONDS + LEEWAYS

/** How many entries are looked at for each that comes: more than one, so that those that are over never pile up. */
const SWEPT_PER_ENTRY = 2

/**
 * What is revoked. It grows to millions, so that it is changed in place: by `add` and `sweep`, which whoever keeps it
 * calls, and read through `refusalOf…` alone.
 */
export class RevocationIndex {
  readonly #byId: Readonly<Record<RevokedById['kind'], SweptMap>> = {
    token: new SweptMap(),
    grant: new SweptMap(),
    certificate: new SweptMap(),
    intermediate: new SweptMap(),
    signingKey: new SweptMap(),
  }
  readonly #upTo: Readonly<Record<RevokedUpTo['kind'], SweptMap>> = {
    subject: new SweptMap(),
    client: new SweptMap(),
    service: new SweptMap(),
  }
  readonly #blocked = new Set<string>()

  /** How many revocations and blocks there are; those that are over count until they are swept. */
  get size(): number {
    const maps = [...Object.values(this.#byId), ...Object.values(this.#upTo)]
    return maps.reduce((sum, { size }) => sum + size, this.#blocked.size)
  }

  add(revocation: Revocation): void {
    const { kind, id } = revocation
    if (kind !== 'block') {
      if ('until' in revocation) this.#byId[revocation.kind].raise(id, revocation.until)
      else this.#upTo[revocation.kind].raise(id, revocation.upTo)
    } else if (revocation.isLifted) this.#blocked.delete(id)
    else this.#blocked.add(id)
  }

  /** @returns CERTIFICATE_REVOKED; `undefined` where nothing speaks against a certificate */
  refusalOfCertificate({ serviceId, serialNumber, issuerKeyId }: CertificateIdentity): AuthError | undefined {
    const { certificate, intermediate } = this.#byId
    if (this.#blocked.has(serviceId)) return CERTIFICATE_REFUSALS.service
    if (certificate.has(serialNumber)) return CERTIFICATE_REFUSALS.itself
    if (intermediate.size === 0) return undefined
    // A certificate that does not say which intermediate it is of may be of one that is distrusted.
    if (issuerKeyId !== undefined && !intermediate.has(issuerKeyId)) return undefined
    return CERTIFICATE_REFUSALS.intermediate
  }

  /** @returns TOKEN_REVOKED; `undefined` where nothing speaks against a token */
  refusalOfToken(token: TokenIdentity): AuthError | undefined {
    const { tokenId, grantId, subject, clientId, keyId, issuedAt } = token
    const { token: tokens, grant, signingKey } = this.#byId
    if (tokens.has(tokenId)) return TOKEN_REFUSALS.token
    if (grant.has(grantId)) return TOKEN_REFUSALS.grant
    if (signingKey.has(keyId)) return TOKEN_REFUSALS.signingKey
    if (this.#blocked.has(subject) || this.#blocked.has(clientId)) return TOKEN_REFUSALS.block
    const { subject: subjects, client, service } = this.#upTo
    if (isUpTo(issuedAt, subjects.get(subject))) return TOKEN_REFUSALS.subject
    if (isUpTo(issuedAt, client.get(clientId))) return TOKEN_REFUSALS.client
    const isOfService = isUpTo(issuedAt, service.get(clientId)) || isUpTo(issuedAt, service.get(subject))
    return isOfService ? TOKEN_REFUSALS.service : undefined
  }

  /** Whether a signing key may fall by what is revoked: by itself, or with the certificate of who published it. */
  get isAboutKeys(): boolean {
    const { signingKey, certificate, intermediate } = this.#byId
    return signingKey.size > 0 || certificate.size > 0 || intermediate.size > 0 || this.#blocked.size > 0
  }

  isSigningKeyRevoked(keyId: string): boolean {
    return this.#byId.signingKey.has(keyId)
  }

  /** Forgets what is over. @param count how many entries have come since the last time; @param now whole seconds */
  sweep(count: number, now: number): void {
    for (const map of Object.values(this.#byId)) map.sweep(count * SWEPT_PER_ENTRY, now - LEEWAYS)
    for (const map of Object.values(this.#upTo)) map.sweep(count * SWEPT_PER_ENTRY, now - LONGEST_LIFE)
  }

  *entries(): Generator<Revocation> {
    for (const [kind, map] of Object.entries(this.#byId) as [RevokedById['kind'], SweptMap][]) {
      for (const [id, until] of map.entries()) yield { kind, id, until }
    }
    for (const [kind, map] of Object.entries(this.#upTo) as [RevokedUpTo['kind'], SweptMap][]) {
      for (const [id, upTo] of map.entries()) yield { kind, id, upTo }
    }
    for (const id of this.#blocked) yield { kind: 'block', id, isLifted: false }
  }
}

/** With room for skew: the clock that set the time may be behind that which issued the token. */
function isUpTo(issuedAt: number, upTo: number | undefined): boolean {
  return upTo !== undefined && issuedAt <= upTo + LEEWAY_SECONDS
}

/** Made once: to make an error costs as much as all that is looked up, and whoever was revoked may call often. */
const CERTIFICATE_REFUSALS = {
  itself: certificateRefusal('it was revoked'),
  service: certificateRefusal('the service is blocked'),
  intermediate: certificateRefusal('the intermediate that issued it is distrusted'),
}

const TOKEN_REFUSALS = {
  token: tokenRefusal('the token'),
  grant: tokenRefusal('its grant'),
  signingKey: tokenRefusal('the key that signed it'),
  block: tokenRefusal('its service (blocked)'),
  subject: tokenRefusal('its subject'),
  client: tokenRefusal('its client'),
  service: tokenRefusal('its service'),
}

function certificateRefusal(logDetail: string): AuthError {
  const message =
    'The certificate of this connection is revoked, or its service blocked. Ask whoever runs the authority.'
  return new AuthError('CERTIFICATE_REVOKED', message, { logDetail })
}

function tokenRefusal(what: string): AuthError {
  const message = 'The token was revoked. Fetch a new one from the authority, which says where none is to be had.'
  return new AuthError('TOKEN_REVOKED', message, { logDetail: `revoked: ${what}` })
}
