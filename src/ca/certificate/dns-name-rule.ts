import { AuthError } from '../../core/errors.ts'
import type { ServicePath } from '../../identity/service-id.ts'
import { matchesService, type ServicePattern } from '../../identity/service-pattern.ts'
import { type DnsNamePattern, matchesDnsName } from './dns-name-pattern.ts'

/** Which DNS names some services may have. */
export interface DnsNameRule {
  readonly services: readonly ServicePattern[]
  readonly names: readonly DnsNamePattern[]
}

/**
 * Requires that a service may have each of the names: some rule that names the service allows it.
 * @param names as `parseDnsNames` returns them
 * @throws AuthError REQUEST_INVALID
 */
export function requireDnsNames(rules: readonly DnsNameRule[], path: ServicePath, names: readonly string[]): void {
  const allowed = rules
    .filter(({ services }) => services.some((pattern) => matchesService(pattern, path)))
    .flatMap((rule) => rule.names)
  const refused = names.filter((name) => !allowed.some((pattern) => matchesDnsName(pattern, name, path)))
  if (refused.length === 0) return
  throw new AuthError(
    'REQUEST_INVALID',
    `${path} may not have the DNS name ${refused.join(', ')}. Which names a service may have is written under ` +
      'service.dnsNames in profiles.yaml of the CA.',
  )
}
