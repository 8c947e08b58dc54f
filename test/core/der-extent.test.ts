import { expect, test } from 'vitest'
import { encodeDer } from '../../src/core/der-encoder.ts'
import { derExtentOf, firstValueOf } from '../../src/core/der-extent.ts'
import { octetString, sequence } from '../../src/core/der-writer.ts'

test('a value reaches as far as it was written, whatever follows', () => {
  for (const size of [0, 1, 127, 128, 255, 256, 65_536]) {
    const der = encodeDer(octetString(Buffer.alloc(size)))
    const extent = { headerLength: der.length - size, length: der.length }
    expect(derExtentOf(der)).toEqual(extent)
    expect(derExtentOf(Buffer.concat([der, Buffer.alloc(3)]))).toEqual(extent)
  }
})

test('a value that is cut off says how far it would have reached', () => {
  const der = encodeDer(sequence(octetString(Buffer.alloc(300))))
  expect(derExtentOf(der.subarray(0, 10))).toEqual({ headerLength: 4, length: der.length })
})

test('bytes that no value begins with reach nowhere', () => {
  for (const hex of ['', '30', '3080', '308201', '3085000000000100', '30ff']) {
    expect(derExtentOf(Buffer.from(hex, 'hex')), hex).toBeUndefined()
  }
})

test('the first value in a SEQUENCE is what stands there, byte for byte', () => {
  for (const size of [0, 100, 300]) {
    const first = octetString(Buffer.alloc(size))
    expect(firstValueOf(encodeDer(sequence(first, sequence())))).toEqual(encodeDer(first))
    expect(firstValueOf(encodeDer(sequence(first)))).toEqual(encodeDer(first))
  }
})
