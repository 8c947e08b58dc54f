import { describe, expect, test } from 'vitest'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { TrustService } from '../../src/transport/authority-protos.ts'
import { encodeChanges, parseChanges, parseCount, parseRevision } from '../../src/transport/trust-messages.ts'
import type { TrustChange } from '../../src/trust/change.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { publicationOf } from '../support/trust.ts'

const { responseSerialize, responseDeserialize } = TrustService.service.Watch

/** As it comes out at the other end. */
function sent(changes: ReturnType<typeof encodeChanges>) {
  const bytes = responseSerialize({ delta: { changes } })
  return responseDeserialize(bytes).delta?.changes ?? null
}

const until = 4_294_967_295
const everyKind: readonly TrustChange[] = [
  { kind: 'roots', text: '{}', signature: Buffer.from([1, 2]) },
  publicationOf(createSigningKey().verificationKey, { authority: createTestCa().credential('countersign/authority') }),
  { kind: 'token', id: 'a', until },
  { kind: 'token', id: 'b', until: 0 },
  { kind: 'grant', id: 'a', until },
  { kind: 'certificate', id: '0a', until },
  { kind: 'intermediate', id: '0b', until },
  { kind: 'signingKey', id: 'k', until },
  { kind: 'subject', id: 'user:a', upTo: until },
  { kind: 'client', id: 'client:a', upTo: 1 },
  { kind: 'service', id: 'spiffe://shop.internal/orders', upTo: 1 },
  { kind: 'block', id: 'spiffe://shop.internal/a', isLifted: false },
  { kind: 'block', id: 'spiffe://shop.internal/b', isLifted: true },
]

describe('changes on the wire', () => {
  test('arrive as they were, of every kind', () => {
    expect(parseChanges(sent(encodeChanges(everyKind)))).toEqual(everyKind)
  })

  test('are none where there are none', () => {
    expect(parseChanges(sent(encodeChanges([])))).toEqual([])
    expect(parseChanges(null)).toEqual([])
    expect(responseSerialize({ delta: { changes: encodeChanges([]) } })).toHaveLength(4)
  })

  test('of one revocation take few bytes', () => {
    const changes = encodeChanges([{ kind: 'token', id: 'x'.repeat(22), until }])
    expect(responseSerialize({ delta: { changes } }).length).toBeLessThan(50)
  })

  test('are refused where a list is garbled', async () => {
    const garbled = [
      { tokens: { ids: ['a', 'b'], until: [1] } },
      { grants: { ids: [], until: [1] } },
      { services: { ids: ['a'], upTo: [] } },
      { certificates: { ids: [''], until: [1] } },
      { subjects: { ids: ['x'.repeat(2_049)], upTo: [1] } },
      { blockedServices: [''] },
      { unblockedServices: ['x'.repeat(2_049)] },
    ]
    for (const changes of garbled) await refusalOf('REQUEST_INVALID', () => parseChanges(sent(changes)))
  })
})

describe('a revision on the wire', () => {
  test('is a number where it is exact, and refused where it is not', async () => {
    expect(parseRevision({ epoch: '1', sequence: '9007199254740991' })).toEqual({ epoch: 1, sequence: 2 ** 53 - 1 })
    await refusalOf('REQUEST_INVALID', () => parseRevision(null))
    for (const text of ['9007199254740992', '-1', '1.5', 'x', undefined]) {
      await refusalOf('REQUEST_INVALID', () => parseCount(text))
    }
  })
})
