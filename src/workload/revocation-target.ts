import { parseServiceId, parseServicePath, serviceIdOf, type TrustDomain } from '../identity/service-id.ts'

/** What to revoke; exactly one of these. */
export type RevocationTarget =
  /** An access token in compact form. It must be genuine; one that has expired is nothing to revoke. */
  | { readonly token: string }
  /** A token's `jti`. */
  | { readonly tokenId: string }
  /** A token's `grant_id`: all tokens that descend from that grant. */
  | { readonly grantId: string }
  /** A token's `sub`: all tokens that were issued up to now on its behalf. */
  | { readonly subject: string }
  /** A token's `client_id`: all tokens that were issued to it up to now. */
  | { readonly client: string }
  /** A service by its path or its ID: all tokens and certificates that it was issued up to now. */
  | { readonly service: string }
  /** A certificate that the CA has issued, by its serial number in hex. */
  | { readonly certificate: string }

const KINDS = ['token', 'tokenId', 'grantId', 'subject', 'client', 'service', 'certificate'] as const

/** The same with a service by its ID. */
export interface ParsedTarget {
  readonly kind: (typeof KINDS)[number]
  readonly text: string
}

/**
 * @throws TypeError where it names none of what can be revoked, or several
 * @throws AuthError REQUEST_INVALID for what is no service
 */
export function parseTarget(target: RevocationTarget, trustDomain: TrustDomain): ParsedTarget {
  const [name, ...others] = Object.keys(target)
  const kind = KINDS.find((known) => known === name)
  const text: unknown = kind === undefined ? undefined : Reflect.get(target, kind)
  if (kind === undefined || others.length > 0 || typeof text !== 'string' || text === '') {
    throw new TypeError(`Name what to revoke by one of ${KINDS.join(', ')}, as a text.`)
  }
  return { kind, text: kind === 'service' ? serviceIdIn(trustDomain, text) : text }
}

function serviceIdIn(trustDomain: TrustDomain, service: string): string {
  return service.includes('://') ? parseServiceId(service) : serviceIdOf(trustDomain, parseServicePath(service))
}
