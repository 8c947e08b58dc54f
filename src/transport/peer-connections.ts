import type { TLSSocket } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { callAt } from '../core/timer.ts'
import type { VerifiedPeer } from '../identity/verified-peer.ts'
import type { RevocationIndex } from '../trust/revocation-index.ts'
import type { TrustState } from '../trust/trust-state.ts'

/** Why a connection that was good is so no more. */
export type ReasonToCut = 'CERTIFICATE_EXPIRED' | 'CERTIFICATE_REVOKED'

export interface PeerConnectionsOptions {
  /** Without it nothing is known of revocations. */
  readonly trust: TrustState | undefined
  readonly clock: Clock
  /** Cuts a connection, at once or soon. */
  readonly cut: (socket: TLSSocket, peer: VerifiedPeer, reason: ReasonToCut) => void
}

/** Open connections to verified peers, of which those are cut whose peer's certificate expires or is revoked. */
export class PeerConnections {
  readonly #options: PeerConnectionsOptions
  readonly #open = new Map<TLSSocket, VerifiedPeer>()
  #unsubscribe: (() => void) | undefined

  constructor(options: PeerConnectionsOptions) {
    this.#options = options
  }

  /** Watches a connection until it is closed, in the same turn in which its peer was found to be good. */
  add(socket: TLSSocket, peer: VerifiedPeer): void {
    const { clock, trust } = this.#options
    this.#open.set(socket, peer)
    this.#unsubscribe ??= trust?.subscribe(({ revocations }) => this.#cutRevoked(revocations))
    const cancel = callAt(peer.notAfter + 1, clock, () => this.#cut(socket, 'CERTIFICATE_EXPIRED'))
    socket.once('close', () => {
      cancel()
      this.#remove(socket)
    })
  }

  #cutRevoked(revocations: RevocationIndex): void {
    if (revocations.size === 0) return
    const failures: unknown[] = []
    for (const [socket, peer] of [...this.#open]) {
      if (revocations.refusalOfCertificate(peer) === undefined) continue
      try {
        this.#cut(socket, 'CERTIFICATE_REVOKED')
      } catch (error) {
        failures.push(error) // a logger's: the others are to be cut all the same
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Connections were cut, but not logged.')
  }

  /** Once, though it may take a while until it is closed. */
  #cut(socket: TLSSocket, reason: ReasonToCut): void {
    const peer = this.#open.get(socket)
    if (peer === undefined) return
    this.#remove(socket)
    this.#options.cut(socket, peer, reason)
  }

  /** Who has no connection needs no news: so there is nothing to close. */
  #remove(socket: TLSSocket): void {
    this.#open.delete(socket)
    if (this.#open.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
  }
}
