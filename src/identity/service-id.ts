import { AuthError } from '../core/errors.ts'

declare const brand: unique symbol

/** A SPIFFE ID that names a service: `spiffe://shop.internal/orders`. Its path is never the root. */
export type ServiceId = string & { readonly [brand]: 'ServiceId' }

/** The name of a trust domain: `shop.internal`. */
export type TrustDomain = string & { readonly [brand]: 'TrustDomain' }

/** A service within its trust domain, without the leading slash: `orders`. */
export type ServicePath = string & { readonly [brand]: 'ServicePath' }

const MAX_ID_BYTES = 2048
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const SEGMENT = /^[A-Za-z0-9._-]+$/
const SCHEME = 'spiffe://'

/** The authority's own path. Whoever talks to an authority requires exactly this peer. */
export const AUTHORITY_PATH = 'countersign/authority' as ServicePath

/**
 * Parses a SPIFFE ID with a path. There is one spelling of each: no percent-encoding, no
 * other case of the scheme, no trailing slash; nothing is normalised.
 * @throws AuthError REQUEST_INVALID
 * @see SPIFFE-ID section 2
 */
export function parseServiceId(text: string): ServiceId {
  const rest = text.startsWith(SCHEME) ? text.slice(SCHEME.length) : ''
  const slash = rest.indexOf('/')
  if (text.length > MAX_ID_BYTES || slash < 0) throw invalid('a service ID', 'spiffe://shop.internal/orders')
  return serviceIdOf(parseTrustDomain(rest.slice(0, slash)), parseServicePath(rest.slice(slash + 1)))
}

/** @throws AuthError REQUEST_INVALID */
export function parseTrustDomain(text: string): TrustDomain {
  if (!TRUST_DOMAIN.test(text)) {
    throw invalid('a trust domain', 'shop.internal: lowercase letters, digits, dots, hyphens, underscores')
  }
  return text as TrustDomain
}

/** @throws AuthError REQUEST_INVALID */
export function parseServicePath(text: string): ServicePath {
  if (text.length > MAX_ID_BYTES || !text.split('/').every(isSegment)) {
    throw invalid('a service path', 'orders or billing/invoices: letters, digits, dots, hyphens, underscores')
  }
  return text as ServicePath
}

export function serviceIdOf(trustDomain: TrustDomain, path: ServicePath): ServiceId {
  const text = `${SCHEME}${trustDomain}/${path}`
  if (text.length > MAX_ID_BYTES) throw invalid('a service ID', `at most ${MAX_ID_BYTES} bytes`)
  return text as ServiceId
}

export function trustDomainOf(id: ServiceId): TrustDomain {
  return id.slice(SCHEME.length, id.indexOf('/', SCHEME.length)) as TrustDomain
}

export function servicePathOf(id: ServiceId): ServicePath {
  return id.slice(id.indexOf('/', SCHEME.length) + 1) as ServicePath
}

/** Whether a path is reserved for Countersign's own identities. */
export function isReservedPath(path: ServicePath): boolean {
  return path === 'countersign' || path.startsWith('countersign/')
}

function isSegment(segment: string): boolean {
  return SEGMENT.test(segment) && segment !== '.' && segment !== '..'
}

function invalid(what: string, expected: string): AuthError {
  return new AuthError('REQUEST_INVALID', `This is not ${what}. Expected ${expected}.`)
}
