import { Metadata, type StatusObject, status } from '@grpc/grpc-js'
import { randomId } from '../core/encoding.ts'
import type { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { describeSpan } from '../core/telemetry.ts'
import { encodeRefusal, toAuthError } from '../transport/status.ts'

/** What a line of the log says of a call beside its refusal. */
export interface CallFields {
  readonly method: string
  /** The service at the other end, where it is known. */
  readonly caller: string | undefined
  readonly durationMs?: number
}

/** A caller has a say in some reasons, and must not fill the log with them. */
const MAX_REASON_LENGTH = 4096

/** What a call is answered when even its refusal fails. */
export const LAST_RESORT: StatusObject = {
  code: status.INTERNAL,
  details: 'The service failed.',
  metadata: new Metadata(),
}

/**
 * Logs why a call ends, under a decision ID, and makes the status that tells its caller as much as it may know.
 * It never throws, whatever was thrown and whatever the logger does.
 * @param stage `admission` where no handler has run
 */
export function refuse(thrown: unknown, call: CallFields, logger: Logger, stage?: 'admission'): StatusObject {
  try {
    const refusal = toAuthError(thrown)
    return encodeRefusal(refusal, logRefusal(refusal, call, logger), stage)
  } catch {
    return LAST_RESORT
  }
}

/** Returns the decision ID under which it is logged. */
function logRefusal(refusal: AuthError, call: CallFields, logger: Logger): string {
  const decisionId = randomId()
  const fields = {
    ...call,
    code: refusal.code,
    reason: (refusal.logDetail ?? refusal.message).slice(0, MAX_REASON_LENGTH),
    decisionId,
  }
  const outcome = refusal.code === 'INTERNAL' ? 'failed' : 'refused'
  describeSpan(() => ({ outcome, caller: call.caller, reason: refusal.code, decisionId }))
  if (outcome === 'failed') logger.error({ outcome, ...fields }, 'call failed')
  else logger.warn({ outcome, ...fields }, 'call refused')
  return decisionId
}
