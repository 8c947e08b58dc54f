import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createPrivateField } from '../../src/core/private-field.ts'

test('a private field is known to its holder alone', () => {
  const field = createPrivateField<object, string>()
  const owner = { name: 'owner' }
  field.set(owner, 'a secret')
  expect(field.get(owner)).toBe('a secret')
  expect(field.get({ ...owner })).toBeUndefined()
  expect(createPrivateField<object, string>().get(owner)).toBeUndefined()
  expect(Reflect.ownKeys(owner)).toEqual(['name'])
  expect(inspect(owner, { showHidden: true }) + JSON.stringify(owner)).not.toContain('a secret')
})

test('a private field is given once', () => {
  const field = createPrivateField<object, string>()
  const owner = {}
  field.set(owner, 'first')
  expect(() => field.set(owner, 'second')).toThrow(TypeError)
  expect(field.get(owner)).toBe('first')
})
