import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { describe, expect, test } from 'vitest'
import { explainAuthorityError } from '../../src/client/authority-error.ts'
import { AuthError } from '../../src/core/errors.ts'
import { encodeRefusal } from '../../src/transport/status.ts'

function serviceError(code: status, details: string, metadata = new Metadata()): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata })
}

describe('explainAuthorityError', () => {
  test("passes on the authority's own refusal, with its decision for the log", () => {
    const sent = encodeRefusal(new AuthError('GRANT_DENIED', 'No grant lets orders call billing.'), 'decision')
    const refusal = explainAuthorityError(serviceError(sent.code, sent.details, sent.metadata))
    expect(refusal).toBeInstanceOf(AuthError)
    expect(refusal).toMatchObject({
      code: 'GRANT_DENIED',
      message: 'No grant lets orders call billing.',
      logDetail: 'refused by the authority, decision decision: No grant lets orders call billing.',
    })
  })

  test('takes every other failure for an authority that did not answer, and keeps the cause for the log', () => {
    const garbage = new Metadata()
    garbage.set('grpc-status-details-bin', Buffer.from('garbage'))
    const failures = [
      serviceError(status.UNAVAILABLE, 'No connection established'),
      serviceError(status.DEADLINE_EXCEEDED, 'Deadline exceeded'),
      serviceError(status.UNIMPLEMENTED, 'no such method'),
      serviceError(status.PERMISSION_DENIED, 'by a proxy', garbage),
    ]
    for (const failure of failures) {
      const refusal = explainAuthorityError(failure)
      expect(refusal).toMatchObject({
        code: 'AUTHORITY_UNAVAILABLE',
        logDetail: `${status[failure.code]}: ${failure.details}`,
      })
      expect(refusal.message).not.toContain(failure.details)
    }
  })
})
