import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Address, formatAddress } from '../core/address.ts'
import { boundedWarning } from '../core/bounded-warning.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { CredentialSource } from '../identity/credential-source.ts'
import type { TrustState } from '../trust/trust-state.ts'
import { ConnectionCount } from './connection-count.ts'
import { Handshakes } from './handshakes.ts'
import { PeerConnections, type ReasonToCut } from './peer-connections.ts'
import { rememberPeer } from './peers.ts'
import type { ServerLimits } from './server-limits.ts'
import { verifyConnection } from './verify-connection.ts'

export interface ListenerOptions {
  readonly credentials: CredentialSource
  /** Takes over a connection whose peer was verified. */
  readonly accept: (socket: TLSSocket) => void
  readonly limits: Pick<ServerLimits, 'handshakeTimeoutMs' | 'connectionsPerAddress'>
  /** By what is revoked. */
  readonly trust: TrustState
  readonly logger: Logger
  readonly clock: Clock
}

/** A port that speaks mutual TLS and nothing else. */
export interface Listener {
  readonly address: Address
  /** Stops accepting. Connections that were handed over stay open. */
  close(): void
}

/**
 * Listens with TLS 1.3, a client certificate required, HTTP/2 only, no session resumption.
 * Each peer is verified once, when it connects; its connection is cut soon after its certificate has expired or was
 * revoked, so that whoever answers its calls can still tell why.
 * @throws AuthError CONFIGURATION_INVALID where the address cannot be had
 */
export async function listen(address: Address, options: ListenerOptions): Promise<Listener> {
  const { credentials, limits, logger } = options
  const handshakes = new Handshakes({
    credential: credentials.current(),
    timeoutMs: limits.handshakeTimeoutMs,
    receive: createReceiver(options),
    logger,
  })
  const server = createServer(admission(handshakes, options))
  await bind(server, address)

  const replaceCredential = () => handshakes.replaceCredential(credentials.current())
  replaceCredential() // it may have been replaced while the address was bound
  server.on('close', credentials.subscribe(replaceCredential))
  server.on('error', (error) => logger.error({ error: error.message }, 'listener error'))
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

/** Closes a connection at once where its address has too many: before TLS, which costs the server most. */
function admission(handshakes: Handshakes, { limits, logger }: ListenerOptions): (socket: Socket) => void {
  const connections = new ConnectionCount(limits.connectionsPerAddress)
  const warn = boundedWarning(logger, 'connection refused')
  return (socket) => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined) {
      socket.destroy() // the client is gone already
      return
    }
    if (!connections.admit(socket, remoteAddress)) {
      const reason = `more than ${limits.connectionsPerAddress} connections from one address`
      warn({ outcome: 'refused', reason, remoteAddress })
      socket.resetAndDestroy()
      return
    }
    handshakes.begin(socket)
  }
}

/** Until then the calls on a connection are ended, each with its status: streams on one that expired within a second. */
const CUT_DELAY_MS: Readonly<Record<ReasonToCut, number>> = { CERTIFICATE_EXPIRED: 1_500, CERTIFICATE_REVOKED: 200 }

function createReceiver({ credentials, trust, clock, logger, accept }: ListenerOptions): (socket: TLSSocket) => void {
  const warn = boundedWarning(logger, 'connection cut')
  const connections = new PeerConnections({
    trust,
    clock,
    cut(socket, { serviceId }, code) {
      setTimeout(() => socket.destroy(), CUT_DELAY_MS[code]).unref()
      warn({ code, caller: serviceId, remoteAddress: socket.remoteAddress })
    },
  })
  return (socket) => {
    const peer = verifyConnection(socket, credentials.current().trustDomain, { trust, clock })
    rememberPeer(socket, peer)
    connections.add(socket, peer)
    accept(socket)
  }
}
