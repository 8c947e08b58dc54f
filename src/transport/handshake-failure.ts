import { AuthError } from '../core/errors.ts'

/**
 * Says in words why a handshake failed before there was a verdict on the client's certificate.
 * `undefined` where the client itself went away.
 * @param code of the error: OpenSSL's reason, or a socket error
 */
export function explainHandshakeFailure(code: string): AuthError | undefined {
  return CLIENT_LEFT.has(code) ? undefined : notAuthenticated(PROTOCOL_REASONS[code] ?? `handshake failed: ${code}`)
}

/** What a refusal tells of a certificate, as `X509Certificate` has it: a certificate may be without a name. */
export interface PresentedCertificate {
  readonly issuer: string | undefined
  readonly subjectAltName: string | undefined
  readonly validFromDate: Date
  readonly validToDate: Date
}

/**
 * Says in words why a client's certificate was not accepted. Nothing that it quotes was verified.
 * Codes: CERTIFICATE_EXPIRED, TRANSPORT_NOT_AUTHENTICATED.
 * @param verdict OpenSSL's, as Node names it
 */
export function explainCertificate(verdict: string, certificate: PresentedCertificate | undefined): AuthError {
  if (certificate === undefined) return notAuthenticated('no client certificate')
  const { issuer, subjectAltName, validFromDate, validToDate } = certificate
  const claim = `names ${quote(subjectAltName)}`
  switch (verdict) {
    case 'CERT_HAS_EXPIRED':
      return new AuthError('CERTIFICATE_EXPIRED', `expired certificate: since ${timeOf(validToDate)}, ${claim}`)
    case 'CERT_NOT_YET_VALID':
      return notAuthenticated(`certificate not valid yet: from ${timeOf(validFromDate)}, ${claim}`)
    default:
      return ANOTHER_CA.has(verdict)
        ? notAuthenticated(`certificate of another CA: issuer ${quote(issuer)}, ${claim}`)
        : notAuthenticated(`certificate refused: ${verdict}, issuer ${quote(issuer)}, ${claim}`)
  }
}

function notAuthenticated(reason: string): AuthError {
  return new AuthError('TRANSPORT_NOT_AUTHENTICATED', reason)
}

const MAX_QUOTE_LENGTH = 200

/** A stranger's text, such that it can neither end its quotes or its line nor steer a terminal. */
function quote(text = ''): string {
  const start = text.slice(0, MAX_QUOTE_LENGTH)
  const harmless = start
    .trim()
    .replaceAll('\n', ', ')
    .replaceAll(/[^\x20-\x7e]|["\\]/g, '?')
  return `"${harmless}${start.length < text.length ? '…' : ''}"`
}

/** Certificates know seconds, and some know dates that are none. */
function timeOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'an unreadable date' : date.toISOString().replace('.000Z', 'Z')
}

const ANOTHER_CA: ReadonlySet<string> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

const PROTOCOL_REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'plaintext connection',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'plaintext connection',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'connection without HTTP/2',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'connection below TLS 1.3',
  ERR_SSL_WRONG_VERSION_NUMBER: 'plaintext connection',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake not finished in time',
}

const CLIENT_LEFT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])
