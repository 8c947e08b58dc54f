import { AuthError } from '../../core/errors.ts'
import { parseTrustDomain, type TrustDomain } from '../../identity/service-id.ts'

const SCHEME = 'spiffe://'

/** The SPIFFE ID of a trust domain itself, which its CA certificates carry (X509-SVID section 3.1). */
export function trustDomainUri(trustDomain: TrustDomain): string {
  return `${SCHEME}${trustDomain}`
}

/** The trust domain that such a URI names; `undefined` for any other URI. */
export function parseTrustDomainUri(uri: string): TrustDomain | undefined {
  if (!uri.startsWith(SCHEME)) return undefined
  try {
    return parseTrustDomain(uri.slice(SCHEME.length))
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}
