import type { TLSSocket } from 'node:tls'
import type { VerifiedPeer } from '../identity/verified-peer.ts'

const peers = new WeakMap<object, VerifiedPeer>()

/**
 * Ties a verified peer to its connection. grpc-js asks the socket for the peer certificate at each call,
 * which parses it anew; handing out the same object every time costs nothing and serves as the key.
 */
export function rememberPeer(socket: TLSSocket, peer: VerifiedPeer): void {
  const certificate = socket.getPeerCertificate(true)
  socket.getPeerCertificate = () => certificate
  peers.set(certificate, peer)
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
