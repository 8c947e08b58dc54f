import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { boundedWarning } from '../core/bounded-warning.ts'
import type { AuthError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Credential } from '../identity/credential.ts'
import { explainHandshakeFailure } from './handshake-failure.ts'
import { toAuthError } from './status.ts'
import { secureContextOptions } from './tls-options.ts'

export interface HandshakesOptions {
  readonly credential: Credential
  readonly timeoutMs: number
  /** Takes over a connection whose handshake is done, and throws where it refuses it: nobody has verified the peer. */
  readonly receive: (socket: TLSSocket) => void
  readonly logger: Logger
}

/** The server's side of TLS: 1.3, the client asked for its certificate, HTTP/2 only, no session resumption. */
export class Handshakes {
  // It listens nowhere: it is given connections.
  readonly #server: Server
  readonly #logger: Logger
  readonly #warn: (fields: object) => void
  /** Clients of which nothing else is known yet. */
  readonly #underWay = new Set<string>()

  constructor({ credential, timeoutMs, receive, logger }: HandshakesOptions) {
    this.#logger = logger
    this.#warn = boundedWarning(logger, 'handshake refused')
    this.#server = createServer({
      ...secureContextOptions(credential),
      requestCert: true,
      // Node would destroy the connection, its certificate and its address before it tells of them.
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
      handshakeTimeout: timeoutMs,
    })
    this.#server.on('secureConnection', (socket) => this.#finish(socket, receive))
    this.#server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
      const refusal = explainHandshakeFailure(error.code ?? '')
      if (refusal === undefined) socket.destroy()
      else this.#refuse(refusal, socket)
    })
  }

  begin(socket: Socket): void {
    const { remoteAddress } = socket
    const client = clientOf(socket)
    this.#underWay.add(client)
    socket.once('close', () => {
      if (!this.#underWay.delete(client)) return
      this.#logger.debug({ remoteAddress }, 'connection ended during the handshake')
    })
    this.#server.emit('connection', socket)
  }

  /** For the handshakes that begin from now on. */
  replaceCredential(credential: Credential): void {
    this.#server.setSecureContext(secureContextOptions(credential))
  }

  #finish(socket: TLSSocket, receive: (socket: TLSSocket) => void): void {
    this.#underWay.delete(clientOf(socket))
    const { remoteAddress } = socket
    socket.on('error', (error) => this.#logger.debug({ error: error.message, remoteAddress }, 'connection error'))
    try {
      receive(socket)
    } catch (error) {
      this.#refuse(toAuthError(error), socket)
    }
  }

  #refuse({ code, message, logDetail }: AuthError, socket: TLSSocket): void {
    this.#underWay.delete(clientOf(socket))
    this.#warn({ outcome: 'refused', code, reason: logDetail ?? message, remoteAddress: socket.remoteAddress })
    socket.destroy() // Node itself leaves a handshake open that took too long
  }
}

/** The one thing by which a connection is known before TLS and after. */
function clientOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`
}
