import type { Socket } from 'node:net'

/** The open connections of each remote address, of which one may have so many and no more. */
export class ConnectionCount {
  readonly #max: number
  readonly #open = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  /** Counts a connection until it is closed, and tells whether there was room for it. */
  admit(socket: Socket, remoteAddress: string): boolean {
    const open = this.#open.get(remoteAddress) ?? 0
    if (open >= this.#max) return false
    this.#open.set(remoteAddress, open + 1)
    socket.once('close', () => this.#release(remoteAddress))
    return true
  }

  #release(remoteAddress: string): void {
    const open = (this.#open.get(remoteAddress) ?? 0) - 1
    if (open > 0) this.#open.set(remoteAddress, open)
    else this.#open.delete(remoteAddress)
  }
}
