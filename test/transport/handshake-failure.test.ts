import { describe, expect, test } from 'vitest'
import {
  explainCertificate,
  explainHandshakeFailure,
  type PresentedCertificate,
} from '../../src/transport/handshake-failure.ts'

const certificate: PresentedCertificate = {
  issuer: 'C=NO\nO=Another Shop\nCN=Another intermediate',
  subjectAltName: 'URI:spiffe://shop.internal/orders, DNS:localhost',
  validFromDate: new Date('2026-10-01T12:00:00Z'),
  validToDate: new Date('2026-10-02T12:00:00Z'),
}
const ISSUER = 'issuer "C=NO, O=Another Shop, CN=Another intermediate"'
const NAMES = 'names "URI:spiffe://shop.internal/orders, DNS:localhost"'

/** The code and the message for OpenSSL's verdict on a certificate that differs from the valid one. */
function explain(verdict: string, difference: Partial<PresentedCertificate> = {}): string {
  const { code, message } = explainCertificate(verdict, { ...certificate, ...difference })
  return `${code}: ${message}`
}

describe('a refused certificate', () => {
  test('is told in words, by what it says of itself', () => {
    const verdicts = {
      CERT_HAS_EXPIRED: `CERTIFICATE_EXPIRED: expired certificate: since 2026-10-02T12:00:00Z, ${NAMES}`,
      CERT_NOT_YET_VALID: `TRANSPORT_NOT_AUTHENTICATED: certificate not valid yet: from 2026-10-01T12:00:00Z, ${NAMES}`,
      CERT_SIGNATURE_FAILURE: `TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ${ISSUER}, ${NAMES}`,
      DEPTH_ZERO_SELF_SIGNED_CERT: `TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ${ISSUER}, ${NAMES}`,
      SELF_SIGNED_CERT_IN_CHAIN: `TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ${ISSUER}, ${NAMES}`,
      UNABLE_TO_GET_ISSUER_CERT: `TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ${ISSUER}, ${NAMES}`,
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ${ISSUER}, ${NAMES}`,
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: `TRANSPORT_NOT_AUTHENTICATED: certificate of another CA: ${ISSUER}, ${NAMES}`,
      INVALID_PURPOSE: `TRANSPORT_NOT_AUTHENTICATED: certificate refused: INVALID_PURPOSE, ${ISSUER}, ${NAMES}`,
      SOMETHING_NEW: `TRANSPORT_NOT_AUTHENTICATED: certificate refused: SOMETHING_NEW, ${ISSUER}, ${NAMES}`,
      null: `TRANSPORT_NOT_AUTHENTICATED: certificate refused: null, ${ISSUER}, ${NAMES}`,
    }
    for (const [verdict, expected] of Object.entries(verdicts)) expect(explain(verdict)).toBe(expected)
  })

  test('that is none is told as such, whatever the verdict', () => {
    for (const verdict of ['UNABLE_TO_GET_ISSUER_CERT', 'CERT_HAS_EXPIRED', '', 'null']) {
      const { code, message } = explainCertificate(verdict, undefined)
      expect(`${code}: ${message}`).toBe('TRANSPORT_NOT_AUTHENTICATED: no client certificate')
    }
  })

  test('without names has none', () => {
    const without = { issuer: undefined, subjectAltName: undefined }
    expect(explain('CERT_SIGNATURE_FAILURE', without)).toContain('of another CA: issuer "", names ""')
  })

  test('says so where its dates are none', () => {
    const unreadable = new Date(Number.NaN)
    expect(explain('CERT_HAS_EXPIRED', { validToDate: unreadable })).toContain('since an unreadable date,')
    expect(explain('CERT_NOT_YET_VALID', { validFromDate: unreadable })).toContain('from an unreadable date,')
  })

  test('cannot end its quotes or its line, nor steer a terminal', () => {
    const texts = ['"', '\\', '\0', '\r', '\t', '\x1b[2J', '\x7f', '\x9b', '\u2028', '\u202e', '\ud800', 'é', '💥']
    for (const text of texts) {
      const told = explain('CERT_SIGNATURE_FAILURE', { issuer: `CN=a${text}b`, subjectAltName: `DNS:a${text}b` })
      expect(told).toMatch(/: issuer "CN=a[?[2J]+b", names "DNS:a[?[2J]+b"$/)
    }
    expect(explain('CERT_SIGNATURE_FAILURE', { issuer: 'CN=a\n\nlevel=info' })).toContain('issuer "CN=a, , level=info"')
  })

  test('is told in a few hundred characters, however long its names are', () => {
    const long = 'x'.repeat(1_000_000)
    for (const verdict of ['CERT_SIGNATURE_FAILURE', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'INVALID_PURPOSE']) {
      expect(explain(verdict, { issuer: long, subjectAltName: long }).length).toBeLessThan(600)
    }
    expect(explain('CERT_SIGNATURE_FAILURE', { issuer: long })).toContain(`issuer "${'x'.repeat(200)}…"`)
    expect(explain('CERT_SIGNATURE_FAILURE', { issuer: 'x'.repeat(200) })).toContain(`issuer "${'x'.repeat(200)}"`)
  })
})

describe('a failed handshake', () => {
  test('is told from the reason of OpenSSL', () => {
    const codes = {
      ERR_SSL_HTTP_REQUEST: 'plaintext connection',
      ERR_SSL_WRONG_VERSION_NUMBER: 'plaintext connection',
      ERR_SSL_NO_APPLICATION_PROTOCOL: 'connection without HTTP/2',
      ERR_SSL_UNSUPPORTED_PROTOCOL: 'connection below TLS 1.3',
      ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake not finished in time',
      ERR_SSL_SOMETHING_NEW: 'handshake failed: ERR_SSL_SOMETHING_NEW',
    }
    for (const [code, expected] of Object.entries(codes)) {
      expect(explainHandshakeFailure(code)).toMatchObject({ code: 'TRANSPORT_NOT_AUTHENTICATED', message: expected })
    }
  })

  test('is none where the client itself went away', () => {
    for (const code of ['ECONNRESET', 'EPIPE']) expect(explainHandshakeFailure(code)).toBeUndefined()
  })

  test('is refused, and not passed over, where there is no code', () => {
    expect(explainHandshakeFailure('')).toMatchObject({ message: 'handshake failed: ' })
  })
})
