import { connect, type Socket, type TcpNetConnectOpts } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { onTestFinished, vi } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import type { Credential } from '../../src/identity/credential.ts'
import { type CredentialSource, MemoryCredentialSource } from '../../src/identity/credential-source.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { type Listener, listen } from '../../src/transport/listener.ts'
import { resolveServerLimits, type ServerLimits } from '../../src/transport/server-limits.ts'
import { TrustState } from '../../src/trust/trust-state.ts'
import { capturingLogger, type LogLine } from './log.ts'

export interface ListenerUnderTest {
  readonly listener: Listener
  readonly port: number
  /** Connections whose peer was verified, in their order. */
  readonly accepted: readonly TLSSocket[]
  readonly lines: readonly LogLine[]
  /** What became of the next connection: `accepted`, or the code and the reason of its refusal. */
  outcome(): Promise<string>
}

export interface ListenerSetUp {
  readonly credentials: Credential | CredentialSource
  readonly clock?: Clock
  /** One that knows nothing, unless given. */
  readonly trust?: TrustState
  readonly accept?: (socket: TLSSocket) => void
  readonly limits?: Partial<ServerLimits>
}

/** A listener on a free port, closed after the test. */
export async function openListener({
  credentials,
  clock = Date.now,
  trust,
  accept,
  limits,
}: ListenerSetUp): Promise<ListenerUnderTest> {
  const source = 'current' in credentials ? credentials : new MemoryCredentialSource(credentials)
  const accepted: TLSSocket[] = []
  const outcomes: string[] = []
  const logger = capturingLogger()
  const listener = await listen(
    { host: 'localhost', port: 0 },
    {
      credentials: source,
      clock,
      trust: trust ?? new TrustState({ credential: source.current() }),
      limits: resolveServerLimits(limits),
      logger: { ...logger, warn: (fields, message) => keepRefusal(fields, message) },
      accept: (socket) => {
        accept?.(socket)
        accepted.push(socket)
        outcomes.push('accepted')
      },
    },
  )
  onTestFinished(() => {
    listener.close()
    for (const socket of accepted) socket.destroy()
  })

  function keepRefusal(fields: object, message: string): void {
    logger.warn(fields, message)
    const { code, reason } = fields as { code: string; reason: string }
    outcomes.push(`${code}: ${reason}`)
  }

  return {
    listener,
    port: listener.address.port,
    accepted,
    lines: logger.lines,
    async outcome() {
      await vi.waitUntil(() => outcomes.length > 0, { timeout: 5000, interval: 2 })
      return outcomes.shift() ?? ''
    },
  }
}

/** A TLS client of any kind; what goes wrong with it is the test's concern only where it looks. */
export function connectAs(port: number, options: ConnectionOptions): TLSSocket {
  const socket = connectTls({ host: 'localhost', port, servername: 'localhost', ALPNProtocols: ['h2'], ...options })
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** A client without TLS. */
export function connectPlainly(port: number, options: Partial<TcpNetConnectOpts> = {}): Socket {
  const socket = connect({ host: 'localhost', port, ...options }).resume()
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return socket
}

/** Resolves once a connection is closed, whatever it was closed with. */
export function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

/** What a service presents and trusts. */
export function tlsOptionsOf({ certificateChain, privateKey, bundle }: Credential): ConnectionOptions {
  return { cert: certificateChain, key: encodePrivateKey(privateKey), ca: bundle }
}
