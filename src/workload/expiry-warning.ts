import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { callAt } from '../core/timer.ts'
import type { Credential } from '../identity/credential.ts'

const WARNING_MS = 60 * 60 * 1000

/**
 * Logs an hour ahead that a credential will expire, and again when it has: from then on every peer refuses it in the
 * handshake, where this side learns no reason.
 * @returns what ends that
 */
export function warnOfExpiry(credential: Credential, logger: Logger, clock: Clock): () => void {
  const fields = { serviceId: credential.serviceId, notAfter: new Date(credential.notAfter).toISOString() }
  const hint = 'issue a new certificate and restart the service'
  const cancelWarning = callAt(credential.notAfter - WARNING_MS, clock, () =>
    logger.warn(fields, `this service's certificate expires soon: ${hint}`),
  )
  const cancelError = callAt(credential.notAfter + 1, clock, () =>
    logger.error({ ...fields, code: 'CERTIFICATE_EXPIRED' }, `this service's certificate has expired: ${hint}`),
  )
  return () => {
    cancelWarning()
    cancelError()
  }
}
