import type { Problems } from '../core/problems.ts'
import { parseScope, type Scope } from '../core/scope.ts'
import type { ServicePath } from '../identity/service-id.ts'
import { matchesService, parseServicePattern, type ServicePattern } from '../identity/service-pattern.ts'

/** What a method demands of whoever calls it. Made by `parseAccessRule` alone. */
export type AccessRule = TokenRule | CertificateRule

/** A token for this service, bound to the caller's certificate. */
export interface TokenRule {
  readonly authentication: 'TOKEN'
  /** All are required. None only where the rule was declared to admit any caller. */
  readonly scopes: readonly Scope[]
  readonly callers: AllowedCallers
}

/** The caller's certificate alone. */
export interface CertificateRule {
  readonly authentication: 'CERTIFICATE'
  readonly callers: AllowedCallers
}

/** Services of the server's own trust domain; `ANY` where the list of callers adds no restriction. */
export type AllowedCallers = 'ANY' | readonly ServicePattern[]

/** A rule as it is written, in `countersign/v1/access.proto` and in tables in code. */
export interface AccessDeclaration {
  /** Scopes that the token must have, all of them. */
  readonly scopes?: readonly string[]
  /** Services by path: `orders`, `billing/*` for all below billing, `*` for every service. */
  readonly callers?: readonly string[]
  /** `TOKEN` where absent. */
  readonly authentication?: 'TOKEN' | 'CERTIFICATE'
  /** Admits any caller that the authentication admits. Stands without scopes and callers. */
  readonly dangerouslyAnyCaller?: boolean
}

/**
 * Parses a declared rule, of which nothing has been checked.
 * @param place what declares it, for messages
 * @param problems takes whatever is wrong with it; the result is then `undefined`
 */
export function parseAccessRule(declared: unknown, place: string, problems: Problems): AccessRule | undefined {
  const before = problems.count
  const declaration = readFields(declared, place, problems)
  const scopes = readList(declaration.scopes, parseScope, `${place} scopes`, problems)
  const callers = readList(declaration.callers, parseServicePattern, `${place} callers`, problems)
  const { authentication = 'TOKEN', dangerouslyAnyCaller = false } = declaration

  if (authentication !== 'TOKEN' && authentication !== 'CERTIFICATE') {
    problems.add(place, 'authentication is neither TOKEN nor CERTIFICATE.')
  }
  if (typeof dangerouslyAnyCaller !== 'boolean') {
    problems.add(place, 'the field that dangerously admits any caller is neither true nor false.')
  }
  if (problems.count > before) return undefined

  const problem = contradictionOf(authentication === 'TOKEN', scopes, callers, dangerouslyAnyCaller === true)
  if (problem !== undefined) {
    problems.add(place, problem)
    return undefined
  }
  const allowed = callers.length === 0 ? 'ANY' : callers
  return authentication === 'TOKEN'
    ? { authentication, scopes, callers: allowed }
    : { authentication: 'CERTIFICATE', callers: allowed }
}

/** Whether a service of the server's own trust domain is among the callers of a rule. Does not look at tokens. */
export function isCallerAllowed(rule: AccessRule, caller: ServicePath): boolean {
  return rule.callers === 'ANY' || rule.callers.some((pattern) => matchesService(pattern, caller))
}

const FIELDS: ReadonlySet<string> = new Set<keyof AccessDeclaration>([
  'scopes',
  'callers',
  'authentication',
  'dangerouslyAnyCaller',
])

function readFields(
  declared: unknown,
  place: string,
  problems: Problems,
): Partial<Record<keyof AccessDeclaration, unknown>> {
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) {
    problems.add(place, 'a rule is written as fields and their values.')
    return {}
  }
  for (const name of Object.keys(declared)) {
    if (!FIELDS.has(name)) problems.add(place, `"${name}" is not a field of an access rule.`)
  }
  return declared
}

function readList<Item>(
  value: unknown,
  parse: (text: string) => Item,
  place: string,
  problems: Problems,
): readonly Item[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    problems.add(place, 'not a list of texts.')
    return []
  }
  if (value.length === 0) problems.add(place, 'the list is empty: leave the field out, or name one.')
  if (new Set(value).size !== value.length) problems.add(place, 'an entry stands twice.')
  return value
    .map((text) => problems.attempt(() => parse(text), `${place} "${text}"`))
    .filter((item) => item !== undefined)
}

function contradictionOf(
  isToken: boolean,
  scopes: readonly Scope[],
  callers: readonly ServicePattern[],
  dangerouslyAnyCaller: boolean,
): string | undefined {
  if (!isToken && scopes.length > 0) return 'scopes need a token: a certificate has none.'
  if (dangerouslyAnyCaller && scopes.length + callers.length > 0) {
    return 'any caller is admitted, and yet scopes or callers are named: remove one or the other.'
  }
  if (dangerouslyAnyCaller) return undefined
  if (isToken && scopes.length === 0) return 'a rule with a token needs at least one scope.'
  if (!isToken && callers.length === 0) return 'a rule with a certificate needs at least one caller.'
  return undefined
}
