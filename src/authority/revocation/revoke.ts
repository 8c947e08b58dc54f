import type { Revocation } from '../../ca/revocation.ts'
import type { Revocations } from '../../ca/revocations.ts'
import { type Clock, toEpochSeconds } from '../../core/clock.ts'
import { AuthError } from '../../core/errors.ts'
import type { Logger } from '../../core/logger.ts'
import {
  AUTHORITY_PATH,
  parseServiceId,
  type ServiceId,
  servicePathOf,
  type TrustDomain,
  trustDomainOf,
} from '../../identity/service-id.ts'
import { isPlainId } from '../../token/claims.ts'
import type { TrustChange } from '../../trust/change.ts'
import { formatRevision, type Revision } from '../../trust/revision.ts'
import type { TrustState } from '../../trust/trust-state.ts'
import type { TrustLog } from '../log/trust-log.ts'
import { parseReason } from './reason.ts'
import { revocationById } from './revocable-id.ts'
import { parseRevocableSubject } from './revocable-subject.ts'
import { verifyRevocableToken } from './revocable-token.ts'
import { parseSerialNumber } from './serial-number.ts'

export interface RevokeOptions {
  readonly trustDomain: TrustDomain
  readonly trustLog: TrustLog
  readonly revocations: Revocations
  /** This process's own. */
  readonly trust: TrustState
  /** Puts in force what was written to the log. */
  readonly look: () => Promise<void>
  readonly logger: Logger
  readonly clock: Clock
}

/** What is to be revoked, not yet checked. */
export interface RevokeTarget {
  readonly kind: 'token' | 'tokenId' | 'grantId' | 'subject' | 'client' | 'service' | 'certificate'
  /** A token in compact form, an ID, or a serial number in hex. */
  readonly text: string
}

export interface RevokeRequest {
  readonly target: RevokeTarget
  /** For the record, in words. One line of up to 200 characters. */
  readonly reason: string
  /** Who asks: `operator:alice`, or a service ID. */
  readonly by: string
}

/** What was revoked: as what, under which ID, and since when verifiers know. */
interface Revoked {
  readonly kind: string
  readonly id: string
  /** Undefined where there was nothing to revoke. */
  readonly revision: Revision | undefined
  /** How many certificates fell with it. */
  readonly certificates?: number
}

/**
 * Revokes something for good. It is on disk, and on its way to the verifiers, once this resolves, with the revision from
 * which on they refuse it; without one where a token has expired, so that there was nothing to revoke.
 *
 * An ID that was misspelt protects from nothing, and nobody would notice: what can be looked up is. A token has to be one
 * that an authority here issued, a certificate has to be recorded. A service is not refused where it has no certificate
 * (asking twice must not fail); how many fell is logged.
 * Errors: REQUEST_INVALID, TOKEN_INVALID, STORE_UNAVAILABLE.
 */
export function createRevoke(options: RevokeOptions) {
  const { look, logger } = options

  return async ({ target, reason, by }: RevokeRequest): Promise<Revision | undefined> => {
    const record = { reason: parseReason(reason), by }
    const { revision, ...revoked } = await REVOKERS[target.kind](target.text, record, options)
    if (revision === undefined) logger.info({ ...revoked, by, reason }, 'nothing to revoke: the token has expired')
    else {
      logger.warn({ ...revoked, by, reason, revision: formatRevision(revision) }, 'revoked')
      await look()
    }
    return revision
  }
}

export type Revoke = ReturnType<typeof createRevoke>

type Revoker = (
  text: string,
  record: { readonly by: string; readonly reason: string },
  options: RevokeOptions,
) => Promise<Revoked>

const REVOKERS: Readonly<Record<RevokeTarget['kind'], Revoker>> = {
  async token(text, record, options) {
    const { trust, clock } = options
    const { claims, revocation } = await verifyRevocableToken(text, { keys: trust.head().keys, clock })
    if (revocation === undefined) return { kind: 'token', id: claims.tokenId, revision: undefined }
    return append(revocation, record, options)
  },
  tokenId: (id, record, options) => append(revocationById('token', id, options.clock), record, options),
  grantId: (id, record, options) => append(revocationById('grant', id, options.clock), record, options),
  subject(text, record, options) {
    return append(
      { kind: 'subject', id: parseRevocableSubject(text, options.trustDomain), upTo: nowOf(options) },
      record,
      options,
    )
  },
  client(text, record, options) {
    return append({ kind: 'client', id: parseClient(text, options.trustDomain), upTo: nowOf(options) }, record, options)
  },
  async service(text, record, { trustDomain, revocations, clock }) {
    const id = requireNoAuthority(parseOwnService(text, trustDomain))
    const { certificates, revision } = await revocations.revokeService(id, revocationOf(record, clock))
    return { kind: 'service', id, revision, certificates: certificates.length }
  },
  async certificate(text, record, { revocations, clock }) {
    const id = parseSerialNumber(text)
    const owner = await revocations.ownerOf(id)
    if (owner !== undefined) requireNoAuthority(owner)
    const revoked = await revocations.revokeCertificate(id, revocationOf(record, clock))
    if (revoked === undefined)
      throw refused('No certificate of this serial number was issued here. Nothing was revoked.')
    return { kind: 'certificate', id, revision: revoked.revision }
  },
}

function revocationOf({ by, reason }: { readonly by: string; readonly reason: string }, clock: Clock): Revocation {
  const why = reason === '' ? {} : { inWords: reason }
  return { reason: 'unspecified', revokedAt: clock(), revokedBy: by, ...why }
}

async function append(
  change: Extract<TrustChange, { readonly id: string }>,
  { by, reason }: { readonly by: string; readonly reason: string },
  { trustLog, clock }: RevokeOptions,
): Promise<Revoked> {
  const revision = await trustLog.append([change], { by, reason, at: clock() })
  return { kind: change.kind, id: change.id, revision }
}

function nowOf({ clock }: RevokeOptions): number {
  return toEpochSeconds(clock())
}

/** A token's `client_id`: that of a service, or of a client from elsewhere. */
function parseClient(text: string, trustDomain: TrustDomain): string {
  return isPlainId(text) ? text : parseOwnService(text, trustDomain)
}

/** A service that may revoke is not to stop those who would tell of it. */
function requireNoAuthority(id: ServiceId): ServiceId {
  if (servicePathOf(id) !== AUTHORITY_PATH) return id
  throw refused('Of an authority its signing keys are revoked, or its intermediate, by commands: not its service.')
}

function parseOwnService(text: string, trustDomain: TrustDomain): ServiceId {
  const id = parseServiceId(text)
  if (trustDomainOf(id) === trustDomain) return id
  throw refused(`${id} is no service of ${trustDomain}.`)
}

function refused(message: string): AuthError {
  return new AuthError('REQUEST_INVALID', message)
}
