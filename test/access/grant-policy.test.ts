import { describe, expect, it } from 'vitest'
import { authorizeGrant, type GrantedScopes, parseGrantPolicy } from '../../src/access/grant-policy.ts'
import { parseScope } from '../../src/core/scope.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'

const POLICY = `
grants:
  - { caller: orders, audience: inventory, scopes: [inventory.reserve], ttlSeconds: 60 }
  - { caller: orders, audience: inventory, scopes: [inventory.read, inventory.reserve], ttlSeconds: 120 }
  - { caller: orders, audience: inventory, scopes: [inventory.count] }
  - { caller: billing/eu, audience: orders, scopes: [orders.read] }
`

function authorize(caller: string, audience: string, ...scopes: string[]): GrantedScopes {
  return authorizeGrant(parseGrantPolicy(POLICY, 'policy.yaml'), {
    caller: parseServicePath(caller),
    audience: parseServicePath(audience),
    scopes: scopes.map(parseScope),
  })
}

describe('a grant policy', () => {
  it('grants the scopes that are requested, and no more', () => {
    expect(authorize('orders', 'inventory', 'inventory.read')).toEqual({ scopes: ['inventory.read'], ttlSeconds: 120 })
  })

  it('grants all scopes of the pair where none is requested', () => {
    expect(authorize('billing/eu', 'orders')).toEqual({ scopes: ['orders.read'], ttlSeconds: undefined })
    expect(authorize('orders', 'inventory')).toEqual({
      scopes: ['inventory.reserve', 'inventory.read', 'inventory.count'],
      ttlSeconds: 60,
    })
  })

  it('adds up the grants of a pair; the shortest lifetime counts', () => {
    const { scopes, ttlSeconds } = authorize('orders', 'inventory', 'inventory.count', 'inventory.reserve')
    expect(scopes).toEqual(['inventory.count', 'inventory.reserve'])
    expect(ttlSeconds).toBe(60)
  })

  it('leaves the lifetime open where the grants that are used set none', () => {
    expect(authorize('orders', 'inventory', 'inventory.count').ttlSeconds).toBeUndefined()
  })

  it('grants a scope once, however often it is requested', () => {
    expect(authorize('billing/eu', 'orders', 'orders.read', 'orders.read').scopes).toEqual(['orders.read'])
  })

  const denied: readonly (readonly [caller: string, audience: string, ...scopes: string[]])[] = [
    ['inventory', 'orders'],
    ['orders', 'orders'],
    ['billing', 'orders'],
    ['Orders', 'inventory'],
    ['billing/eu', 'orders', 'orders.read', 'orders.cancel'],
    ['orders', 'inventory', 'Inventory.read'],
  ]
  it.each(denied)('denies %s at %s: %s %s', (caller, audience, ...scopes) => {
    expect(() => authorize(caller, audience, ...scopes)).toThrow(expect.objectContaining({ code: 'GRANT_DENIED' }))
  })

  it('says what is not granted, and not what is', () => {
    expect(() => authorize('orders', 'inventory', 'inventory.read', 'inventory.restock')).toThrow(
      'No grant gives orders the scope inventory.restock at inventory. Grants are written in policy.yaml of the authority, which it reads when it starts.',
    )
  })

  it('may have no grants, and then denies everything', () => {
    const policy = parseGrantPolicy('grants: []', 'policy.yaml')
    const request = { caller: parseServicePath('orders'), audience: parseServicePath('inventory'), scopes: [] }
    expect(() => authorizeGrant(policy, request)).toThrow(expect.objectContaining({ code: 'GRANT_DENIED' }))
  })
})

describe('policy.yaml is refused for', () => {
  const grant = 'caller: orders, audience: inventory, scopes: [inventory.reserve]'
  const refused: readonly (readonly [title: string, text: string, line: string])[] = [
    ['no content', '', 'policy.yaml:1:1: expected keys and values.'],
    ['no grants', '{}', 'policy.yaml:1:1 grants: missing: expected a list.'],
    ['an unknown key', 'grants: []\ndeny: []', 'policy.yaml:2:1 deny: this key is unknown.'],
    [
      'an unknown key of a grant',
      `grants: [{ ${grant}, ttl: 60 }]`,
      'policy.yaml:1:78 grants[0].ttl: this key is unknown.',
    ],
    [
      'a missing caller',
      'grants: [{ audience: b, scopes: [c] }]',
      'policy.yaml:1:10 grants[0].caller: missing: expected a text.',
    ],
    [
      'an empty list of scopes',
      'grants: [{ caller: a, audience: b, scopes: [] }]',
      'grants[0].scopes: the list is empty.',
    ],
    ['one scope as text', 'grants: [{ caller: a, audience: b, scopes: c }]', 'grants[0].scopes: expected a list.'],
    [
      'a scope twice',
      'grants: [{ caller: a, audience: b, scopes: [c, c] }]',
      'grants[0].scopes: a scope stands twice.',
    ],
    [
      'a scope with a space',
      'grants: [{ caller: a, audience: b, scopes: [c d] }]',
      'grants[0].scopes[0]: This is not a scope.',
    ],
    [
      'a wildcard caller',
      'grants: [{ caller: "*", audience: b, scopes: [c] }]',
      'grants[0].caller: This is not a service path.',
    ],
    [
      'a wildcard audience',
      'grants: [{ caller: a, audience: b/*, scopes: [c] }]',
      'grants[0].audience: This is not a service path.',
    ],
    [
      'a full ID',
      'grants: [{ caller: spiffe://a.b/c, audience: b, scopes: [c] }]',
      'grants[0].caller: This is not a service',
    ],
    [
      'a reserved caller',
      'grants: [{ caller: countersign/authority, audience: b, scopes: [c] }]',
      'grants[0].caller: Paths under',
    ],
    [
      'a reserved audience',
      'grants: [{ caller: a, audience: countersign/x, scopes: [c] }]',
      'grants[0].audience: Paths under',
    ],
    [
      'a part of a reserved audience',
      'grants: [{ caller: a, audience: countersign/authority/x, scopes: [c] }]',
      'grants[0].audience: Paths under countersign/ are reserved: of them countersign/authority alone',
    ],
    [
      'a lifetime of none',
      `grants: [{ ${grant}, ttlSeconds: 0 }]`,
      'grants[0].ttlSeconds: expected a whole number from 1',
    ],
    [
      'a lifetime too long',
      `grants: [{ ${grant}, ttlSeconds: 3601 }]`,
      'grants[0].ttlSeconds: expected a whole number from 1',
    ],
    [
      'a broken lifetime',
      `grants: [{ ${grant}, ttlSeconds: 1.5 }]`,
      'grants[0].ttlSeconds: expected a whole number from 1',
    ],
    [
      'a lifetime as text',
      `grants: [{ ${grant}, ttlSeconds: "60" }]`,
      'grants[0].ttlSeconds: expected a whole number from 1',
    ],
    [
      'the same grant twice',
      `grants: [{ ${grant} }, { ${grant} }]`,
      'policy.yaml:1:80 grants[1]: the same grant stands twice.',
    ],
  ]
  it.each(refused)('%s', (_, text, line) => {
    expect(() => parseGrantPolicy(text, 'policy.yaml')).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(line) }),
    )
  })

  it('a lifetime above that of every token', () => {
    expect(() => parseGrantPolicy(POLICY, 'policy.yaml', 120)).not.toThrow()
    expect(() => parseGrantPolicy(POLICY, 'policy.yaml', 119)).toThrow(
      'policy.yaml:4:101 grants[1].ttlSeconds: expected a whole number from 1 to 119.',
    )
  })
})
