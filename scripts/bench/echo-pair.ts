import { Pair } from './pair.ts'
import { Worker } from './processes.ts'
import type { Scene } from './scene.ts'

/** How an echo is served and called. */
export type EchoWay = 'bare' | 'ours' | 'naive'

/** A server and a client of the same way, each in a process of its own. */
export async function startEchoPair(way: EchoWay, scene: Scene): Promise<Pair> {
  const server = new Worker('echo-server.ts', [way], 'server')
  const port = await server.ask<number>('start', scene.serverSetUp())
  const client = new Worker('echo-client.ts', [way], 'client')
  await client.ask('start', await scene.clientSetUp(`localhost:${port}`))
  return new Pair(server, client)
}
