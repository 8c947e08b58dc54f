import { z } from 'zod'
import { integerFrom, parseConfiguration, textOf } from '../core/configuration.ts'
import { AuthError } from '../core/errors.ts'
import { parseScope, type Scope } from '../core/scope.ts'
import { AUTHORITY_PATH, isReservedPath, parseServicePath, type ServicePath } from '../identity/service-id.ts'

/** What the authority may put in a token: scopes of one audience, for one caller. */
export interface Grant {
  readonly caller: ServicePath
  readonly audience: ServicePath
  /** At least one. */
  readonly scopes: readonly Scope[]
  /** The lifetime of tokens with these scopes, in seconds; `undefined` for that of every token. */
  readonly ttlSeconds: number | undefined
}

/** All grants, by caller and audience. What none of them names is denied. */
export interface GrantPolicy {
  readonly grantsByPair: ReadonlyMap<Pair, PairGrants>
}

/** The grants of a pair, and what they give together. */
interface PairGrants {
  readonly grants: readonly Grant[]
  readonly all: GrantedScopes
}

/** Two paths with a space between, which no path holds. */
type Pair = `${ServicePath} ${ServicePath}`

export interface GrantRequest {
  readonly caller: ServicePath
  readonly audience: ServicePath
  /** None: all scopes that are granted to the pair. */
  readonly scopes: readonly Scope[]
}

export interface GrantedScopes {
  readonly scopes: readonly Scope[]
  /** The smallest lifetime, in seconds, of the grants that were used; `undefined` where none sets one. */
  readonly ttlSeconds: number | undefined
}

/** The longest lifetime that a token may be given, in seconds. */
export const MAX_TTL_SECONDS = 3600

/**
 * Parses `policy.yaml`. Callers and audiences are exact paths of services, without wildcards.
 * Reserved callers are authorized by certificate, and take no grants; of reserved audiences the authority alone is known.
 * @param file names the text in messages
 * @param maxTtlSeconds the lifetime of tokens where a grant sets none: a grant shortens it
 * @throws AuthError CONFIGURATION_INVALID with every problem and its place
 */
export function parseGrantPolicy(text: string, file: string, maxTtlSeconds: number = MAX_TTL_SECONDS): GrantPolicy {
  const { grants } = parseConfiguration(text, file, policySchema(maxTtlSeconds))
  const complete = grants.map((grant) => ({ ...grant, ttlSeconds: grant.ttlSeconds }))
  const pairs = [...Map.groupBy(complete, pairOf)]
  return { grantsByPair: new Map(pairs.map(([pair, granted]) => [pair, { grants: granted, all: sumOf(granted) }])) }
}

/**
 * Decides which scopes a token may have. Several grants for a pair add up.
 * Does not know whether the audience exists.
 * @throws AuthError GRANT_DENIED where any of the requested scopes is not granted
 */
export function authorizeGrant(policy: GrantPolicy, request: GrantRequest): GrantedScopes {
  const { caller, audience } = request
  const granted = policy.grantsByPair.get(pairOf(request))
  if (granted === undefined) throw denied(`No grant lets ${caller} call ${audience}.`)
  const { grants, all } = granted
  if (request.scopes.length === 0) return all

  const missing = request.scopes.filter((scope) => !all.scopes.includes(scope))
  if (missing.length > 0) {
    throw denied(`No grant gives ${caller} the scope ${missing.join(', ')} at ${audience}.`)
  }
  const scopes = new Set(request.scopes)
  const used = grants.filter((grant) => grant.scopes.some((scope) => scopes.has(scope)))
  return { scopes: [...scopes], ttlSeconds: sumOf(used).ttlSeconds }
}

function sumOf(grants: readonly Grant[]): GrantedScopes {
  const scopes = new Set(grants.flatMap((grant) => grant.scopes))
  return { scopes: [...scopes], ttlSeconds: smallest(grants.map((grant) => grant.ttlSeconds)) }
}

function pairOf({ caller, audience }: Pick<Grant, 'caller' | 'audience'>): Pair {
  return `${caller} ${audience}`
}

function denied(problem: string): AuthError {
  return new AuthError(
    'GRANT_DENIED',
    `${problem} Grants are written in policy.yaml of the authority, which it reads when it starts.`,
  )
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const numbers = values.filter((value) => value !== undefined)
  return numbers.length === 0 ? undefined : Math.min(...numbers)
}

function policySchema(maxTtlSeconds: number) {
  const grant = z.strictObject({
    caller: textOf(parseCaller),
    audience: textOf(parseAudience),
    scopes: z.array(textOf(parseScope)).min(1).refine(isDistinct, 'a scope stands twice.'),
    ttlSeconds: integerFrom(1, maxTtlSeconds).optional(),
  })
  return z.strictObject({
    grants: z.array(grant).superRefine((grants, context) => {
      const seen = new Set<string>()
      for (const [index, { caller, audience, scopes, ttlSeconds }] of grants.entries()) {
        const same = JSON.stringify([caller, audience, scopes.toSorted(), ttlSeconds])
        if (seen.has(same)) context.addIssue({ code: 'custom', path: [index], message: 'the same grant stands twice.' })
        seen.add(same)
      }
    }),
  })
}

function parseCaller(text: string): ServicePath {
  const path = parseServicePath(text)
  if (!isReservedPath(path)) return path
  throw new AuthError('REQUEST_INVALID', 'Paths under countersign/ are reserved: they take no grants.')
}

function parseAudience(text: string): ServicePath {
  const path = parseServicePath(text)
  if (!isReservedPath(path) || path === AUTHORITY_PATH) return path
  throw new AuthError(
    'REQUEST_INVALID',
    `Paths under countersign/ are reserved: of them ${AUTHORITY_PATH} alone takes calls with a token.`,
  )
}

function isDistinct(items: readonly string[]): boolean {
  return new Set(items).size === items.length
}
