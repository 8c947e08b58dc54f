/**
 * The target as a process of its own, started with an IPC channel: it says where it listens and what opens it, and
 * afterwards answers each message with how it is.
 */

import { silentLogger } from '../../src/core/logger.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { startTarget, tokenFor } from './target.ts'

/** What the process says first. */
export interface TargetGreeting {
  readonly port: number
  /** The credential of `orders`, in PEM, and a token for it. */
  readonly cert: string
  readonly key: string
  readonly ca: string
  readonly token: string
}

/** How the process is. Memory in megabytes, the peak since its start. */
export interface TargetState {
  readonly reached: number
  readonly rss: number
  readonly peakRss: number
}

const target = await startTarget({ logger: silentLogger })
const orders = target.issuer.credential('orders')
const greeting: TargetGreeting = {
  port: target.port,
  cert: orders.certificateChain,
  key: encodePrivateKey(orders.privateKey),
  ca: orders.bundle,
  token: tokenFor(orders),
}

process.on('message', () => {
  const state: TargetState = {
    reached: target.reached.length,
    rss: Math.round(process.memoryUsage.rss() / 2 ** 20),
    peakRss: Math.round(process.resourceUsage().maxRSS / 2 ** 10),
  }
  process.send?.(state)
})
process.on('disconnect', () => process.exit())
process.send?.(greeting)
