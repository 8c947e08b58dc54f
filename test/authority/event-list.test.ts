import { describe, expect, test } from 'vitest'
import { EventList, nextOf } from '../../src/authority/event-list.ts'
import { isGarbage } from '../support/garbage.ts'

const never = new AbortController().signal

describe('a list of events', () => {
  test('leads each reader to all that came after where it began, in order', async () => {
    const list = new EventList('begin', 0)
    const early = list.last
    list.add('first', 10)
    const late = list.last
    list.add('second', 20)
    const first = await nextOf(early, never)
    expect(first).toMatchObject({ event: 'first', number: 1, at: 10 })
    expect(first && (await nextOf(first, never))).toBe(await nextOf(late, never))
    expect(late.following).toMatchObject({ event: 'second', number: 2 })
  })

  test('lets a reader wait for what comes', async () => {
    const list = new EventList('begin', 0)
    const waiting = nextOf(list.last, never)
    list.add('first', 1)
    expect(await waiting).toMatchObject({ event: 'first' })
  })

  test('lets a reader leave, who then hears of nothing, and whose signal keeps nothing of the list', async () => {
    const list = new EventList('begin', 0)
    const leaving = new AbortController()
    const waiting = nextOf(list.last, leaving.signal)
    leaving.abort()
    expect(await waiting).toBeUndefined()
    list.add('first', 1)
    expect(await nextOf(list.last, leaving.signal)).toBeUndefined()
  })

  test('holds nothing that every reader has passed', async () => {
    const list = new EventList<object>({}, 0)
    const passed = new WeakRef(list.last.event)
    list.add({}, 1)
    expect(await isGarbage(passed)).toBe(true)
    expect(list.last.number).toBe(1)
  })
})
