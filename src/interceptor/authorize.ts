import type { MetadataValue } from '@grpc/grpc-js'
import type { AccessRule, TokenRule } from '../access/access-rule.ts'
import { isCallerAllowed } from '../access/access-rule.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { formatScopes } from '../core/scope.ts'
import { servicePathOf } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { TokenVerifier, VerifiedToken } from '../token/verify.ts'
import type { TrustState } from '../trust/trust-state.ts'
import type { Admission } from './caller.ts'
import { certificateExpired } from './expiry-refusal.ts'

export interface AuthorizeOptions {
  readonly ruleOf: (method: string) => AccessRule | undefined
  readonly verifyToken: TokenVerifier
  readonly trust: TrustState
  /** Methods that are answered also while what is known is too old to go by: by certificate, where it is not revoked. */
  readonly answeredWithoutTrust: ReadonlySet<string>
  readonly clock: Clock
}

/** What a call brings. */
export interface Presented {
  /** `/shop.v1.Inventory/Reserve`, from the handler's own definition. */
  readonly method: string
  readonly peer: VerifiedPeer | undefined
  /** All values of the metadata `countersign-token`. */
  readonly token: readonly MetadataValue[]
  /** All values of the metadata `authorization`. */
  readonly authorization: readonly MetadataValue[]
}

/**
 * Decides whether a call may reach its handler: trust, rule, certificate, token, caller, scopes, in this order.
 * Does no network round trip. Decides at once where trust is fresh and the token known: a promise for each call would
 * cost as much as all that is compared here.
 * @throws AuthError for each refusal; where a promise was returned, it rejects with it
 */
export function authorize(presented: Presented, options: AuthorizeOptions): Admission | Promise<Admission> {
  const { method, peer } = presented
  if (peer === undefined) {
    throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'The connection has no verified peer.')
  }
  const { trust, answeredWithoutTrust } = options
  if (trust.isUsable || answeredWithoutTrust.has(method)) return decide(presented, peer, options)
  return trust.untilUsable().then(() => {
    trust.head() // throws where it is not
    return decide(presented, peer, options)
  })
}

function decide(
  presented: Presented,
  peer: VerifiedPeer,
  { ruleOf, verifyToken, trust, clock }: AuthorizeOptions,
): Admission | Promise<Admission> {
  const rule = ruleOf(presented.method)
  if (rule === undefined) {
    throw new AuthError('METHOD_NOT_DECLARED', 'The method has no access rule. Declare one beside it in its .proto.')
  }
  // TLS checks expiry in the handshake only, and a connection outlives it.
  if (clock() > peer.notAfter) throw certificateExpired()
  const revoked = trust.refusalOfCertificate(peer)
  if (revoked !== undefined) throw revoked
  if (rule.authentication === 'CERTIFICATE') {
    requireCaller(rule, peer)
    const caller = { serviceId: peer.serviceId, subject: peer.serviceId, scopes: [], tokenId: undefined, peer }
    return { caller, token: undefined }
  }
  const token = verifyToken(requireToken(presented, rule), peer)
  // Asked by what a verified token has: a library that replaces the global Promise makes `instanceof` say no.
  return 'tokenId' in token ? admit(token, rule, peer) : token.then((verified) => admit(verified, rule, peer))
}

function admit(token: VerifiedToken, rule: TokenRule, peer: VerifiedPeer): Admission {
  requireCaller(rule, peer)
  requireScopes(rule.scopes, token.scopes)
  const { subject, scopes, tokenId } = token
  return { caller: { serviceId: peer.serviceId, subject, scopes, tokenId, peer }, token }
}

/** RFC 6750 section 2.1. A comma would hide a second credential. */
const BEARER = /^Bearer ([^\s,]+)$/i

/** The one token that a call carries. That its text is a single token is for the verifier to see. */
function requireToken({ token, authorization }: Presented, rule: TokenRule): string {
  const count = token.length + authorization.length
  if (count === 0) {
    throw new AuthError('CREDENTIALS_MISSING', 'The call carries no token. Send one as authorization: Bearer …', {
      details: { requiredScopes: formatScopes(rule.scopes) },
    })
  }
  const [text = textOfBearer(authorization[0])] = token
  if (count === 1 && typeof text === 'string') return text
  throw new AuthError('CREDENTIALS_MALFORMED', 'The call must carry exactly one token: authorization: Bearer …')
}

function textOfBearer(value: MetadataValue | undefined): string | undefined {
  const [, text] = BEARER.exec(String(value)) ?? []
  return text
}

function requireCaller(rule: AccessRule, peer: VerifiedPeer): void {
  if (rule.callers === 'ANY' || isCallerAllowed(rule, servicePathOf(peer.serviceId))) return
  throw new AuthError('CALLER_NOT_ALLOWED', 'This service is not among the callers that the method allows.')
}

function requireScopes(required: readonly string[], held: readonly string[]): void {
  if (required.every((scope) => held.includes(scope))) return
  throw new AuthError(
    'TOKEN_SCOPE_INSUFFICIENT',
    `The token lacks a scope. The method demands: ${required.join(' ')}.`,
    {
      details: { requiredScopes: required.join(' ') },
    },
  )
}
