import type { CredentialMaterial } from 'countersign'
import { createBenchCa } from './bench-ca.ts'
import { Worker } from './processes.ts'
import { spread } from './spread.ts'

/** A bare fan-out, and those who listen to it. */
export interface FanOutScene {
  /** Commits and sends one message. Returns how long it took to reach all, in milliseconds. */
  publishNext(): Promise<number>
  stop(): void
}

/** @param messageBytes how long the text of a message is */
export async function startFanOut(listeners: number, processes: number, messageBytes: number): Promise<FanOutScene> {
  const { issue } = createBenchCa()
  const server = new Worker('fan-out-server.ts', [], 'server')
  const port = await server.ask<number>('start', issue('countersign/authority'))
  const materials = Array.from({ length: listeners }, (): CredentialMaterial => issue('echo'))
  const workers = spread(materials, processes).map((some) => ({
    some,
    worker: new Worker('fan-out-clients.ts', [], 'client'),
  }))
  for (const { worker, some } of workers) await worker.ask('start', { materials: some, address: `localhost:${port}` })
  const publisher = new Worker('fan-out-clients.ts', [], 'client')
  await publisher.ask('connect', { materials: [issue('caller')], address: `localhost:${port}` })
  const all = [...workers.map(({ worker }) => worker), publisher]
  const text = 'x'.repeat(messageBytes)

  return {
    async publishNext() {
      for (const { worker } of workers) await worker.ask('expect')
      const arrivals = workers.map(({ worker }) => worker.ask<bigint>('lastArrival'))
      const begin = await publisher.ask<bigint>('publish', text)
      const ends = await Promise.all(arrivals)
      return Math.max(...ends.map((end) => Number(end - begin))) / 1e6
    },
    stop() {
      for (const worker of [...all, server]) worker.stop()
    },
  }
}
