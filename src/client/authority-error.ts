import { type ServiceError, status } from '@grpc/grpc-js'
import { AuthError } from '../core/errors.ts'
import { decodeRefusal } from '../transport/status.ts'

/** A failed call to the authority, as a refusal: the authority's own, or AUTHORITY_UNAVAILABLE. */
export function explainAuthorityError(error: ServiceError): AuthError {
  const refusal = decodeRefusal(error.metadata)
  if (refusal !== undefined) {
    return new AuthError(refusal.code, error.details, {
      decisionId: refusal.decisionId,
      logDetail: `refused by the authority, decision ${refusal.decisionId}: ${error.details}`,
    })
  }
  return new AuthError(
    'AUTHORITY_UNAVAILABLE',
    'The authority did not answer. Check that it runs and can be reached.',
    {
      logDetail: `${status[error.code]}: ${error.details}`,
    },
  )
}
