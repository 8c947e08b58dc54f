import { describe, expect, test } from 'vitest'
import { explainHandshakeFailure } from '../../src/transport/handshake-failure.ts'

/** The code and the message for an error code and OpenSSL's verdict on the certificate. */
function explain(code: string, authorizationError = ''): string | undefined {
  const error = explainHandshakeFailure(code, authorizationError)
  return error === undefined ? undefined : `${error.code}: ${error.message}`
}

describe('a failed handshake', () => {
  test('is told from its certificate, whatever else went wrong', () => {
    const verdicts = {
      CERT_HAS_EXPIRED: 'CERTIFICATE_EXPIRED: expired certificate',
      CERT_NOT_YET_VALID: 'TRANSPORT_NOT_AUTHENTICATED: certificate not valid yet',
      CERT_SIGNATURE_FAILURE: 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA',
      DEPTH_ZERO_SELF_SIGNED_CERT: 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA',
      SELF_SIGNED_CERT_IN_CHAIN: 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA',
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA',
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'TRANSPORT_NOT_AUTHENTICATED: certificate of another CA',
      INVALID_PURPOSE: 'TRANSPORT_NOT_AUTHENTICATED: certificate refused: INVALID_PURPOSE',
      SOMETHING_NEW: 'TRANSPORT_NOT_AUTHENTICATED: certificate refused: SOMETHING_NEW',
    }
    for (const [verdict, expected] of Object.entries(verdicts)) {
      for (const code of ['ECONNRESET', 'EPIPE', 'ERR_SSL_WHATEVER', '']) expect(explain(code, verdict)).toBe(expected)
    }
  })

  test('is told from the reason of OpenSSL where there is no verdict on a certificate', () => {
    const codes = {
      ERR_SSL_HTTP_REQUEST: 'plaintext connection',
      ERR_SSL_WRONG_VERSION_NUMBER: 'plaintext connection',
      ERR_SSL_NO_APPLICATION_PROTOCOL: 'connection without HTTP/2',
      ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no client certificate',
      ERR_SSL_UNSUPPORTED_PROTOCOL: 'connection below TLS 1.3',
      ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake not finished in time',
      ERR_SSL_SOMETHING_NEW: 'handshake failed: ERR_SSL_SOMETHING_NEW',
    }
    for (const [code, expected] of Object.entries(codes)) {
      expect(explain(code)).toBe(`TRANSPORT_NOT_AUTHENTICATED: ${expected}`)
    }
  })

  test('is none where the client itself went away', () => {
    for (const code of ['ECONNRESET', 'EPIPE']) expect(explain(code)).toBeUndefined()
  })

  test('is refused, and not passed over, where there is no code', () => {
    expect(explain('')).toBe('TRANSPORT_NOT_AUTHENTICATED: handshake failed: ')
  })
})
