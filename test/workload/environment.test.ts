import { describe, expect, test } from 'vitest'
import { readEnvironment } from '../../src/workload/environment.ts'
import { refusalOf } from '../support/refusal.ts'

const complete = { COUNTERSIGN_AUTHORITY: 'authority.internal:8440', COUNTERSIGN_CREDENTIALS: '/run/credentials' }

describe('readEnvironment', () => {
  test('takes what the environment says', () => {
    expect(readEnvironment({}, complete)).toEqual({
      authorities: [{ host: 'authority.internal', port: 8440 }],
      credentials: '/run/credentials',
    })
  })

  test('takes any number of authorities, each once', () => {
    const { authorities } = readEnvironment({ authority: 'a:1,b:2, b:3,a:1' }, complete)
    expect(authorities).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
      { host: 'b', port: 3 },
    ])
  })

  test('prefers what it is given, and then needs no environment', () => {
    const given = { authority: 'localhost:1', credentials: './credentials' }
    const expected = { authorities: [{ host: 'localhost', port: 1 }], credentials: './credentials' }
    expect(readEnvironment(given, complete)).toEqual(expected)
    expect(readEnvironment(given, {})).toEqual(expected)
  })

  test('refuses a variable that is not set, or empty, and shows how to set it', async () => {
    for (const name of Object.keys(complete)) {
      for (const value of [undefined, '']) {
        const { message } = await refusalOf('CONFIGURATION_INVALID', () =>
          readEnvironment({}, { ...complete, [name]: value }),
        )
        expect(message).toMatch(new RegExp(`^${name} is not set\\. Set it, for example ${name}=`))
      }
    }
  })

  test('refuses an authority that is no address', async () => {
    for (const address of [
      'localhost',
      ':8440',
      'https://localhost:8440',
      '127.0.0.1:8440',
      'a:1,',
      ',',
      'a:1;b:2',
      'a:1,127.0.0.1:2',
    ]) {
      await refusalOf('CONFIGURATION_INVALID', () =>
        readEnvironment({}, { ...complete, COUNTERSIGN_AUTHORITY: address }),
      )
      await refusalOf('CONFIGURATION_INVALID', () => readEnvironment({ authority: address }, complete))
    }
  })

  test('does not take an empty directory for the current one', async () => {
    await refusalOf('CONFIGURATION_INVALID', () => readEnvironment({ credentials: '' }, complete))
  })
})
