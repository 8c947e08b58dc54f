import { describe, expect, test } from 'vitest'
import { matchesDnsName, parseDnsNamePattern } from '../../../src/ca/certificate/dns-name-pattern.ts'
import { parseServicePath } from '../../../src/identity/service-id.ts'
import { refusalOf } from '../../support/refusal.ts'

describe('a pattern of DNS names, for the service orders', () => {
  const cases: [pattern: string, matched: string[], others: string[]][] = [
    ['*', ['localhost', 'a.b.c.d'], []],
    ['localhost', ['localhost'], ['orders', 'localhost.internal', 'a.localhost']],
    ['shop.example', ['shop.example'], ['example', 'www.shop.example', 'shop.example.org', 'shopxexample']],
    ['*.internal', ['shop.internal', 'orders.shop.internal'], ['internal', 'shop.internal.org', 'shopinternal']],
    ['{service}', ['orders'], ['billing', 'orders.internal', '{service}']],
    ['{service}.internal', ['orders.internal'], ['billing.internal', 'orders.shop.internal', 'orders']],
    ['{service}.*.internal', ['orders.shop.internal', 'orders.a.b.internal'], ['orders.internal', 'a.orders.internal']],
    ['{service}.*', ['orders.internal', 'orders.a.b'], ['orders', 'billing.internal']],
    ['*.{service}.svc', ['0.orders.svc', 'a.b.orders.svc'], ['orders.svc', 'orders.billing.svc']],
    ['a.*.a', ['a.b.a', 'a.a.a'], ['a.a', 'a', 'a.b.c']],
  ]
  for (const [pattern, matched, others] of cases) {
    test(pattern, () => {
      const parsed = parseDnsNamePattern(pattern)
      const matches = (name: string) => matchesDnsName(parsed, name, parseServicePath('orders'))
      expect(matched.filter(matches)).toEqual(matched)
      expect(others.filter(matches)).toEqual([])
    })
  }
})

test('a service whose path is not one label of a DNS name has no name of its own', () => {
  const own = ['{service}', '{service}.internal', '{service}.*.internal'].map(parseDnsNamePattern)
  for (const service of ['orders.shop', 'billing/orders', 'Orders', 'or_ders'].map(parseServicePath)) {
    for (const name of ['orders', 'orders.shop', 'orders.shop.internal', 'orders.shop.a.internal']) {
      expect(own.filter((pattern) => matchesDnsName(pattern, name, service))).toEqual([])
    }
  }
})

describe('what is not a pattern of DNS names is refused', () => {
  const refused = [
    '',
    '.',
    '**',
    '*.*',
    '*.shop.*',
    'a*.internal',
    '*orders',
    '.internal',
    'internal.',
    'a..b',
    'Shop.internal',
    '{service',
    '{Service}',
    '{service}s',
    '{trustDomain}',
    '127.0.0.1',
    '*.0.0.1',
    'a b',
    `*.${'a'.repeat(64)}`,
    `*.${'a.'.repeat(127)}a`,
  ]
  for (const text of refused) {
    test(JSON.stringify(text.slice(0, 40)), async () => {
      await refusalOf('REQUEST_INVALID', () => parseDnsNamePattern(text))
    })
  }
})
