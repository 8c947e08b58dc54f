import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeErrorInfo, encodeErrorInfo } from '../../src/transport/error-info.ts'

const TYPE_URL = 'type.googleapis.com/google.rpc.ErrorInfo'

/** A field of a protobuf message with length-delimited content, as other libraries write it. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes])
}

const entry = (key: string, value: string) => field(3, Buffer.concat([field(1, key), field(2, value)]))

function errorInfo({ reason = 'TOKEN_EXPIRED', domain = 'countersign', metadata = entry('decisionId', 'x') }): Buffer {
  return Buffer.concat([field(1, reason), field(2, domain), metadata])
}

/** google.rpc.Status with one detail after its code. */
function status(value: Buffer, typeUrl = TYPE_URL): Buffer {
  return Buffer.concat([Buffer.of(8, 16), field(3, Buffer.concat([field(1, typeUrl), field(2, value)]))])
}

describe('an ErrorInfo', () => {
  test('is written as other libraries write it', () => {
    const metadata = { requiredScopes: 'orders.read' }
    const bytes = encodeErrorInfo(7, 'insufficient_scope', { reason: 'TOKEN_SCOPE_INSUFFICIENT', metadata })
    expect(bytes.toString('base64')).toBe(
      'CAcSEmluc3VmZmljaWVudF9zY29wZRpyCih0eXBlLmdvb2dsZWFwaXMuY29tL2dvb2dsZS5ycGMuRXJyb3JJbmZvEkYKGFRPS0VOX1NDT1BFX0' +
        'lOU1VGRklDSUVOVBILY291bnRlcnNpZ24aHQoOcmVxdWlyZWRTY29wZXMSC29yZGVycy5yZWFk',
    )
  })

  test('is read as it was written, whatever it holds', () => {
    const info = fc.record({
      reason: fc.string(),
      metadata: fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
    })
    fc.assert(
      fc.property(fc.nat(16), fc.string(), info, (code, message, { reason, metadata }) => {
        // No own member of an object can have this name in every JavaScript library: protobufjs drops it.
        const { ['__proto__']: _, ...kept } = metadata
        expect(decodeErrorInfo(encodeErrorInfo(code, message, { reason, metadata: kept }))).toEqual({
          reason,
          metadata: kept,
        })
      }),
      { numRuns: 300 },
    )
  })

  test('is found among other details', () => {
    const other = field(3, Buffer.concat([field(1, 'type.googleapis.com/google.rpc.RetryInfo'), field(2, 'x')]))
    const info = { reason: 'TOKEN_EXPIRED', metadata: { decisionId: 'x' } }
    expect(decodeErrorInfo(Buffer.concat([other, status(errorInfo({})), other]))).toEqual(info)
  })

  test('of another domain, another type, or none at all, is not ours', () => {
    const others = [
      Buffer.alloc(0),
      Buffer.of(8, 16),
      status(errorInfo({ domain: 'auth.example.com' })),
      status(errorInfo({ domain: 'Countersign' })),
      status(errorInfo({ domain: '' })),
      status(errorInfo({}), 'type.googleapis.com/google.rpc.Help'),
      status(errorInfo({}), ''),
      status(Buffer.alloc(0)),
      status(Buffer.from('not a message')),
      Buffer.concat([Buffer.of(8, 16), field(3, field(1, TYPE_URL))]),
    ]
    for (const bytes of others) expect(decodeErrorInfo(bytes)).toBeUndefined()
  })

  test('always has a reason, where it is ours', () => {
    const withoutReason = status(Buffer.concat([field(2, 'countersign'), entry('decisionId', 'x')]))
    expect(decodeErrorInfo(withoutReason) ?? { reason: '' }).toHaveProperty('reason', '')
  })

  test('is not found in hostile bytes, which are never thrown at anybody', () => {
    const valid = encodeErrorInfo(16, 'no', { reason: 'TOKEN_EXPIRED', metadata: { decisionId: 'x' } })
    const mutated = fc
      .record({ at: fc.nat(valid.length), remove: fc.nat(3), insert: fc.uint8Array({ maxLength: 6 }) })
      .map(({ at, remove, insert }) => Buffer.concat([valid.subarray(0, at), insert, valid.subarray(at + remove)]))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        const info = decodeErrorInfo(bytes)
        if (info !== undefined) expect(Object.keys(info)).toEqual(['reason', 'metadata'])
      }),
      { numRuns: 3000 },
    )
  })

  test('leaves no trace on objects where a name in it is that of a prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      decodeErrorInfo(status(errorInfo({ metadata: entry(name, 'polluted') })))
      expect(({} as Record<string, unknown>)[name]).not.toBe('polluted')
    }
  })
})
