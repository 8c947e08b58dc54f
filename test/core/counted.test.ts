import { expect, test } from 'vitest'
import { counted } from '../../src/core/counted.ts'

test('one is one, and of others there are several', () => {
  expect([0, 1, 2].map((count) => counted(count, 'service'))).toEqual(['0 services', '1 service', '2 services'])
})
