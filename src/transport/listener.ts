import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { type Address, formatAddress } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { callAt } from '../core/timer.ts'
import type { CredentialSource } from '../identity/credential-source.ts'
import { type VerifiedPeer, verifyPeer } from '../identity/verified-peer.ts'
import { explainHandshakeFailure } from './handshake-failure.ts'
import { rememberPeer } from './peers.ts'
import { toAuthError } from './status.ts'
import { secureContextOptions } from './tls-options.ts'

export interface ListenerOptions {
  readonly credentials: CredentialSource
  /** Takes over a connection whose peer was verified. */
  readonly accept: (socket: TLSSocket) => void
  readonly logger: Logger
  readonly clock: Clock
}

/** A port that speaks mutual TLS and nothing else. */
export interface Listener {
  readonly address: Address
  /** Stops accepting. Connections that were handed over stay open. */
  close(): void
}

const HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * Listens with TLS 1.3, a client certificate required, HTTP/2 only, no session resumption.
 * Each peer is verified once, when it connects; its connection is cut when its certificate expires.
 * @throws AuthError CONFIGURATION_INVALID where the address cannot be had
 */
export async function listen(address: Address, options: ListenerOptions): Promise<Listener> {
  const { credentials } = options
  const server = createServer({
    ...secureContextOptions(credentials.current()),
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ['h2'],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  })
  server.on('secureConnection', (socket) => receive(socket, options))
  server.on('tlsClientError', (error, socket) => logFailure(error, socket, options))
  await bind(server, address)

  const replaceContext = () => server.setSecureContext(secureContextOptions(credentials.current()))
  replaceContext() // the credential may have been replaced while the address was bound
  server.on('close', credentials.subscribe(replaceContext))
  server.on('error', (error) => options.logger.error({ error: error.message }, 'listener error'))
  const { port } = server.address() as AddressInfo
  return { address: { host: address.host, port }, close: () => server.close() }
}

async function bind(server: Server, address: Address): Promise<void> {
  try {
    server.listen(address.port, address.host)
    await once(server, 'listening')
  } catch (error) {
    throw new AuthError('CONFIGURATION_INVALID', `Cannot listen on ${formatAddress(address)}: ${messageOf(error)}.`)
  }
}

function receive(socket: TLSSocket, options: ListenerOptions): void {
  socket.on('error', (error) => options.logger.debug({ error: error.message }, 'connection error'))
  try {
    const peer = verifySocket(socket, options)
    rememberPeer(socket, peer)
    cutAtExpiry(socket, peer, options.clock)
    options.accept(socket)
  } catch (error) {
    logRefusal(toAuthError(error), socket, options.logger)
    socket.destroy()
  }
}

function verifySocket(socket: TLSSocket, options: ListenerOptions): VerifiedPeer {
  if (!socket.authorized) throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'unverified client certificate')
  if (socket.alpnProtocol !== 'h2') throw new AuthError('TRANSPORT_NOT_AUTHENTICATED', 'connection without HTTP/2')
  const peer = verifyPeer(socket.getPeerCertificate().raw, options.credentials.current().trustDomain)
  // The handshake has asked the machine's clock.
  if (options.clock() > peer.notAfter) throw new AuthError('CERTIFICATE_EXPIRED', 'expired certificate')
  return peer
}

function cutAtExpiry(socket: TLSSocket, peer: VerifiedPeer, clock: Clock): void {
  const cancel = callAt(peer.notAfter + 1, clock, () => socket.destroy())
  socket.once('close', cancel)
}

function logFailure(error: Error & { code?: string }, socket: TLSSocket, options: ListenerOptions): void {
  const refusal = explainHandshakeFailure(error.code ?? '', String(socket.authorizationError ?? ''))
  if (refusal === undefined) options.logger.debug({ error: error.message }, 'connection ended during the handshake')
  else logRefusal(refusal, socket, options.logger)
}

function logRefusal(refusal: AuthError, { remoteAddress }: TLSSocket, logger: Logger): void {
  const { code, message, logDetail } = refusal
  logger.warn({ outcome: 'refused', code, reason: logDetail ?? message, remoteAddress }, 'handshake refused')
}
