import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { Duplex } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'
import { status } from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import { decodeErrorInfo } from '../../src/transport/error-info.ts'
import {
  errorName,
  Flag,
  FRAME_HEADER_LENGTH,
  FrameType,
  grpcMessage,
  type HeaderFields,
  headerBlock,
  headersFrames,
  PREFACE,
} from './http2-frames.ts'
import { connectAs } from './listener.ts'

/** How a call ended that no client of good manners would make. */
export interface HandmadeEnding {
  /** Of HTTP: 200 wherever gRPC answered. */
  readonly http: number | undefined
  /** Of gRPC, by name. */
  readonly status: string | undefined
  readonly reason: string | undefined
  /** With which error the stream was reset, by name; `undefined` where it was not. */
  readonly reset: string | undefined
  readonly body: Buffer
}

export interface HandmadeCall {
  readonly fields: HeaderFields
  /** One empty message unless told. */
  readonly body?: Buffer
}

/**
 * Makes calls at once over a connection of their own, whose header fields are written as they are given, and lets Node
 * read the answers. A call is of whatever kind its method is: one message is sent, and no more.
 */
export async function callByHand(
  port: number,
  options: ConnectionOptions,
  ...calls: readonly HandmadeCall[]
): Promise<readonly HandmadeEnding[]> {
  const socket = connectAs(port, options)
  await once(socket, 'secureConnect')
  socket.setNoDelay()
  const swapping = new HeaderSwap(
    socket,
    calls.map(({ fields }) => headerBlock(fields)),
  )
  const session = connect('http://localhost', { createConnection: () => swapping, maxSessionMemory: 1000 })
  onTestFinished(() => session.destroy())
  session.on('error', () => {})
  try {
    return await Promise.all(calls.map(({ body = grpcMessage() }) => endingOf(session, body)))
  } finally {
    session.destroy()
    socket.destroy()
  }
}

async function endingOf(session: ClientHttp2Session, body: Buffer): Promise<HandmadeEnding> {
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false })
  const headers: IncomingHttpHeaders & { ':status'?: number } = {}
  const chunks: Buffer[] = []
  stream.on('response', (received) => Object.assign(headers, received))
  stream.on('trailers', (received) => Object.assign(headers, received))
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => {}) // its code is read below
  stream.end(body)
  // Its end is not its close where the other end has answered before all of the body was sent.
  await new Promise<void>((resolve) => {
    for (const event of ['end', 'close']) stream.once(event, resolve)
  })
  const code = headers['grpc-status']
  const details = headers['grpc-status-details-bin']
  return {
    http: headers[':status'],
    status: code === undefined ? undefined : status[Number(code)],
    reason: typeof details === 'string' ? decodeErrorInfo(Buffer.from(details, 'base64'))?.reason : undefined,
    reset: stream.rstCode === 0 ? undefined : errorName(stream.rstCode),
    body: Buffer.concat(chunks),
  }
}

/** A socket to Node's own client, which puts header blocks in the place of those that this writes, in their order. */
class HeaderSwap extends Duplex {
  readonly #socket: Duplex
  readonly #blocks: Buffer[]
  #pending = Buffer.alloc(0)
  #isPrefaceSent = false

  constructor(socket: Duplex, blocks: readonly Buffer[]) {
    super()
    this.#socket = socket
    this.#blocks = [...blocks]
    socket.on('data', (chunk) => this.push(chunk))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {} // as it comes

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    if (!this.#isPrefaceSent && this.#pending.length >= PREFACE.length) {
      this.#socket.write(this.#take(PREFACE.length))
      this.#isPrefaceSent = true
    }
    while (this.#isPrefaceSent && this.#pending.length >= FRAME_HEADER_LENGTH) {
      const length = FRAME_HEADER_LENGTH + this.#pending.readUIntBE(0, 3)
      if (this.#pending.length < length) break
      this.#socket.write(this.#swap(this.#take(length)))
    }
    done()
  }

  #swap(original: Buffer): Buffer {
    if (original[3] !== FrameType.headers) return original
    return headersFrames(
      original.readUInt32BE(5),
      this.#blocks.shift() ?? Buffer.alloc(0),
      (original[4] ?? 0) & Flag.endStream,
    )
  }

  #take(length: number): Buffer {
    const taken = this.#pending.subarray(0, length)
    this.#pending = this.#pending.subarray(length)
    return taken
  }
}
