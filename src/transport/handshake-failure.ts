import { AuthError } from '../core/errors.ts'

/**
 * Says in words why a handshake was refused. The client learns nothing of it: TLS gives it an alert at most.
 * Codes: CERTIFICATE_EXPIRED, TRANSPORT_NOT_AUTHENTICATED. `undefined` where the client itself went away.
 * @param code of the error: OpenSSL's reason, or a socket error
 * @param authorizationError OpenSSL's verdict on the client's certificate; empty where it gave none
 */
export function explainHandshakeFailure(code: string, authorizationError: string): AuthError | undefined {
  if (authorizationError === 'CERT_HAS_EXPIRED') return new AuthError('CERTIFICATE_EXPIRED', 'expired certificate')
  if (authorizationError !== '') {
    const reason = CERTIFICATE_REASONS[authorizationError] ?? `certificate refused: ${authorizationError}`
    return new AuthError('TRANSPORT_NOT_AUTHENTICATED', reason)
  }
  if (CLIENT_LEFT.has(code)) return undefined
  return new AuthError('TRANSPORT_NOT_AUTHENTICATED', PROTOCOL_REASONS[code] ?? `handshake failed: ${code}`)
}

const ANOTHER_CA = 'certificate of another CA'

const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_NOT_YET_VALID: 'certificate not valid yet',
  CERT_SIGNATURE_FAILURE: ANOTHER_CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: ANOTHER_CA,
  SELF_SIGNED_CERT_IN_CHAIN: ANOTHER_CA,
  UNABLE_TO_GET_ISSUER_CERT: ANOTHER_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ANOTHER_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ANOTHER_CA,
}

const PROTOCOL_REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: 'plaintext connection',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'plaintext connection',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'connection without HTTP/2',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no client certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'connection below TLS 1.3',
  ERR_SSL_WRONG_VERSION_NUMBER: 'plaintext connection',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'handshake not finished in time',
}

const CLIENT_LEFT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE'])
