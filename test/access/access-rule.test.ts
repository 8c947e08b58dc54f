import { describe, expect, it } from 'vitest'
import {
  type AccessDeclaration,
  type AccessRule,
  isCallerAllowed,
  parseAccessRule,
} from '../../src/access/access-rule.ts'
import { Problems } from '../../src/core/problems.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'

function parse(declared: unknown): AccessRule | undefined {
  const problems = new Problems()
  const rule = parseAccessRule(declared, 'here', problems)
  problems.throwIfAny()
  return rule
}

function allows(callers: readonly string[], caller: string): boolean {
  const rule = parse({ authentication: 'CERTIFICATE', callers } satisfies AccessDeclaration)
  return rule !== undefined && isCallerAllowed(rule, parseServicePath(caller))
}

describe('an access rule', () => {
  it('demands a token where it does not say otherwise', () => {
    expect(parse({ scopes: ['orders.place'] })).toEqual({
      authentication: 'TOKEN',
      scopes: ['orders.place'],
      callers: 'ANY',
    })
  })

  it('may restrict the callers of a token', () => {
    const rule = parse({ scopes: ['orders.place'], callers: ['web'] })
    expect(rule?.callers).toEqual([{ kind: 'exact', path: 'web' }])
  })

  it('admits any caller only where that is written', () => {
    expect(parse({ dangerouslyAnyCaller: true })).toEqual({ authentication: 'TOKEN', scopes: [], callers: 'ANY' })
    expect(parse({ authentication: 'CERTIFICATE', dangerouslyAnyCaller: true })).toEqual({
      authentication: 'CERTIFICATE',
      callers: 'ANY',
    })
  })

  it('keeps nothing of the declaration that it was parsed from', () => {
    const scopes = ['orders.place']
    const rule = parse({ scopes })
    scopes.push('orders.cancel')
    expect(rule).toMatchObject({ scopes: ['orders.place'] })
  })

  const refused: readonly unknown[] = [
    undefined,
    null,
    'TOKEN',
    [],
    {},
    { scopes: [] },
    { scopes: undefined },
    { scopes: 'orders.place' },
    { scopes: ['orders.place', 1] },
    { scopes: ['orders place'] },
    { scopes: ['a', 'a'] },
    { scopes: ['a'], callers: [] },
    { scopes: ['a'], callers: ['orders', 'orders'] },
    { scopes: ['a'], authentication: 'token' },
    { scopes: ['a'], authentication: 'NONE' },
    { scopes: ['a'], authentication: null },
    { scopes: ['a'], authentication: 'toString' },
    { scopes: ['a'], dangerouslyAnyCaller: 'false' },
    { scopes: ['a'], dangerouslyAnyCaller: true },
    { scopes: ['a'], limit: '1/h' },
    { callers: ['orders'] },
    { callers: ['orders'], dangerouslyAnyCaller: true },
    { authentication: 'CERTIFICATE' },
    { authentication: 'CERTIFICATE', callers: [] },
    { authentication: 'CERTIFICATE', callers: ['*'], scopes: ['a'] },
    { authentication: 'CERTIFICATE', callers: ['*'], dangerouslyAnyCaller: true },
    ...['', '/', '/*', '**', 'billing*', 'billing/', 'billing/*/x', '*/billing', 'billing//*', '../*', '/orders'].map(
      (caller) => ({ authentication: 'CERTIFICATE', callers: [caller] }),
    ),
    { authentication: 'CERTIFICATE', callers: ['spiffe://shop.internal/orders'] },
  ]
  it.each(refused)('is refused when declared as %j', (declared) => {
    expect(() => parse(declared)).toThrow(expect.objectContaining({ code: 'CONFIGURATION_INVALID' }))
  })

  it('names each problem of a declaration', () => {
    const declared = { scopes: ['a b'], callers: ['billing*'], authentication: 'NONE', limit: '1/h' }
    const problems = new Problems()
    expect(parseAccessRule(declared, 'here', problems)).toBeUndefined()
    expect(problems.count).toBe(4)
  })
})

describe('the callers of a rule', () => {
  const cases: readonly (readonly [callers: readonly string[], caller: string, isAllowed: boolean])[] = [
    [['orders'], 'orders', true],
    [['orders'], 'Orders', false],
    [['orders'], 'orders/eu', false],
    [['orders'], 'orders2', false],
    [['web', 'orders'], 'orders', true],
    [['billing/*'], 'billing/invoices', true],
    [['billing/*'], 'billing/eu/invoices', true],
    [['billing/*'], 'billing', false],
    [['billing/*'], 'billing2/invoices', false],
    [['billing/*'], 'eu/billing/invoices', false],
    [['*'], 'orders', true],
    [['*'], 'billing/eu/invoices', true],
  ]
  it.each(cases)('%j and %s: %s', (callers, caller, isAllowed) => {
    expect(allows(callers, caller)).toBe(isAllowed)
  })

  it('are unrestricted on a token rule without callers', () => {
    const rule = parse({ scopes: ['orders.place'] })
    expect(rule && isCallerAllowed(rule, parseServicePath('orders'))).toBe(true)
  })
})
