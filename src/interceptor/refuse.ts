import type { StatusObject } from '@grpc/grpc-js'
import { randomId } from '../core/encoding.ts'
import type { Logger } from '../core/logger.ts'
import { encodeRefusal, toAuthError } from '../transport/status.ts'

/** What a line of the log says of a call beside its refusal. */
export interface CallFields {
  readonly method: string
  /** The service at the other end, where it is known. */
  readonly caller: string | undefined
  readonly durationMs?: number
}

/** Logs why a call ends, under a decision ID, and makes the status that tells its caller as much as it may know. */
export function refuse(thrown: unknown, call: CallFields, logger: Logger): StatusObject {
  const refusal = toAuthError(thrown)
  const decisionId = randomId()
  const fields = { ...call, code: refusal.code, reason: refusal.logDetail ?? refusal.message, decisionId }
  if (refusal.code === 'INTERNAL') logger.error({ outcome: 'failed', ...fields }, 'call failed')
  else logger.warn({ outcome: 'refused', ...fields }, 'call refused')
  return encodeRefusal(refusal, decisionId)
}
