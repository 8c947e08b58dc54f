import { describe, expect, test } from 'vitest'
import { SweptMap } from '../../src/trust/swept-map.ts'

function mapOf(count: number): SweptMap {
  const map = new SweptMap()
  for (let index = 0; index < count; index += 1) map.raise(`id-${index}`, index)
  return map
}

describe('a swept map', () => {
  test('keeps the higher of two numbers for one ID', () => {
    const map = new SweptMap()
    for (const value of [5, 9, 7]) map.raise('id', value)
    expect(map.get('id')).toBe(9)
    expect(map.size).toBe(1)
    expect(map.get('other')).toBeUndefined()
    expect(map.has('other')).toBe(false)
  })

  test('forgets what is below a limit, and nothing else, over as many sweeps as that takes', () => {
    const map = mapOf(1_000)
    for (let sweep = 0; sweep < 11; sweep += 1) map.sweep(100, 400)
    expect(map.size).toBe(600)
    expect(map.has('id-399')).toBe(false)
    expect(map.get('id-400')).toBe(400)
  })

  test('looks at no more than it is asked to', () => {
    const map = mapOf(1_000)
    map.sweep(10, 1_000)
    expect(map.size).toBe(990)
  })

  test('begins again at its end, also with what has come meanwhile', () => {
    const map = mapOf(10)
    map.sweep(11, 5)
    expect(map.size).toBe(5)
    map.raise('late', 1)
    map.sweep(20, 5)
    map.sweep(20, 5)
    expect(map.has('late')).toBe(false)
    expect(map.size).toBe(5)
  })

  test('stays as small as what is live, however much passes through it', () => {
    const map = new SweptMap()
    for (let time = 0; time < 100_000; time += 1) {
      map.raise(`id-${time}`, time)
      map.sweep(2, time - 100)
    }
    expect(map.size).toBeLessThan(400)
    expect(map.has('id-99999')).toBe(true)
  })
})
