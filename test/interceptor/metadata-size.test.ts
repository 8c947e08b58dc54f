import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type StatusObject,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import { requireMetadataWithin } from '../../src/interceptor/metadata-size.ts'
import { serverInterceptor } from '../../src/interceptor/server.ts'
import { capturingLogger } from '../support/log.ts'
import { type Ending, endingOf } from '../support/plain-client.ts'
import { refusalOf } from '../support/refusal.ts'
import { trustOfIssuer } from '../support/token.ts'

describe('the size of metadata', () => {
  test('is that of names and values and 32 for each entry', async () => {
    const metadata = new Metadata()
    const sizes = [
      () => metadata.add('a', 'bc'), // 35
      () => metadata.add('a', 'd'), // 34
      () => metadata.add('some-name', ''), // 41
      () => metadata.add('b-bin', Buffer.alloc(100)), // 137
    ]
    expect(() => requireMetadataWithin(metadata, 0)).not.toThrow()
    for (const [index, total] of [35, 69, 110, 247].entries()) {
      sizes[index]?.()
      expect(() => requireMetadataWithin(metadata, total)).not.toThrow()
      const refusal = await refusalOf('REQUEST_INVALID', () => requireMetadataWithin(metadata, total - 1))
      expect(refusal.message).toContain(`takes ${total} bytes, of which the server allows ${total - 1}.`)
    }
  })
})

test('a limit of metadata that is none is refused, and not taken for the default', async () => {
  const options = {
    ruleOf: () => undefined,
    verifyToken: () => Promise.reject(),
    trust: trustOfIssuer(),
    clock: Date.now,
    logger: silentLogger,
  }
  for (const metadataBytes of [0, -1, Number.NaN, 0.5, 65_537]) {
    await refusalOf('CONFIGURATION_INVALID', () => serverInterceptor({ ...options, metadataBytes }))
  }
})

const asIs = (bytes: Buffer): Buffer => bytes
const plain = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs }
const kindOf = (path: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream,
  responseStream,
  ...plain,
})
const KINDS = {
  unary: kindOf('/test.Kinds/Unary', false, false),
  clientStream: kindOf('/test.Kinds/ClientStream', true, false),
  serverStream: kindOf('/test.Kinds/ServerStream', false, true),
  bidi: kindOf('/test.Kinds/Bidi', true, true),
} as const

describe('a call with too much metadata is refused', () => {
  const log = capturingLogger()
  const handled: string[] = []
  let server: Server
  let client: Client

  beforeAll(async () => {
    const interceptor = serverInterceptor({
      ruleOf: () => undefined,
      verifyToken: () => Promise.reject(new TypeError('No token is looked at.')),
      trust: trustOfIssuer(),
      clock: Date.now,
      logger: log,
      metadataBytes: 2_000,
    })
    server = new Server({ interceptors: [interceptor] })
    const handle = () => void handled.push('handled')
    const handlers = { unary: handle, clientStream: handle, serverStream: handle, bidi: handle }
    server.addService(KINDS, handlers)
    const port = await new Promise<number>((resolve) =>
      server.bindAsync('localhost:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
    )
    client = new Client(`localhost:${port}`, credentials.createInsecure())
  })
  afterAll(() => {
    client.close()
    server.forceShutdown()
  })

  function call({ path, requestStream, responseStream }: MethodDefinition<Buffer, Buffer>, size: number) {
    const metadata = new Metadata()
    metadata.set('filling', 'x'.repeat(size))
    const options = { deadline: Date.now() + 5_000 }
    const start = () => {
      if (requestStream && responseStream) return client.makeBidiStreamRequest(path, asIs, asIs, metadata, options)
      if (requestStream) return client.makeClientStreamRequest(path, asIs, asIs, metadata, options, () => {})
      const request = Buffer.alloc(0)
      if (responseStream) return client.makeServerStreamRequest(path, asIs, asIs, request, metadata, options)
      return client.makeUnaryRequest(path, asIs, asIs, request, metadata, options, () => {})
    }
    return new Promise<Ending>((resolve) => {
      const started = start()
      started.on('status', (ended: StatusObject) => resolve(endingOf(ended)))
      started.on('error', () => {})
      started.on('data', () => {})
    })
  }

  for (const [kind, method] of Object.entries(KINDS)) {
    test(`before anything else is looked at: ${kind}`, async () => {
      expect(await call(method, 2_000)).toMatchObject({ status: 'INVALID_ARGUMENT', reason: 'REQUEST_INVALID' })
      expect(log.lines.at(-1)).toMatchObject({
        level: 'warn',
        fields: { code: 'REQUEST_INVALID', method: method.path },
      })
      // The next guard refuses what this one lets through.
      expect(await call(method, 1_000)).toMatchObject({ reason: 'TRANSPORT_NOT_AUTHENTICATED' })
      expect(handled).toEqual([])
    })
  }
})
