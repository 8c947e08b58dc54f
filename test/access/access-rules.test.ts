import { describe, expect, it } from 'vitest'
import type { AccessDeclaration } from '../../src/access/access-rule.ts'
import {
  AccessRules,
  HEALTH_RULES,
  REFLECTION_RULES,
  requireRules,
  rulesFromTable,
} from '../../src/access/access-rules.ts'

const PLACE = '/shop.v1.Orders/Place'
const CANCEL = '/shop.v1.Orders/Cancel'

describe('a table of access rules', () => {
  it('gives rules to methods', () => {
    const rules = rulesFromTable({ [PLACE]: { scopes: ['orders.place'] } })
    expect(rules.paths).toEqual([PLACE])
    expect(rules.ruleOf(PLACE)).toMatchObject({ authentication: 'TOKEN', scopes: ['orders.place'] })
    expect(rules.ruleOf(CANCEL)).toBeUndefined()
    expect(rules.ruleOf('toString')).toBeUndefined()
  })

  const paths = [
    '',
    'shop.v1.Orders/Place',
    '/shop.v1.Orders',
    '/shop.v1.Orders/*',
    '/shop.v1.Orders/Place/',
    '/*',
    '/ /a',
  ]
  it.each(paths)('is refused for the path "%s"', (path) => {
    expect(() => rulesFromTable({ [path]: { scopes: ['a'] } })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining('not the path') }),
    )
  })

  it('is refused with every problem, by path', () => {
    const table: Record<string, AccessDeclaration> = { [PLACE]: {}, [CANCEL]: { authentication: 'CERTIFICATE' } }
    expect(() => rulesFromTable(table)).toThrow(
      `${PLACE}: a rule with a token needs at least one scope.\n${CANCEL}: a rule with a certificate needs at least one caller.`,
    )
  })
})

describe('access rules', () => {
  const place = rulesFromTable({ [PLACE]: { scopes: ['orders.place'] } })
  const cancel = rulesFromTable({ [CANCEL]: { scopes: ['orders.cancel'] } })

  it('can be merged', () => {
    expect(place.merge(cancel).paths).toEqual([PLACE, CANCEL])
    expect(place.paths).toEqual([PLACE])
    expect(AccessRules.empty.merge(place).paths).toEqual([PLACE])
  })

  it('can be merged with the same rules', () => {
    expect(place.merge(rulesFromTable({ [PLACE]: { scopes: ['orders.place'] } })).paths).toEqual([PLACE])
  })

  it('cannot be merged with other rules for the same method', () => {
    const other = rulesFromTable({ [PLACE]: { authentication: 'CERTIFICATE', callers: ['*'] } })
    expect(() => place.merge(other)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringContaining(PLACE) }),
    )
  })

  it('are required of every method, and those without one are named', () => {
    expect(() => requireRules(place.merge(cancel), [PLACE, CANCEL])).not.toThrow()
    expect(() => requireRules(AccessRules.empty, [PLACE, CANCEL])).toThrow(
      expect.objectContaining({
        code: 'METHOD_NOT_DECLARED',
        message: expect.stringContaining(`No access rule for ${PLACE}, ${CANCEL}.`),
      }),
    )
    expect(() => requireRules(place, [PLACE, CANCEL])).toThrow(`No access rule for ${CANCEL}.`)
  })

  it('of the health protocol admit every service by certificate', () => {
    const rule = { authentication: 'CERTIFICATE', callers: [{ kind: 'every' }] }
    expect(HEALTH_RULES.paths).toEqual(['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch'])
    for (const path of HEALTH_RULES.paths) expect(HEALTH_RULES.ruleOf(path)).toEqual(rule)
  })

  it('of reflection admit operators alone, by certificate', () => {
    const rule = { authentication: 'CERTIFICATE', callers: [{ kind: 'below', parent: 'countersign/operator' }] }
    expect(REFLECTION_RULES.paths).toEqual([
      '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
      '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    ])
    for (const path of REFLECTION_RULES.paths) expect(REFLECTION_RULES.ruleOf(path)).toEqual(rule)
  })
})
