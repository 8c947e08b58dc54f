import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectByHand } from '../support/handmade-connection.ts'
import { callFields, FrameType, frame, grpcMessage, headerBlock } from '../support/http2-frames.ts'
import { type SpawnedTarget, spawnTarget } from '../support/spawned-target.ts'
import { TOKEN_METHODS } from '../support/target.ts'

const { FAULT_ROUNDS = '10' } = process.env

let target: SpawnedTarget
beforeAll(async () => {
  target = await spawnTarget()
})
afterAll(() => target.kill())

const [path = ''] = TOKEN_METHODS
const message = grpcMessage(Buffer.from('message'))

/** Payloads that mean something in some frame, as they are or with one octet changed. */
const payload = fc
  .record({
    whole: fc.oneof(
      fc.constantFrom(headerBlock(callFields(path)), headerBlock([['a', 'b']]), message, Buffer.alloc(0)),
      fc.constantFrom(...[4, 5, 6, 8].map((length) => Buffer.alloc(length, 1))),
      fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets)),
    ),
    position: fc.nat(200),
    octet: fc.nat(255),
    isChanged: fc.boolean(),
  })
  .map(({ whole, position, octet, isChanged }) => {
    const copy = Buffer.from(whole)
    if (isChanged && copy.length > 0) copy[position % copy.length] = octet
    return copy
  })

const anyFrame = fc
  .record({
    type: fc.oneof(fc.constantFrom(...Object.values(FrameType)), fc.nat(255)),
    flags: fc.oneof(fc.constantFrom(0, 1, 4, 5, 0x0d, 0x25, 0x2d), fc.nat(255)),
    streamId: fc.oneof(fc.constantFrom(0, 1, 1, 1, 3, 5, 2), fc.nat(0x7fffffff)),
    payload,
    length: fc.option(fc.nat(0xffffff), { nil: undefined, freq: 30 }),
  })
  .map(({ length, ...fields }) => frame(length === undefined ? fields : { ...fields, length }))

test('whatever frames a peer sends without a token, the process lives, no handler runs, and others are served', async () => {
  let served = 0
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 12 }), async (frames) => {
      const connection = await connectByHand(target.port, target.tls)
      await connection.send(...frames)
      // A frame that announces more than there is keeps the server waiting: the connection is left then.
      await connection.leave()
      expect((await target.state()).reached).toBe(served)
      await target.serve()
      served += 1
      expect(target.ended()).toBeUndefined()
    }),
    { numRuns: 100 * Number(FAULT_ROUNDS), endOnFailure: true },
  )
  expect((await target.state()).peakRss).toBeLessThan(300)
})
