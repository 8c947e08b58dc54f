import { AuthError } from '../../core/errors.ts'

const MAX_DNS_NAMES = 32
const MAX_NAME_LENGTH = 253
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
/** A last label that makes resolvers read the whole name as an IPv4 address (WHATWG URL, "ends in a number"). */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/

/**
 * Parses the host names of a service: lowercase, absolute, at most 32, each once.
 * No wildcards, and no IP addresses: peers connect by name.
 * @throws AuthError REQUEST_INVALID
 */
export function parseDnsNames(names: readonly string[]): readonly string[] {
  const distinct = [...new Set(names)]
  if (distinct.length > MAX_DNS_NAMES) {
    throw new AuthError(
      'REQUEST_INVALID',
      `${distinct.length} DNS names are too many: a certificate holds ${MAX_DNS_NAMES}.`,
    )
  }
  if (!distinct.every(isHostName)) {
    throw new AuthError(
      'REQUEST_INVALID',
      'A DNS name is not a host name. Expected localhost or orders.shop.internal: lowercase, no wildcard, no IP address.',
    )
  }
  return distinct
}

/** Whether a name is one of a host, in lowercase, and no IP address. */
export function isHostName(name: string): boolean {
  const labels = name.split('.')
  return (
    name.length <= MAX_NAME_LENGTH && labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '')
  )
}
