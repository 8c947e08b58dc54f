import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** Passes TCP connections on, until it cuts them: neither end is told in gRPC or in TLS. */
export interface Relay {
  readonly address: string
  cut(): void
  /** Keeps the connections that there are open, and passes nothing more on. */
  freeze(): void
}

/** A relay to `localhost:port`, closed after the test. */
export async function openRelay(to: string): Promise<Relay> {
  const sockets = new Set<Socket>()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const freeze = () => {
    for (const socket of sockets) socket.unpipe().pause()
  }
  const server = createServer((near) => {
    const far = connect(Number(to.split(':').at(-1)), 'localhost')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => sockets.delete(socket))
    }
    near.pipe(far).pipe(near)
  }).listen(0, 'localhost')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    cut()
  })
  return { address: `localhost:${(server.address() as AddressInfo).port}`, cut, freeze }
}
