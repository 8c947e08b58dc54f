import { describe, expect, test } from 'vitest'
import { resolveServerLimits, type ServerLimits } from '../../src/transport/server-limits.ts'
import { refusalOf } from '../support/refusal.ts'

const defaults = resolveServerLimits()
const names = Object.keys(defaults) as (keyof ServerLimits)[]

describe('the limits of a server', () => {
  test('have a default each', () => {
    expect(defaults).toEqual({
      handshakeTimeoutMs: 10_000,
      connectionsPerAddress: 256,
      streamsPerConnection: 256,
      metadataBytes: 16_384,
      connectionAgeMs: 1_800_000,
      connectionAgeGraceMs: 60_000,
    })
    expect(resolveServerLimits({})).toEqual(defaults)
  })

  test('are taken one by one', () => {
    for (const name of names) expect(resolveServerLimits({ [name]: 7 })).toEqual({ ...defaults, [name]: 7 })
  })

  test('are a copy of what was given', () => {
    const given = { metadataBytes: 100 }
    const limits = resolveServerLimits(given)
    given.metadataBytes = 60_000
    expect(limits.metadataBytes).toBe(100)
  })

  test('are refused where they are not whole numbers from 1', async () => {
    for (const name of names) {
      for (const value of [0, -1, 0.5, 1.5, Number.NaN, Infinity, -Infinity, 2 ** 53, '10', true, [5], 5n, {}]) {
        const refusal = await refusalOf('CONFIGURATION_INVALID', () => resolveServerLimits({ [name]: value }))
        expect(refusal.message).toMatch(new RegExp(`^limits\\.${name}: must be a whole number from 1 to \\d+, not `))
      }
    }
  })

  test('are refused above what Node can hold to', async () => {
    const highest = {
      handshakeTimeoutMs: 600_000,
      metadataBytes: 65_536,
      connectionAgeMs: 20 * 24 * 60 * 60 * 1000,
      connectionAgeGraceMs: 20 * 24 * 60 * 60 * 1000,
    }
    for (const [name, value] of Object.entries(highest)) {
      expect(resolveServerLimits({ [name]: value })).toMatchObject({ [name]: value })
      await refusalOf('CONFIGURATION_INVALID', () => resolveServerLimits({ [name]: value + 1 }))
    }
  })

  test('are refused all at once, and where nobody knows them', async () => {
    const given = { metadataBytes: 0, connectionAgeMs: -1, metadatabytes: 5, toString: 5 }
    const { message } = await refusalOf('CONFIGURATION_INVALID', () => resolveServerLimits(given))
    for (const name of Object.keys(given)) expect(message).toContain(`limits.${name}: `)
    expect(message.split('\n')).toHaveLength(4)
  })
})
