import { describe, expect, test } from 'vitest'
import { Subscribers } from '../../src/core/subscribers.ts'

describe('subscribers', () => {
  test('hear each value that is published while they are subscribed', () => {
    const subscribers = new Subscribers<number>()
    const heard: number[] = []
    subscribers.publish(1)
    const end = subscribers.add((value) => heard.push(value))
    subscribers.publish(2)
    subscribers.publish(3)
    end()
    subscribers.publish(4)
    expect(heard).toEqual([2, 3])
  })

  test('are told also where others fail, and what these threw is thrown after', () => {
    const subscribers = new Subscribers<string>()
    const heard: string[] = []
    const first = new Error('first')
    const second = new Error('second')
    subscribers.add(() => {
      throw first
    })
    subscribers.add((value) => heard.push(value))
    subscribers.add(() => {
      throw second
    })
    expect(() => subscribers.publish('news')).toThrow(
      expect.objectContaining({ name: 'AggregateError', errors: [first, second] }),
    )
    expect(heard).toEqual(['news'])
  })

  test('are not told any more once another has ended them', () => {
    const subscribers = new Subscribers<number>()
    const heard: number[] = []
    subscribers.add(() => end())
    const end = subscribers.add((value) => heard.push(value))
    subscribers.publish(1)
    expect(heard).toEqual([])
  })

  test('may end themselves, or add others, while they are told', () => {
    const subscribers = new Subscribers<number>()
    const heard: string[] = []
    const end = subscribers.add((value) => {
      end()
      subscribers.add((later) => heard.push(`added ${later}`))
      heard.push(`first ${value}`)
    })
    subscribers.publish(1)
    subscribers.publish(2)
    expect(heard).toEqual(['first 1', 'added 2'])
  })
})
