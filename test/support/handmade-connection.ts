import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { errorName, FRAME_HEADER_LENGTH, FrameType, frame, PREFACE } from './http2-frames.ts'
import { closed } from './listener.ts'

/** What came of an HTTP/2 connection whose every byte is written by hand. */
export interface HandmadeConnection {
  readonly socket: TLSSocket
  /** Writes, and waits while the other end does not read. Once the connection is gone it does nothing. */
  send(...frames: readonly Uint8Array[]): Promise<void>
  /**
   * How the other end took it: `GOAWAY` with its error, `closed` where it just hung up, `RST_STREAM` with its error where
   * it ended one stream and goes on, `alive` where it goes on and answers a PING. What decides it is best given here: the
   * PING then leaves with it, and cannot reach a socket that is closed by then, whose reset would take the GOAWAY away.
   */
  outcome(...lastFrames: readonly Uint8Array[]): Promise<string>
  /** Ends the connection, once the other end has had what was sent. */
  leave(): Promise<void>
}

export interface HandmadeOptions {
  /** What is sent first, in the place of the preface and empty SETTINGS. */
  readonly greeting?: Buffer
}

const OUTCOME_TIMEOUT_MS = 60_000
const LAST_PING = Buffer.from('lastping')

export async function connectByHand(
  port: number,
  tls: ConnectionOptions,
  { greeting = Buffer.concat([PREFACE, frame({ type: FrameType.settings })]) }: HandmadeOptions = {},
): Promise<HandmadeConnection> {
  const socket = connect({ host: 'localhost', port, servername: 'localhost', ALPNProtocols: ['h2'], ...tls })
  socket.on('error', () => {})
  await once(socket, 'secureConnect')
  let reset: string | undefined
  const { promise: decided, resolve: decide } = Promise.withResolvers<string>()
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= FRAME_HEADER_LENGTH) {
      const length = FRAME_HEADER_LENGTH + pending.readUIntBE(0, 3)
      if (pending.length < length) break
      receive(pending.subarray(0, length))
      pending = pending.subarray(length)
    }
  })
  socket.once('close', () => decide('closed'))
  socket.write(greeting)

  function receive(received: Buffer): void {
    const type = received.readUInt8(3)
    const payload = received.subarray(FRAME_HEADER_LENGTH)
    if (type === FrameType.goAway) decide(`GOAWAY ${errorName(payload.readUInt32BE(4))}`)
    if (type === FrameType.rstStream) reset = `RST_STREAM ${errorName(payload.readUInt32BE(0))}`
    if (type === FrameType.ping && payload.equals(LAST_PING)) decide(reset ?? 'alive')
  }

  async function send(...frames: readonly Uint8Array[]): Promise<void> {
    if (socket.destroyed || !socket.writable) return
    if (socket.write(Buffer.concat(frames))) return
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.off('drain', done).off('close', done)
        resolve()
      }
      socket.on('drain', done).on('close', done)
    })
  }

  return {
    socket,
    send,
    async outcome(...lastFrames) {
      await send(...lastFrames, frame({ type: FrameType.ping, payload: LAST_PING }))
      const timer = setTimeout(decide, OUTCOME_TIMEOUT_MS, 'silence')
      const outcome = await decided
      clearTimeout(timer)
      socket.destroy()
      return outcome
    },
    async leave() {
      socket.end()
      await closed(socket)
    },
  }
}
