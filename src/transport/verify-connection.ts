import type { TLSSocket } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { AuthError } from '../core/errors.ts'
import type { TrustDomain } from '../identity/service-id.ts'
import { type VerifiedPeer, verifyPeer } from '../identity/verified-peer.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { explainCertificate } from './handshake-failure.ts'

/**
 * Decides on a connection when its handshake is done, before anything else reads it. The handshake has made OpenSSL's
 * verdict on the client's certificate and leaves it to this function to refuse: Node, if it refused by itself, would
 * drop the certificate and the address before it tells of them.
 * @throws AuthError CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, TRANSPORT_NOT_AUTHENTICATED
 */
export function verifyConnection(
  socket: TLSSocket,
  trustDomain: TrustDomain,
  { trust, clock }: { readonly trust: TrustState; readonly clock: Clock },
): VerifiedPeer {
  // A session is resumed without a verdict on the certificate, and without one at all if the first had none.
  if (socket.isSessionReused()) throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'resumed session')
  const certificate = socket.getPeerX509Certificate()
  if (!socket.authorized || certificate === undefined) {
    throw explainCertificate(String(socket.authorizationError), certificate)
  }
  if (socket.alpnProtocol !== 'h2') throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'connection without HTTP/2')
  const peer = verifyPeer(certificate.raw, trustDomain)
  // The handshake has asked the machine's clock.
  if (clock() > peer.notAfter) throw explainCertificate('CERT_HAS_EXPIRED', certificate)
  const revoked = trust.refusalOfCertificate(peer)
  if (revoked !== undefined) throw refused(peer, revoked)
  return peer
}

/** No call is there that the log would name. */
function refused({ serviceId, serialNumber }: VerifiedPeer, { code, message, logDetail }: AuthError): AuthError {
  return new AuthError(code, message, {
    logDetail: `certificate ${serialNumber} of ${serviceId}: ${logDetail ?? message}`,
  })
}
