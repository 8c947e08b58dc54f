import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Address } from '../../../src/core/address.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { callAt } from '../../../src/core/timer.ts'

/** What a network does to the bytes of a connection. */
export interface Conditions {
  /** Does not even read what a verifier, or an authority, sends: whoever sends will notice, some day. */
  readonly isStalled?: boolean
  /** Holds back what is under way, to be delivered once the network is well: nobody is told. */
  readonly holdsRequests?: boolean
  readonly holdsAnswers?: boolean
  /** Passes everything on so much later, by the clock. */
  readonly delayMs?: number
}

/** The network between a verifier and an authority, as bad as it is told to be: connections that there are, and new ones. */
export class Link {
  readonly #server: Server
  readonly #to: Address
  readonly #clock: Clock
  readonly #pipes = new Set<Pipe>()
  #conditions: Conditions = {}

  /** Closed after the test. */
  static async to(address: Address, clock: Clock): Promise<Link> {
    const link = new Link(address, clock)
    link.#server.listen(0, 'localhost')
    await once(link.#server, 'listening')
    onTestFinished(() => link.#close())
    return link
  }

  private constructor(to: Address, clock: Clock) {
    this.#to = to
    this.#clock = clock
    this.#server = createServer((near) => this.#connect(near))
  }

  get address(): Address {
    return { host: 'localhost', port: (this.#server.address() as AddressInfo).port }
  }

  /** Whether connections go through it. */
  get isInUse(): boolean {
    return this.#pipes.size > 0
  }

  become(conditions: Conditions): void {
    this.#conditions = conditions
    for (const pipe of this.#pipes) pipe.look()
  }

  /** Forgets the connections that there are: nothing passes on them ever again, and neither end is told. */
  lose(): void {
    for (const pipe of this.#pipes) pipe.lose()
  }

  /** Both ends of each connection are told that it is gone. */
  cut(): void {
    for (const { from, to } of [...this.#pipes]) {
      from.resetAndDestroy()
      to.resetAndDestroy()
    }
  }

  #connect(near: Socket): void {
    const far = connect(this.#to.port, this.#to.host)
    const options = { clock: this.#clock, onClose: (pipe: Pipe) => void this.#pipes.delete(pipe) }
    this.#pipes.add(new Pipe(near, far, { ...options, conditions: () => requestsOf(this.#conditions) }))
    this.#pipes.add(new Pipe(far, near, { ...options, conditions: () => answersOf(this.#conditions) }))
  }

  #close(): void {
    this.#server.close()
    this.cut()
  }
}

interface PipeConditions {
  readonly isStalled: boolean
  readonly isHeld: boolean
  readonly delayMs: number
}

function requestsOf({ isStalled = false, holdsRequests = false, delayMs = 0 }: Conditions): PipeConditions {
  return { isStalled, isHeld: holdsRequests, delayMs }
}

function answersOf({ isStalled = false, holdsAnswers = false, delayMs = 0 }: Conditions): PipeConditions {
  return { isStalled, isHeld: holdsAnswers, delayMs }
}

interface PipeOptions {
  readonly conditions: () => PipeConditions
  readonly clock: Clock
  readonly onClose: (pipe: Pipe) => void
}

/** One direction of a connection. */
class Pipe {
  readonly from: Socket
  readonly to: Socket
  readonly #options: PipeOptions
  #queue: { readonly bytes: Buffer; readonly at: number }[] = []
  #isLost = false
  #cancel = () => {}

  constructor(from: Socket, to: Socket, options: PipeOptions) {
    this.from = from
    this.to = to
    this.#options = options
    from.on('error', () => {})
    from.on('data', (bytes) => {
      this.#queue.push({ bytes, at: options.clock() })
      this.look()
    })
    from.once('end', () => !this.#isLost && to.end())
    from.once('close', () => {
      this.#cancel()
      if (!this.#isLost) to.destroy()
      options.onClose(this)
    })
    this.look()
  }

  lose(): void {
    this.#isLost = true
    this.#queue = []
  }

  look(): void {
    if (this.#isLost) return
    const { conditions, clock } = this.#options
    const { isStalled, isHeld, delayMs } = conditions()
    this.#cancel()
    if (isStalled) this.from.pause()
    else this.from.resume()
    if (isStalled || isHeld) return
    while (this.#queue[0] !== undefined && this.#queue[0].at + delayMs <= clock()) {
      this.to.write(this.#queue.shift()?.bytes ?? '')
    }
    const [next] = this.#queue
    if (next !== undefined) this.#cancel = callAt(next.at + delayMs, clock, () => this.look())
  }
}
