import { formatServicePattern } from '../identity/service-pattern.ts'
import type { AccessRule } from './access-rule.ts'
import { type AccessRules, requireRules } from './access-rules.ts'

/** The rules of methods for review, by path and sorted by it. */
export type AccessManifest = Readonly<Record<string, ManifestEntry>>

/** A rule with every field, so that nothing has to be known by heart; lists are sorted. */
export interface ManifestEntry {
  readonly authentication: AccessRule['authentication']
  readonly scopes: readonly string[]
  readonly callers: 'ANY' | readonly string[]
  readonly dangerouslyAnyCaller: boolean
}

/**
 * Lays out the rules of methods, in any order.
 * @throws AuthError METHOD_NOT_DECLARED, naming each that has none
 */
export function manifestOf(rules: AccessRules, methods: readonly string[]): AccessManifest {
  requireRules(rules, methods)
  const entries = methods.toSorted().flatMap((path) => {
    const rule = rules.ruleOf(path)
    return rule === undefined ? [] : [[path, entryOf(rule)] as const]
  })
  return Object.fromEntries(entries)
}

/** A manifest as JSON with one method a line, so that a diff shows each change by itself. */
export function linesOf(manifest: AccessManifest): readonly string[] {
  const entries = Object.entries(manifest).map(([path, entry]) => `  ${JSON.stringify(path)}: ${inOneLine(entry)}`)
  return ['{', ...entries.map((line, index) => (index < entries.length - 1 ? `${line},` : line)), '}']
}

function entryOf(rule: AccessRule): ManifestEntry {
  const scopes = rule.authentication === 'TOKEN' ? rule.scopes.toSorted() : []
  const callers = rule.callers === 'ANY' ? rule.callers : rule.callers.map(formatServicePattern).toSorted()
  const { authentication } = rule
  return { authentication, scopes, callers, dangerouslyAnyCaller: callers === 'ANY' && scopes.length === 0 }
}

function inOneLine(entry: ManifestEntry): string {
  return JSON.stringify(entry, undefined, 1).replace(/\n */g, ' ') // JSON escapes the newlines in texts
}
