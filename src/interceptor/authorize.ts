import type { MetadataValue } from '@grpc/grpc-js'
import type { AccessRule } from '../access/access-rule.ts'
import { isCallerAllowed } from '../access/access-rule.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import { formatScopes } from '../core/scope.ts'
import { servicePathOf } from '../identity/service-id.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { TokenVerifier } from '../token/verify.ts'
import type { Caller } from './caller.ts'

export interface AuthorizeOptions {
  readonly ruleOf: (method: string) => AccessRule | undefined
  readonly verifyToken: TokenVerifier
  readonly clock: Clock
}

/** What a call brings. */
export interface Presented {
  /** `/shop.v1.Inventory/Reserve`, from the handler's own definition. */
  readonly method: string
  readonly peer: VerifiedPeer | undefined
  /** All values of the `authorization` metadata. */
  readonly authorization: readonly MetadataValue[]
}

/**
 * Decides whether a call may reach its handler: rule, certificate, token, caller, scopes, in this order.
 * Does no network round trip.
 * @throws AuthError for each refusal
 */
export async function authorize(presented: Presented, options: AuthorizeOptions): Promise<Caller> {
  const { method, peer } = presented
  if (peer === undefined) {
    throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'The connection has no verified peer.')
  }
  const rule = options.ruleOf(method)
  if (rule === undefined) {
    throw new AuthError('METHOD_NOT_DECLARED', 'The method has no access rule. Declare one beside it in its .proto.')
  }
  // TLS checks expiry in the handshake only, and a connection outlives it.
  if (options.clock() > peer.notAfter) {
    throw new AuthError(
      'CERTIFICATE_EXPIRED',
      'The certificate of this connection has expired. Connect with a new one.',
    )
  }
  switch (rule.authentication) {
    case 'CERTIFICATE':
      requireCaller(rule, peer)
      return { serviceId: peer.serviceId, subject: peer.serviceId, scopes: [], tokenId: undefined, peer }
    case 'TOKEN': {
      const token = await options.verifyToken(requireBearer(presented.authorization, rule), peer)
      requireCaller(rule, peer)
      requireScopes(rule.scopes, token.scopes)
      return { serviceId: peer.serviceId, subject: token.subject, scopes: token.scopes, tokenId: token.tokenId, peer }
    }
  }
}

/** RFC 6750 section 2.1. A comma would hide a second credential. */
const BEARER = /^Bearer ([^\s,]+)$/i

function requireBearer(values: readonly MetadataValue[], rule: AccessRule & { authentication: 'TOKEN' }): string {
  const [value, ...others] = values
  if (value === undefined) {
    throw new AuthError('CREDENTIALS_MISSING', 'The call carries no token. Send one as authorization: Bearer …', {
      details: { requiredScopes: formatScopes(rule.scopes) },
    })
  }
  const [, token] = BEARER.exec(String(value)) ?? []
  if (token === undefined || others.length > 0) {
    throw new AuthError('CREDENTIALS_MALFORMED', 'The call must carry exactly one authorization: Bearer …')
  }
  return token
}

function requireCaller(rule: AccessRule, peer: VerifiedPeer): void {
  if (isCallerAllowed(rule, servicePathOf(peer.serviceId))) return
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
