import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import type { Logger } from '../core/logger.ts'
import { statusText } from '../transport/status.ts'
import { findCaller } from './caller.ts'
import { LAST_RESORT, refuse } from './refuse.ts'

/** What a handler threw, as the status that ends its call; what the caller may not know goes to the log. */
export function encodeFailure(
  thrown: unknown,
  path: string,
  metadata: Metadata,
  logger: Logger,
): Partial<StatusObject> {
  try {
    if (isStatus(thrown)) return { code: thrown.code, details: statusText(thrown.details) }
    return refuse(thrown, { method: path, caller: findCaller(metadata)?.serviceId }, logger)
  } catch {
    return LAST_RESORT // reading what was thrown throws itself, or the logger does
  }
}

/**
 * A code alone is no status: exceptions of the platform and of commands that failed have codes of their own.
 * Nor is the error of a grpc-js client, which carries metadata: what another service answered is not this one's answer.
 */
function isStatus(thrown: unknown): thrown is { readonly code: status; readonly details: string } {
  if (!(thrown instanceof Object && 'code' in thrown && 'details' in thrown)) return false
  if ('metadata' in thrown && thrown.metadata instanceof Metadata) return false
  const { code, details } = thrown
  return typeof details === 'string' && typeof code === 'number' && code in status && code !== status.OK
}
