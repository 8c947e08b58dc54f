import { userInfo } from 'node:os'
import { expect, test } from 'vitest'
import { operatorOf } from '../../src/cli/operator.ts'

test('an operator is known by name', () => {
  expect(operatorOf()).toBe(`operator:${userInfo().username}`)
  expect(operatorOf(() => ({ username: 'alice' }))).toBe('operator:alice')
})

test('an operator without an entry in the list of users is known by number', () => {
  const operator = operatorOf(() => {
    throw new Error('ENOENT')
  })
  expect(operator).toBe(`operator:uid-${process.getuid?.()}`)
})
