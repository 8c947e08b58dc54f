import { parseServicePath, type ServicePath } from './service-id.ts'

/** Services of one trust domain, as rules name them. */
export type ServicePattern =
  | { readonly kind: 'every' }
  | { readonly kind: 'exact'; readonly path: ServicePath }
  | { readonly kind: 'below'; readonly parent: ServicePath }

/**
 * Parses `orders`, `billing/*` for all below billing, or `*` for every service.
 * @throws AuthError REQUEST_INVALID
 */
export function parseServicePattern(text: string): ServicePattern {
  if (text === '*') return { kind: 'every' }
  if (text.endsWith('/*')) return { kind: 'below', parent: parseServicePath(text.slice(0, -2)) }
  return { kind: 'exact', path: parseServicePath(text) }
}

export function formatServicePattern(pattern: ServicePattern): string {
  if (pattern.kind === 'every') return '*'
  return pattern.kind === 'exact' ? pattern.path : `${pattern.parent}/*`
}

export function matchesService(pattern: ServicePattern, path: ServicePath): boolean {
  if (pattern.kind === 'every') return true
  if (pattern.kind === 'exact') return path === pattern.path
  return path.startsWith(`${pattern.parent}/`)
}
