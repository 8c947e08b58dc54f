import type { Socket } from 'node:net'
import { checkServerIdentity, connect, createSecureContext, type PeerCertificate, type TLSSocket } from 'node:tls'
import { type Address, formatAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import { type ServiceId, trustDomainOf } from '../identity/service-id.ts'
import { type VerifiedPeer, verifyPeer } from '../identity/verified-peer.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { PeerConnections, type ReasonToCut } from './peer-connections.ts'
import { rememberPeer } from './peers.ts'
import { secureContextOptions } from './tls-options.ts'

export interface ConnectorOptions {
  readonly address: Address
  /** The service that must answer there. */
  readonly server: ServiceId
  /** What this side presents. */
  readonly credential: Credential
  /** By what is revoked. Without it nothing is known of that. */
  readonly trust?: TrustState | undefined
  readonly logger: Logger
  readonly clock: Clock
  readonly handshakeTimeoutMs: number
}

/** A connection whose server was verified. */
export interface Connection {
  readonly socket: TLSSocket
  readonly server: VerifiedPeer
}

/** Turns a TCP connection into one of mutual TLS with one service, or fails. */
export type Connector = (tcp: Socket) => Promise<Connection>

/**
 * Connects with TLS 1.3, HTTP/2 only, no session resumption. The server is verified once, when the connection is made;
 * it is cut when the server's certificate expires or is revoked, as a listener does with a client's.
 */
export function createConnector(options: ConnectorOptions): Connector {
  const connections = new PeerConnections({
    trust: options.trust,
    clock: options.clock,
    cut: (socket, server, reason) => cut(socket, server, reason, options),
  })
  const secureContext = createSecureContext(secureContextOptions(options.credential))
  return async (tcp) => {
    let server: VerifiedPeer | undefined
    const socket = connect({
      socket: tcp,
      secureContext,
      servername: options.address.host,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: true, // said, because the environment can turn the default off
      checkServerIdentity(host, certificate) {
        try {
          server = verifyServer(certificate, host, options)
          return undefined
        } catch (error) {
          return error instanceof Error ? error : new Error(messageOf(error))
        }
      },
    })
    socket.on('error', (error) => options.logger.debug({ error: error.message }, 'connection error'))
    try {
      await handshake(socket, options.handshakeTimeoutMs)
      if (server === undefined) throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'The server was not verified.')
      requireStanding(server, options)
      rememberPeer(socket, server)
      connections.add(socket, server)
      return { socket, server }
    } catch (error) {
      socket.destroy()
      throw explain(error, options)
    }
  }
}

async function handshake(socket: TLSSocket, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  socket.once('secureConnect', resolve)
  socket.once('error', reject)
  // A connection that this side gave up ends without an error.
  socket.once('close', () => reject(new Error('The connection was closed during the TLS handshake.')))
  const expire = () => reject(new Error('The server did not finish the TLS handshake in time.'))
  const timer = setTimeout(expire, timeoutMs).unref()
  try {
    await promise
  } finally {
    clearTimeout(timer)
  }
  if (socket.alpnProtocol !== 'h2') throw new Error('The server does not speak HTTP/2.')
}

/** The server must be the expected service and, where its certificate is limited to host names, one of these. */
function verifyServer(certificate: PeerCertificate, host: string, { server, clock }: ConnectorOptions): VerifiedPeer {
  const peer = verifyPeer(certificate.raw, trustDomainOf(server))
  if (peer.serviceId !== server) throw notTheServer(`The server is ${peer.serviceId} instead of ${server}.`)
  if (clock() > peer.notAfter) throw expired(server)
  const mismatch = peer.dnsNames.length === 0 ? undefined : checkServerIdentity(host, certificate)
  if (mismatch !== undefined) throw notTheServer(mismatch.message)
  return peer
}

function requireStanding(server: VerifiedPeer, { trust }: ConnectorOptions): void {
  if (trust?.refusalOfCertificate(server) === undefined) return
  throw new AuthError(
    'CERTIFICATE_REVOKED',
    `The certificate of ${server.serviceId} is revoked, or the service is blocked.`,
  )
}

const WHAT_HAPPENED: Readonly<Record<ReasonToCut, string>> = {
  CERTIFICATE_EXPIRED: 'has expired',
  CERTIFICATE_REVOKED: 'is revoked, or it is blocked',
}

function cut(socket: TLSSocket, { serviceId }: VerifiedPeer, code: ReasonToCut, options: ConnectorOptions): void {
  socket.destroy()
  const fields = { code, server: serviceId, address: formatAddress(options.address) }
  options.logger.warn(fields, `connection cut: the certificate of the server ${WHAT_HAPPENED[code]}`)
}

/** grpc-js passes on no more of it than its text. */
function explain(error: unknown, { server, address, logger }: ConnectorOptions): Error {
  const refusal = isExpiry(error) ? expired(server) : error
  if (!(refusal instanceof AuthError)) return refusal instanceof Error ? refusal : new Error(messageOf(refusal))
  const { code, message } = refusal
  logger.warn({ outcome: 'refused', code, reason: message, address: formatAddress(address) }, 'server refused')
  return new Error(`${code}: ${message}`)
}

/** OpenSSL's verdict, by the clock of the system. */
function isExpiry(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'CERT_HAS_EXPIRED'
}

function expired(server: ServiceId): AuthError {
  return new AuthError('CERTIFICATE_EXPIRED', `The certificate of ${server} has expired: it must be renewed there.`)
}

function notTheServer(problem: string): AuthError {
  return new AuthError('TRANSPORT_NOT_AUTHENTICATED', problem)
}
