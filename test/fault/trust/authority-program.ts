/** An authority on a CA and a store on disk, as `countersign serve` runs it: a process, to be killed. */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../../src/core/clock.ts'
import type { Logger } from '../../../src/core/logger.ts'
import { loadConfiguration } from '../../../src/server/config.ts'
import { serve } from '../../../src/server/serve.ts'
import type { AuthorityMessage, AuthorityOrder, AuthoritySettings, AuthorityState } from './authority-orders.ts'
import { planMishap } from './store-gauge.ts'

const settings: AuthoritySettings = JSON.parse(process.argv[2] ?? '')

const tell = (message: AuthorityMessage) => void process.send?.(message)
const keep = (level: string) => (fields: object, message: string) => tell({ kind: 'logged', level, message, fields })
const logger: Logger = { debug() {}, info: keep('info'), warn: keep('warn'), error: keep('error') }

const { config, port, clockAheadMs, keyRotationSeconds } = settings
const configured = await loadConfiguration(config)
const token = { ...configured.token, ...(keyRotationSeconds !== undefined && { keyRotationSeconds }) }
const authority = await serve(
  { ...configured, token, listen: { grpc: { host: 'localhost', port } } },
  { logger, clock: () => systemClock() + clockAheadMs },
)

const pauses = monitorEventLoopDelay({ resolution: 5 })
pauses.enable()

function state(): AuthorityState {
  const longestPauseMs = pauses.max / 1e6
  pauses.reset()
  return {
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 2 ** 10),
    longestPauseMs,
    keys: authority.trust.current?.keys.size ?? 0,
    entries: authority.trust.entryCount,
  }
}

// What has started it is gone.
process.on('disconnect', () => process.exit())
process.on('message', (order: AuthorityOrder) => {
  if ('ask' in order) return tell({ kind: 'state', state: state() })
  planMishap(order.mishap, order.call)
  tell({ kind: 'done' })
})
tell({ kind: 'serves', port: authority.address.port })
