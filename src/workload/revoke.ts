import { isOwnTrouble } from '../client/authorities.ts'
import { systemClock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { RevokeRequest } from '../gen/countersign/v1/RevokeRequest.ts'
import { CallError } from '../interceptor/call-error.ts'
import { createServiceClient } from '../interceptor/service-client.ts'
import { TrustService } from '../transport/authority-protos.ts'
import { parseRevision } from '../transport/trust-messages.ts'
import type { Revision } from '../trust/revision.ts'
import type { Generation } from './generation.ts'

const REVOKE_TIMEOUT_MS = 10_000

/**
 * Asks an authority to revoke something, and where it does not answer the others: to revoke twice is to revoke.
 * @returns the revision at which verifiers refuse it; `undefined` where there was nothing to revoke
 * @throws CallError
 */
export async function revoke(
  generation: Generation,
  request: RevokeRequest,
  logger: Logger,
): Promise<Revision | undefined> {
  const { revision } = await generation.authorities.ask((authority) => {
    const client = createServiceClient(TrustService, generation.authorityChannel(authority), logger)
    return client.revoke(request, { deadline: systemClock() + REVOKE_TIMEOUT_MS })
  }, isUnanswered)
  return revision === null ? undefined : parseRevision(revision)
}

function isUnanswered(thrown: unknown): boolean {
  return thrown instanceof CallError && (thrown.reason === undefined || isOwnTrouble(thrown.reason))
}
