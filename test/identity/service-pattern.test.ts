import { describe, expect, test } from 'vitest'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { formatServicePattern, matchesService, parseServicePattern } from '../../src/identity/service-pattern.ts'
import { refusalOf } from '../support/refusal.ts'

describe('a pattern of services', () => {
  const cases: [pattern: string, matched: string[], others: string[]][] = [
    ['*', ['orders', 'billing/eu', 'countersign/authority'], []],
    ['orders', ['orders'], ['Orders', 'orders/eu', 'order', 'orders2']],
    ['billing/*', ['billing/eu', 'billing/eu/west'], ['billing', 'billings/eu', 'Billing/eu']],
    ['billing/eu/*', ['billing/eu/west'], ['billing/eu', 'billing/us']],
  ]
  for (const [pattern, matched, others] of cases) {
    test(`${pattern} matches ${matched.join(', ')}`, () => {
      const parsed = parseServicePattern(pattern)
      for (const path of matched) expect(matchesService(parsed, parseServicePath(path)), path).toBe(true)
      for (const path of others) expect(matchesService(parsed, parseServicePath(path)), path).toBe(false)
    })

    test(`${pattern} is spelled as it was written`, () => {
      expect(formatServicePattern(parseServicePattern(pattern))).toBe(pattern)
    })
  }

  const refused = ['', '/', '/*', '**', 'billing*', 'billing/', 'billing/*/x', '*/billing', 'billing//*', '../*', '/a']
  for (const text of refused) {
    test(`is refused as ${JSON.stringify(text)}`, async () => {
      await refusalOf('REQUEST_INVALID', () => parseServicePattern(text))
    })
  }
})
