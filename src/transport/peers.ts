import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import { AuthError } from '../core/errors.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'

const peers = new WeakMap<object, VerifiedPeer>()

/**
 * Ties a verified peer to its connection. grpc-js asks the socket for the peer certificate at each call,
 * which parses it anew; handing out the same object every time costs nothing and serves as the key.
 * @throws AuthError TRANSPORT_NOT_AUTHENTICATED where TLS has not verified the certificate
 */
export function rememberPeer(socket: TLSSocket, peer: VerifiedPeer): void {
  // The second lock: verifyConnection has refused the others.
  if (!socket.authorized) throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'unverified client certificate')
  const certificate = lightOf(socket.getPeerCertificate(true))
  socket.getPeerCertificate = () => certificate
  peers.set(certificate, peer)
}

/** The same certificate with one field of its own: grpc-js lists them at each call, to see whether there are any. */
function lightOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  return Object.create(certificate, { raw: { value: certificate.raw, enumerable: true } })
}

/** What calls of either side offer; a client's has no context before its connection is known. */
export interface AuthenticatedCall {
  getAuthContext(): { readonly sslPeerCertificate?: object } | null
}

/** The verified peer of the connection that carries a call; `undefined` off our listeners and channels. */
export function peerOf(call: AuthenticatedCall): VerifiedPeer | undefined {
  const certificate = call.getAuthContext()?.sslPeerCertificate
  return certificate === undefined ? undefined : peers.get(certificate)
}
