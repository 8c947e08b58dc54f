import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type DetailedPeerCertificate, type Server, type TLSSocket } from 'node:tls'
import { parseCertificate } from '../../../src/identity/certificate.ts'
import type { Credential } from '../../../src/identity/credential.ts'
import type { ServiceId, TrustDomain } from '../../../src/identity/service-id.ts'
import { verifyPeer } from '../../../src/identity/verified-peer.ts'
import { secureContextOptions } from '../../../src/transport/tls-options.ts'

/** How a handshake ended. Each side is as the other one has verified it. */
export type HandshakeEnd =
  | { readonly outcome: 'accepted'; readonly protocol: string; readonly client: Verified; readonly server: Verified }
  /** Why, as OpenSSL calls it. */
  | { readonly outcome: 'refused'; readonly by: 'client' | 'server'; readonly reason: string }

export interface Verified {
  readonly serviceId: ServiceId
  /** The key IDs of the intermediate and the root, in lowercase hex. */
  readonly issuers: readonly string[]
}

const TIMEOUT_MS = 10_000

/**
 * Shakes hands over mutual TLS 1.3: a server and a client of Node's own, which decide by themselves. The client wants
 * the host name, too.
 * @param crls in PEM; with them, the server accepts nobody without looking at those of all issuers
 */
export async function shakeHands(
  client: Credential,
  server: Credential,
  crls: readonly string[] = [],
): Promise<HandshakeEnd> {
  const listener = createServer({ ...secureContextOptions(server), crl: [...crls], requestCert: true })
  listener.listen(0, 'localhost')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const serverVerdict = verdictOfServer(listener)
  const socket = connect({ ...secureContextOptions(client), host: 'localhost', port, timeout: TIMEOUT_MS })
  try {
    // With TLS 1.3 a client is through before the server has judged its certificate: what it hears then decides.
    const isAnswered = await hears(socket)
    const clientReason = socket.authorizationError
    if (clientReason) return { outcome: 'refused', by: 'client', reason: String(clientReason) }
    const verdict = await serverVerdict
    if (verdict.outcome === 'refused') return { ...verdict, by: 'server' }
    if (!isAnswered) throw new Error('A handshake broke off, though neither side refused the other.')
    return {
      outcome: 'accepted',
      protocol: String(socket.getProtocol()),
      client: verified(verdict.certificate, server.trustDomain),
      server: verified(socket.getPeerCertificate(true), client.trustDomain),
    }
  } finally {
    socket.destroy()
    listener.close()
  }
}

type ServerVerdict =
  | { readonly outcome: 'accepted'; readonly certificate: DetailedPeerCertificate }
  | { readonly outcome: 'refused'; readonly reason: string }

function verdictOfServer(listener: Server): Promise<ServerVerdict> {
  return new Promise((resolve) => {
    listener.once('secureConnection', (socket) => {
      resolve({ outcome: 'accepted', certificate: socket.getPeerCertificate(true) })
      socket.on('error', () => {}) // the client has gone
      socket.end('.')
    })
    listener.once('tlsClientError', (error: NodeJS.ErrnoException, { authorizationError }) =>
      resolve({ outcome: 'refused', reason: String(authorizationError ?? error.code) }),
    )
  })
}

/** Whether anything comes. */
function hears(socket: TLSSocket): Promise<boolean> {
  return new Promise((resolve, reject) => {
    socket.once('data', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => resolve(false))
    socket.once('timeout', () => reject(new Error(`A handshake took more than ${TIMEOUT_MS} ms.`)))
  })
}

function verified(certificate: DetailedPeerCertificate, trustDomain: TrustDomain): Verified {
  const { serviceId } = verifyPeer(certificate.raw, trustDomain)
  const issuers = issuersOf(certificate).map(({ raw }) => parseCertificate(raw).subjectKeyId ?? '')
  return { serviceId, issuers }
}

/** A root is its own issuer. */
function issuersOf(certificate: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const { issuerCertificate: issuer } = certificate
  return issuer === undefined || issuer === certificate ? [] : [issuer, ...issuersOf(issuer)]
}
