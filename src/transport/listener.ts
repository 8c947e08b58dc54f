import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { type Address, formatAddress } from '../core/address.ts'
import { boundedWarning } from '../core/bounded-warning.ts'
import type { Clock } from '../core/clock.ts'
import { AuthError, messageOf } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import { callAt } from '../core/timer.ts'
import type { CredentialSource } from '../identity/credential-source.ts'
import { ConnectionCount } from './connection-count.ts'
import { Handshakes } from './handshakes.ts'
import { rememberPeer } from './peers.ts'
import type { ServerLimits } from './server-limits.ts'
import { verifyConnection } from './verify-connection.ts'

export interface ListenerOptions {
  readonly credentials: CredentialSource
  /** Takes over a connection whose peer was verified. */
  readonly accept: (socket: TLSSocket) => void
  readonly limits: Pick<ServerLimits, 'handshakeTimeoutMs' | 'connectionsPerAddress'>
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
 * Each peer is verified once, when it connects; its connection is cut when its certificate expires.
 * @throws AuthError CONFIGURATION_INVALID where the address cannot be had
 */
export async function listen(address: Address, options: ListenerOptions): Promise<Listener> {
  const { credentials, limits, logger } = options
  const handshakes = new Handshakes({
    credential: credentials.current(),
    timeoutMs: limits.handshakeTimeoutMs,
    receive: (socket) => receive(socket, options),
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

function receive(socket: TLSSocket, { credentials, clock, accept }: ListenerOptions): void {
  const peer = verifyConnection(socket, credentials.current().trustDomain, clock)
  rememberPeer(socket, peer)
  const cancel = callAt(peer.notAfter + 1, clock, () => socket.destroy())
  socket.once('close', cancel)
  accept(socket)
}
