import { isDeepStrictEqual } from 'node:util'
import { AuthError } from '../core/errors.ts'
import { Problems } from '../core/problems.ts'
import { type AccessDeclaration, type AccessRule, parseAccessRule } from './access-rule.ts'

/** The access rules of gRPC methods, by path: `/shop.v1.Orders/Place`. Immutable. */
export class AccessRules {
  /** No rules: nobody may call anything. */
  static readonly empty = new AccessRules([])

  readonly #rules: ReadonlyMap<string, AccessRule>

  constructor(rules: Iterable<readonly [path: string, rule: AccessRule]>) {
    this.#rules = new Map(rules)
  }

  /** The paths of all methods that have a rule. */
  get paths(): readonly string[] {
    return [...this.#rules.keys()]
  }

  /** The rule of a method; `undefined` means that nobody may call it. */
  ruleOf(path: string): AccessRule | undefined {
    return this.#rules.get(path)
  }

  /**
   * These rules and others.
   * @throws AuthError CONFIGURATION_INVALID where both have a rule for a method, and not the same
   */
  merge(others: AccessRules): AccessRules {
    const problems = new Problems()
    for (const [path, rule] of others.#rules) {
      const own = this.#rules.get(path)
      if (own !== undefined && !isDeepStrictEqual(own, rule)) {
        problems.add(path, 'there are two different access rules for this method.')
      }
    }
    problems.throwIfAny()
    return new AccessRules([...this.#rules, ...others.#rules])
  }
}

const METHOD_PATH = /^\/(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*\/[A-Za-z_]\w*$/

/**
 * Access rules for services whose `.proto` files cannot carry them, by method path.
 * They are checked as those in `.proto` files are.
 * @throws AuthError CONFIGURATION_INVALID with every problem
 */
export function rulesFromTable(table: Readonly<Record<string, AccessDeclaration>>): AccessRules {
  const problems = new Problems()
  const rules = new Map<string, AccessRule>()
  for (const [path, declaration] of Object.entries(table)) {
    if (!METHOD_PATH.test(path)) problems.add(path, 'not the path of a method, such as /shop.v1.Orders/Place.')
    const rule = parseAccessRule(declaration, path, problems)
    if (rule !== undefined) rules.set(path, rule)
  }
  problems.throwIfAny()
  return new AccessRules(rules)
}

/**
 * Requires that every method has a rule: a server calls this before it listens.
 * @throws AuthError METHOD_NOT_DECLARED, naming each that has none
 */
export function requireRules(rules: AccessRules, paths: readonly string[]): void {
  const undeclared = paths.filter((path) => rules.ruleOf(path) === undefined)
  if (undeclared.length === 0) return
  throw new AuthError(
    'METHOD_NOT_DECLARED',
    `No access rule for ${undeclared.join(', ')}. Write option (countersign.v1.access) in the .proto file, ` +
      'or, where that file is not yours, a table: createServer({ rules: rulesFromTable({ … }) }).',
  )
}

/** The gRPC health checking protocol: for every service of the trust domain, by certificate. */
export const HEALTH_RULES: AccessRules = rulesFromTable({
  '/grpc.health.v1.Health/Check': { authentication: 'CERTIFICATE', callers: ['*'] },
  '/grpc.health.v1.Health/Watch': { authentication: 'CERTIFICATE', callers: ['*'] },
})

/** gRPC server reflection: for operators, by certificate. It tells every type and method that a server has. */
export const REFLECTION_RULES: AccessRules = rulesFromTable({
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': {
    authentication: 'CERTIFICATE',
    callers: ['countersign/operator/*'],
  },
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': {
    authentication: 'CERTIFICATE',
    callers: ['countersign/operator/*'],
  },
})
