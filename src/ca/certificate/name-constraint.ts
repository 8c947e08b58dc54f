import { type Certificate, Oid } from '../../identity/certificate.ts'
import type { TrustDomain } from '../../identity/service-id.ts'
import { isHostName } from './dns-name.ts'

/**
 * The hosts of URI names to which an intermediate is constrained: its trust domain, where that is a fully qualified
 * domain name; none where it is not. A constraint cannot name another kind of host, and once there is one, URIs with
 * such hosts are refused (RFC 5280 section 4.2.1.10): Go refuses both where they look like an IP address.
 */
export function permittedUrisOf(trustDomain: TrustDomain): readonly string[] {
  return isFullyQualified(trustDomain) ? [trustDomain] : []
}

/**
 * Why the name constraints of a CA's certificate keep it from certifying services of a trust domain, in words;
 * `undefined` where they do not, or there are none.
 */
export function nameConstraintProblem(
  { nameConstraints, extensions }: Certificate,
  trustDomain: TrustDomain,
): string | undefined {
  if (nameConstraints === undefined) return undefined
  const { permittedUris, excludedUris, otherCount } = nameConstraints
  if (extensions.get(Oid.nameConstraints)?.critical !== true) return 'its name constraints are not critical'
  if (otherCount > 0) return 'its name constraints are about more than URIs: only those are understood here'
  if (permittedUris.length > 0 && !permittedUris.some((host) => permits(host, trustDomain))) {
    return `its name constraints do not permit the trust domain ${trustDomain}`
  }
  if (excludedUris.some((host) => excludes(host, trustDomain))) {
    return `its name constraints exclude the trust domain ${trustDomain}`
  }
  return undefined
}

/** What every verifier takes for permitted: the host itself, or what is below a domain. */
function permits(host: string, trustDomain: TrustDomain): boolean {
  return host.startsWith('.') ? trustDomain.endsWith(host.toLowerCase()) : trustDomain === host.toLowerCase()
}

/** What some verifier takes for excluded: Go takes hosts for domains. */
function excludes(host: string, trustDomain: TrustDomain): boolean {
  return permits(host, trustDomain) || permits(`.${host}`, trustDomain)
}

/** Underscores are none of a host name's characters, but no verifier minds them in a domain name (RFC 2181 section 11). */
function isFullyQualified(trustDomain: TrustDomain): boolean {
  return trustDomain.includes('.') && isHostName(trustDomain.replaceAll('_', 'a'))
}
