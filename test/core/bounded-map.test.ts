import { describe, expect, test } from 'vitest'
import { BoundedMap, type Bounds } from '../../src/core/bounded-map.ts'

describe('a bounded map', () => {
  test('is a map while it is small', () => {
    const map = new BoundedMap<number>({ maxEntries: 4 })
    map.set('a', 1)
    map.set('b', 2)
    map.set('a', 3)
    map.delete('b')
    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([3, undefined, undefined])
  })

  test('forgets what is deleted or too heavy by now, also where it had not been used for long', () => {
    const map = new BoundedMap<number>({ maxEntries: 4, maxWeight: 100 })
    for (const key of ['a', 'b', 'c']) map.set(key, 1, 1)
    map.delete('a')
    map.set('b', 2, 51)
    expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([undefined, undefined, 1])
  })

  test('holds no more entries than its bound, and the latest of them', () => {
    for (let count = 1; count <= 40; count += 1) {
      const held = heldAfter(count, { maxEntries: 10 }, () => 1)
      expect(held.length).toBeLessThanOrEqual(10)
      expect(held).toEqual(range(Math.min(held[0] ?? 0, Math.max(1, count - 4)), count))
    }
  })

  test('keeps what is used, however much comes', () => {
    const map = new BoundedMap<number>({ maxEntries: 10 })
    map.set('used', 0)
    for (let count = 1; count <= 1000; count += 1) {
      map.set(`key ${count}`, count)
      if (count % 4 === 0) expect(map.get('used')).toBe(0)
    }
  })

  test('holds no more weight than its bound, and always the latest', () => {
    const weightOf = (key: number) => 1 + (key % 50)
    for (let count = 1; count <= 60; count += 1) {
      const held = heldAfter(count, { maxEntries: 1000, maxWeight: 100 }, weightOf)
      expect(held.reduce((sum, key) => sum + weightOf(key), 0)).toBeLessThanOrEqual(100)
      expect(held).toContain(count)
    }
  })

  test('does not keep what is too heavy, nor its former value', () => {
    const map = new BoundedMap<number>({ maxEntries: 10, maxWeight: 100 })
    map.set('a', 1, 1)
    map.set('a', 2, 51)
    expect(map.get('a')).toBeUndefined()
    map.set('b', 3, 50)
    expect(map.get('b')).toBe(3)
  })

  test('counts the weight of what is replaced or deleted no longer', () => {
    const map = new BoundedMap<number>({ maxEntries: 10, maxWeight: 100 })
    map.set('kept', 0, 1)
    for (let count = 0; count < 100; count += 1) {
      map.set('a', count, 40)
      map.set('b', count, 5)
      map.delete('b')
    }
    expect([map.get('kept'), map.get('a')]).toEqual([0, 99])
  })
})

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Which of the keys 1 to `count` are held once all have been set. Each is looked for in a map of its own: a look counts as use. */
function heldAfter(count: number, bounds: Bounds, weightOf: (key: number) => number): readonly number[] {
  return range(1, count).filter((key) => {
    const map = new BoundedMap<number>(bounds)
    for (const each of range(1, count)) map.set(`key ${each}`, each, weightOf(each))
    return map.get(`key ${key}`) !== undefined
  })
}
