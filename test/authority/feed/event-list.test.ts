import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { EventList, EventReader } from '../../../src/authority/feed/event-list.ts'
import { isGarbage } from '../../support/garbage.ts'

const reader = new EventReader<string>(new AbortController().signal)

describe('a list of events', () => {
  test('leads each reader to all that came after where it began, in order', async () => {
    const list = new EventList('begin', 0)
    const early = list.last
    list.add('first', 10)
    const late = list.last
    list.add('second', 20)
    const first = await reader.after(early)
    expect(first).toMatchObject({ event: 'first', number: 1, at: 10 })
    expect(first && (await reader.after(first))).toBe(await reader.after(late))
    expect(late.following).toMatchObject({ event: 'second', number: 2 })
  })

  test('lets a reader wait for what comes', async () => {
    const list = new EventList('begin', 0)
    const waiting = reader.after(list.last)
    list.add('first', 1)
    expect(await waiting).toMatchObject({ event: 'first' })
  })

  test('lets a reader leave, who then hears of nothing, and whose signal keeps nothing of the list', async () => {
    const list = new EventList('begin', 0)
    const leaving = new AbortController()
    const leaver = new EventReader<string>(leaving.signal)
    const waiting = leaver.after(list.last)
    leaving.abort()
    expect(await waiting).toBeUndefined()
    list.add('first', 1)
    expect(await leaver.after(list.last)).toBeUndefined()
  })

  test('is let go of by a reader that is done, though its signal lives', () => {
    const { signal } = new AbortController()
    const list = new EventList('begin', 0)
    {
      using done = new EventReader<string>(signal)
      void done.after(list.last)
      expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    }
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('holds nothing that every reader has passed', async () => {
    const list = new EventList<object>({}, 0)
    const passed = new WeakRef(list.last.event)
    list.add({}, 1)
    expect(await isGarbage(passed)).toBe(true)
    expect(list.last.number).toBe(1)
  })
})
