import { describe, expect, test } from 'vitest'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { type TrustHead, TrustState } from '../../src/trust/trust-state.ts'
import { refusalOf } from '../support/refusal.ts'

function headOf(issuer: string): TrustHead {
  const { verificationKey } = createSigningKey()
  return { issuer, keys: new Map([[verificationKey.keyId, verificationKey]]) }
}

describe('the state of trust', () => {
  test('is unknown before the first snapshot, and whoever asks is refused', async () => {
    await refusalOf('VERIFIER_NOT_READY', () => new TrustState().head())
  })

  test('is the head that was put in force last, whole', () => {
    const state = new TrustState()
    const [first, second] = [headOf('https://a.example'), headOf('https://b.example')]
    state.replace(first)
    expect(state.head()).toBe(first)
    state.replace(second)
    expect(state.head()).toBe(second)
    expect(first.keys.size).toBe(1)
  })

  test('is told to each subscriber from then on, until it has had enough', () => {
    const state = new TrustState()
    const [first, second, third] = [headOf('a'), headOf('b'), headOf('c')]
    const heard: [string, TrustHead][] = []
    state.replace(first)
    const endEarly = state.subscribe((head) => heard.push(['early', head]))
    state.replace(second)
    state.subscribe((head) => heard.push(['late', head]))
    endEarly()
    endEarly()
    state.replace(third)
    expect(heard).toEqual([
      ['early', second],
      ['late', third],
    ])
  })

  test('is in force by the time a subscriber hears of it', () => {
    const state = new TrustState()
    const heads: TrustHead[] = []
    state.subscribe(() => heads.push(state.head()))
    const head = headOf('a')
    state.replace(head)
    expect(heads).toEqual([head])
  })

  test('reaches every subscriber, and stays in force, where one of them fails', () => {
    const state = new TrustState()
    const heard: TrustHead[] = []
    state.subscribe(() => {
      throw new Error('a subscriber that fails')
    })
    state.subscribe((head) => heard.push(head))
    const head = headOf('a')
    try {
      state.replace(head)
    } catch {
      // Whether the failure is told is not the point: revocations must reach the others.
    }
    expect(state.head()).toBe(head)
    expect(heard).toEqual([head])
  })
})
