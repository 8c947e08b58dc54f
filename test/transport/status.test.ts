import { Metadata, status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AuthError, type AuthErrorCode } from '../../src/core/errors.ts'
import { encodeErrorInfo } from '../../src/transport/error-info.ts'
import { decodeRefusal, encodeRefusal, statusCodeOf, toAuthError } from '../../src/transport/status.ts'

const STATUS: Readonly<Record<string, readonly AuthErrorCode[]>> = {
  UNAUTHENTICATED: [
    'CERTIFICATE_EXPIRED',
    'CREDENTIALS_MALFORMED',
    'CREDENTIALS_MISSING',
    'TOKEN_AUDIENCE_MISMATCH',
    'TOKEN_BINDING_MISMATCH',
    'TOKEN_EXPIRED',
    'TOKEN_INVALID',
    'TOKEN_NOT_YET_VALID',
    'TRANSPORT_NOT_AUTHENTICATED',
  ],
  PERMISSION_DENIED: ['CALLER_NOT_ALLOWED', 'GRANT_DENIED', 'METHOD_NOT_DECLARED', 'TOKEN_SCOPE_INSUFFICIENT'],
  UNAVAILABLE: ['AUTHORITY_UNAVAILABLE', 'STORE_UNAVAILABLE', 'VERIFIER_NOT_READY'],
  INVALID_ARGUMENT: ['CERTIFICATE_REQUEST_INVALID', 'REQUEST_INVALID'],
  INTERNAL: ['CONFIGURATION_INVALID', 'INTERNAL'],
}

const everyCode = Object.values(STATUS).flat()

describe('the status of a refusal', () => {
  for (const [name, codes] of Object.entries(STATUS)) {
    test(`is ${name} for ${codes.join(', ')}`, () => {
      for (const code of codes) expect(status[statusCodeOf(code)]).toBe(name)
    })
  }

  test('says the message, and tells the code, the details and the decision ID to programs', () => {
    for (const code of everyCode) {
      const error = new AuthError(code, 'what is wrong', { details: { requiredScopes: 'a b' }, logDetail: 'PRIVATE' })
      const refusal = encodeRefusal(error, 'decision-1')
      expect(refusal).toMatchObject({ code: statusCodeOf(code), details: 'what is wrong' })
      expect(decodeRefusal(refusal.metadata)).toEqual({ code, decisionId: 'decision-1', isBeforeHandler: false })
      expect(JSON.stringify([refusal, refusal.metadata.get('grpc-status-details-bin').map(String)])).not.toContain(
        'PRIVATE',
      )
    }
  })

  test('cannot have its decision ID replaced by a detail', () => {
    const error = new AuthError('GRANT_DENIED', 'no', { details: { decisionId: 'another' } })
    expect(decodeRefusal(encodeRefusal(error, 'decision-1').metadata)?.decisionId).toBe('decision-1')
  })
})

describe('what a peer sent with its status', () => {
  const metadataWith = (value: string | Buffer, key = 'grpc-status-details-bin') => {
    const metadata = new Metadata()
    metadata.set(key, value)
    return metadata
  }

  test('is no refusal where there is nothing of ours in it', () => {
    const reasons = [
      '',
      'RATE_LIMIT_EXCEEDED',
      'token_expired',
      'TOKEN_EXPIRED ',
      'toString',
      'constructor',
      '__proto__',
    ]
    const others = [
      new Metadata(),
      metadataWith('TOKEN_EXPIRED', 'grpc-status-details'),
      metadataWith(Buffer.alloc(0)),
      metadataWith(Buffer.from('TOKEN_EXPIRED')),
      ...reasons.map((reason) => metadataWith(encodeErrorInfo(16, '', { reason, metadata: {} }))),
    ]
    for (const metadata of others) expect(decodeRefusal(metadata)).toBeUndefined()
  })

  test('tells whether it came before a handler ran, and not by default', () => {
    const error = new AuthError('TOKEN_EXPIRED', 'Too old.')
    expect(decodeRefusal(encodeRefusal(error, 'decision-1', 'admission').metadata)?.isBeforeHandler).toBe(true)
    for (const details of [{}, { stage: 'admission' }, { stage: '' }]) {
      const { metadata } = encodeRefusal(new AuthError('TOKEN_EXPIRED', 'Too old.', { details }), 'decision-1')
      expect(decodeRefusal(metadata)?.isBeforeHandler).toBe(false)
    }
  })

  test('may lack a decision ID', () => {
    const bytes = encodeErrorInfo(16, '', { reason: 'TOKEN_EXPIRED', metadata: {} })
    expect(decodeRefusal(metadataWith(bytes))).toEqual({
      code: 'TOKEN_EXPIRED',
      decisionId: undefined,
      isBeforeHandler: false,
    })
  })

  test('may be anything: nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeRefusal(metadataWith(Buffer.from(bytes)))).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })
})

describe('whatever was thrown', () => {
  test('stays as it is where it is a refusal', () => {
    const error = new AuthError('GRANT_DENIED', 'no')
    expect(toAuthError(error)).toBe(error)
  })

  test('becomes INTERNAL where it is not, and is told to the log alone', () => {
    const impostor = { code: 'GRANT_DENIED', name: 'AuthError', message: 'PRIVATE' }
    const hostile = {
      toString: () => {
        throw new Error('PRIVATE')
      },
    }
    const others = [
      new Error('PRIVATE'),
      new TypeError('PRIVATE'),
      'PRIVATE',
      impostor,
      hostile,
      undefined,
      null,
      Symbol('PRIVATE'),
      1n,
    ]
    for (const thrown of others) {
      const error = toAuthError(thrown)
      expect(error.code).toBe('INTERNAL')
      expect(error.message).not.toContain('PRIVATE')
      expect(error.details).toEqual({})
      expect(error.logDetail).toBeTypeOf('string')
    }
    expect(toAuthError(new Error('PRIVATE')).logDetail).toContain('PRIVATE')
  })
})
