import { AuthError } from '../../core/errors.ts'
import type { ServicePath } from '../../identity/service-id.ts'
import { isHostName } from './dns-name.ts'

declare const brand: unique symbol

/** DNS names that a service may have. */
export interface DnsNamePattern {
  readonly [brand]: true
  readonly labels: readonly string[]
}

const OWN_NAME = '{service}'
const ANY_LABELS = '*'

/**
 * Parses an exact name, in which `{service}` stands for the path of the service and `*`, once, for one or more labels:
 * `*.shop.internal`, `{service}.*.internal`. A lone `*` is every name.
 * @throws AuthError REQUEST_INVALID
 */
export function parseDnsNamePattern(text: string): DnsNamePattern {
  const labels: readonly string[] = text.split('.')
  const example = labels.map((label) => (label === OWN_NAME || label === ANY_LABELS ? 'a' : label)).join('.')
  if (!isHostName(example) || labels.indexOf(ANY_LABELS) !== labels.lastIndexOf(ANY_LABELS)) {
    throw new AuthError(
      'REQUEST_INVALID',
      'This is not a pattern of DNS names. Expected localhost, *.shop.internal, {service}.shop.internal or the like: ' +
        'lowercase, with at most one *, which is a whole label as {service} is.',
    )
  }
  return { labels } as DnsNamePattern
}

/** @param name of which `parseDnsNames` has made sure that it is one */
export function matchesDnsName({ labels }: DnsNamePattern, name: string, service: ServicePath): boolean {
  // Label by label: a path of several, or with a dot in it, equals none.
  const expected = labels.map((label) => (label === OWN_NAME ? service : label))
  const actual = name.split('.')
  const gap = expected.indexOf(ANY_LABELS)
  if (gap < 0) return expected.length === actual.length && startsWith(actual, expected)
  const [head, tail] = [expected.slice(0, gap), expected.slice(gap + 1)]
  return actual.length >= expected.length && startsWith(actual, head) && startsWith(actual.slice(-tail.length), tail)
}

function startsWith(labels: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((label, index) => label === labels[index])
}
