import { describe, expect, test } from 'vitest'
import type { AuthorityState, CaState, IssuerUsage } from '../../../src/ca/issuers/ca-state.ts'
import { distrust } from '../../../src/ca/issuers/distrust.ts'
import {
  activateIntermediate,
  prepareIntermediate,
  retireIntermediate,
} from '../../../src/ca/issuers/rotate-intermediate.ts'
import { abandonRoot, activateRoot, prepareRoot, retireRoot } from '../../../src/ca/issuers/rotate-root.ts'
import { applyStatement, awaitedStatement, withdrawnStatements } from '../../../src/ca/issuers/statements.ts'
import { parseStatement } from '../../../src/identity/bundle-statement.ts'
import { createAuthorities, initialState } from '../../support/ca-state.ts'
import { refusalOf } from '../../support/refusal.ts'

const HOUR_MS = 60 * 60 * 1000
const start = Date.UTC(2027, 0, 1)
const first = createAuthorities(start)
const second = createAuthorities(start)
const NOTHING_LIVE = new Map<string, IssuerUsage>()
const initial = initialState(first)

const usageOf = (keyId: string, usage: Partial<IssuerUsage> = {}) =>
  new Map([[keyId, { liveCount: 3, lastNotAfter: start + 24 * HOUR_MS, firstRecordedAt: start, ...usage }]])
const statesOf = ({ authorities }: CaState) => authorities.map(({ kind, state }) => `${kind} ${state}`)
const rootsIn = ({ statements }: CaState) => parseStatement(statements.at(-1)?.text ?? '').roots.map(({ der }) => der)

describe('an intermediate', () => {
  const next = first.nextIntermediate('prepared')
  const prepared = prepareIntermediate(initial, next)
  const activated = activateIntermediate(prepared, 'intermediate', start + HOUR_MS)

  test('is prepared, activated and retired in this order, and issues in between', () => {
    expect(statesOf(prepared)).toEqual(['root active', 'intermediate active', 'intermediate prepared'])
    expect(statesOf(activated)).toEqual(['root active', 'intermediate retiring', 'intermediate active'])
    const retired = retireIntermediate(activated, 'intermediate', NOTHING_LIVE, start + 25 * HOUR_MS)
    expect(statesOf(retired)).toEqual(['root active', 'intermediate retired', 'intermediate active'])
    expect(retired.authorities[1]?.since).toBe(start + 25 * HOUR_MS)
  })

  test('is not retired while anything that it issued is valid', async () => {
    const used = usageOf(first.intermediate('active').keyId)
    const { message } = await refusalOf('REQUEST_INVALID', () =>
      retireIntermediate(activated, 'intermediate', used, start + HOUR_MS),
    )
    expect(message).toContain('3 certificates')
    expect(message).toContain('2027-01-02T00:00:00.000Z')
    const elsewhere = usageOf(next.keyId)
    expect(statesOf(retireIntermediate(activated, 'intermediate', elsewhere, start))).toContain('intermediate retired')
  })

  test('takes no step out of order', async () => {
    const steps = [
      () => activateIntermediate(initial, 'intermediate', start),
      () => retireIntermediate(initial, 'intermediate', NOTHING_LIVE, start),
      () => retireIntermediate(prepared, 'intermediate', NOTHING_LIVE, start),
      () => prepareIntermediate(prepared, createAuthorities(start).intermediate('prepared')),
      () => prepareIntermediate(prepared, createAuthorities(start).intermediate('requested')),
      () => activateIntermediate(activated, 'intermediate', start),
      () => activateIntermediate(prepared, 'authority-b', start),
    ]
    for (const step of steps) await refusalOf('REQUEST_INVALID', step)
  })

  test('is not activated while its certificate is only requested', async () => {
    const requested = prepareIntermediate(initial, {
      ...first.nextIntermediate('requested'),
      certificateChain: undefined,
    })
    await refusalOf('REQUEST_INVALID', () => activateIntermediate(requested, 'intermediate', start))
  })

  test('of another name goes its own way: the first is active at once, the next one is prepared', () => {
    const other = prepareIntermediate(initial, first.nextIntermediate('prepared', 'authority-b'))
    expect(statesOf(other)).toEqual(['root active', 'intermediate active', 'intermediate active'])
    const next = prepareIntermediate(other, first.nextIntermediate('active', 'authority-b'))
    expect(statesOf(next).at(-1)).toBe('intermediate prepared')
    const activated = activateIntermediate(next, 'authority-b', start)
    expect(statesOf(activated)).toEqual([
      'root active',
      'intermediate active',
      'intermediate retiring',
      'intermediate active',
    ])
  })
})

describe('a root', () => {
  const prepared = prepareRoot(initial, second.root('prepared'), first.sign, start)
  const activated = activateRoot(prepared, true, NOTHING_LIVE, start + HOUR_MS)
  const withIntermediate = activateIntermediate(
    prepareIntermediate(activated, second.intermediate('prepared')),
    'intermediate',
    start + 2 * HOUR_MS,
  )
  const withoutFormer = retireIntermediate(withIntermediate, 'intermediate', NOTHING_LIVE, start + 30 * HOUR_MS)

  test('is in the bundle beside the present one as soon as it is prepared, alone once that is retired', () => {
    expect(rootsIn(initial)).toEqual([first.hierarchy.root.der])
    expect(rootsIn(prepared)).toEqual([first.hierarchy.root.der, second.hierarchy.root.der])
    const retired = retireRoot(withoutFormer, second.sign, start + 31 * HOUR_MS)
    expect(rootsIn(retired)).toEqual([second.hierarchy.root.der])
    expect(statesOf(retired)).toEqual(['root retired', 'intermediate retired', 'root active', 'intermediate active'])
    expect(retired.statements.map(({ sequence }) => sequence)).toEqual([1, 2, 3])
  })

  test('is activated once it was told that verifiers hold the bundle, or seen in what is valid', async () => {
    const { keyId } = first.intermediate('active')
    const earlier = usageOf(keyId, { firstRecordedAt: start })
    const { message } = await refusalOf('REQUEST_INVALID', () => activateRoot(prepared, false, earlier, start))
    expect(message).toMatch(/2027-01-02T00:00:00.000Z.*--verifiers-updated/)
    expect(statesOf(activateRoot(prepared, true, earlier, start))).toContain('root retiring')
    const later = usageOf(keyId, { firstRecordedAt: start + 1 })
    expect(statesOf(activateRoot(prepared, false, later, start))).toContain('root retiring')
    expect(statesOf(activateRoot(prepared, false, NOTHING_LIVE, start))).toContain('root retiring')
  })

  test('is not retired while an intermediate below it is in use, in whatever state', async () => {
    for (const state of ['prepared', 'active', 'retiring'] satisfies AuthorityState[]) {
      const authorities = withoutFormer.authorities.map((one) => (one.state === 'retired' ? { ...one, state } : one))
      const { message } = await refusalOf('REQUEST_INVALID', () =>
        retireRoot({ ...withoutFormer, authorities }, second.sign, start),
      )
      expect(message).toContain(state)
    }
  })

  test('takes no step out of order', async () => {
    const third = createAuthorities(start)
    const steps = [
      () => activateRoot(initial, true, NOTHING_LIVE, start),
      () => retireRoot(initial, first.sign, start),
      () => retireRoot(prepared, first.sign, start),
      () => prepareRoot(prepared, third.root('prepared'), first.sign, start),
      () => prepareRoot(activated, third.root('prepared'), second.sign, start),
      () => activateRoot(activated, true, NOTHING_LIVE, start),
    ]
    for (const step of steps) await refusalOf('REQUEST_INVALID', step)
  })

  describe('whose predecessor is kept elsewhere', () => {
    const below = { certificateChain: first.intermediate('active').certificateChain }
    const asked = prepareRoot(initial, second.root('prepared'), undefined, start)
    const awaited = asked.statements.at(-1)

    test('is in the bundle only when that one has signed the statement', () => {
      expect(statesOf(asked)).toEqual(['root active', 'intermediate active', 'root requested'])
      expect(awaited).toMatchObject({ sequence: 2, signature: undefined })
      if (awaited === undefined) throw new Error('no statement')
      const signature = first.sign(awaited.text).toString('base64')
      expect(statesOf(applyStatement(asked, { ...awaited, signature }, start))).toContain('root prepared')
    })

    test('takes no other step until then', async () => {
      const steps = [
        () => activateRoot(asked, true, NOTHING_LIVE, start),
        () => prepareRoot(asked, createAuthorities(start).root('prepared'), undefined, start),
        () => retireRoot(asked, undefined, start),
      ]
      for (const step of steps) await refusalOf('REQUEST_INVALID', step)
    })

    test('is not retired by a signature while an intermediate below it is in use', async () => {
      const asking = retireRoot(withoutFormer, undefined, start)
      const last = asking.statements.at(-1)
      if (last === undefined) throw new Error('no statement')
      const authorities = [...asking.authorities, { ...createAuthorities(start).intermediate('active'), ...below }]
      const signature = second.sign(last.text).toString('base64')
      await refusalOf('REQUEST_INVALID', () =>
        applyStatement({ ...asking, authorities }, { ...last, signature }, start),
      )
    })

    test('retires that one when it has signed a statement itself', () => {
      const asking = retireRoot(withoutFormer, undefined, start)
      expect(statesOf(asking)).toContain('root retiring')
      const last = asking.statements.at(-1)
      if (last === undefined) throw new Error('no statement')
      const signature = second.sign(last.text).toString('base64')
      expect(statesOf(applyStatement(asking, { ...last, signature }, start))).toContain('root retired')
    })
  })
})

describe('a root that is not active yet', () => {
  test('is taken out of the bundle again by the active one', () => {
    const prepared = prepareRoot(initial, second.root('prepared'), first.sign, start)
    const abandoned = abandonRoot(prepared, second.root('prepared'), first.sign, start)
    expect(statesOf(abandoned)).toContain('root distrusted')
    expect(rootsIn(abandoned)).toEqual([first.hierarchy.root.der])
    expect(statesOf(prepareRoot(abandoned, createAuthorities(start).root('prepared'), first.sign, start))).toContain(
      'root prepared',
    )
  })

  test('is given up with the statement that awaits a signature, whose sequence no other has', () => {
    const asked = prepareRoot(initial, second.root('prepared'), undefined, start)
    const abandoned = abandonRoot(asked, second.root('requested'), undefined, start)
    expect(statesOf(abandoned)).toContain('root distrusted')
    expect(awaitedStatement(abandoned)).toBeUndefined()
    expect(withdrawnStatements(abandoned)).toEqual([awaitedStatement(asked)])

    const third = createAuthorities(start).root('prepared')
    const again = prepareRoot(abandoned, third, undefined, start)
    expect(awaitedStatement(again)?.sequence).toBe((awaitedStatement(asked)?.sequence ?? 0) + 1)
    expect(withdrawnStatements(again)).toEqual(withdrawnStatements(abandoned))
  })

  test('stays until the active root has said so where that one is kept elsewhere', async () => {
    const prepared = prepareRoot(initial, second.root('prepared'), first.sign, start)
    const asking = abandonRoot(prepared, second.root('prepared'), undefined, start)
    expect(statesOf(asking)).toEqual(statesOf(prepared))
    expect(rootsIn(asking)).toEqual([first.hierarchy.root.der])
    await refusalOf('REQUEST_INVALID', () => activateRoot(asking, true, new Map(), start))

    const awaited = awaitedStatement(asking)
    if (awaited === undefined) throw new Error('no statement')
    const abandoned = applyStatement(asking, { ...awaited, signature: 'signed' }, start)
    expect(statesOf(abandoned)).toContain('root distrusted')
    expect(statesOf(abandoned)).not.toContain('root prepared')
    expect(awaitedStatement(abandoned)).toBeUndefined()
  })

  test('stays where it is active', async () => {
    await refusalOf('REQUEST_INVALID', () => abandonRoot(initial, first.root('active'), first.sign, start))
  })

  test('is prepared from when it was noted, and needs a key of its own', async () => {
    const prepared = prepareRoot(initial, second.root('prepared'), first.sign, start + 5)
    expect(prepared.authorities.at(-1)?.since).toBe(start + 5)
    await refusalOf('REQUEST_INVALID', () => prepareRoot(initial, first.root('prepared'), first.sign, start))
  })

  test('has no intermediate that issues below it', async () => {
    const prepared = prepareRoot(initial, second.root('prepared'), first.sign, start)
    const early = { ...prepared, authorities: [...prepared.authorities, second.intermediate('prepared')] }
    const { message } = await refusalOf('REQUEST_INVALID', () => activateIntermediate(early, 'intermediate', start))
    expect(message).toContain('below a root that is prepared')
  })
})

describe('distrust', () => {
  const { keyId } = first.intermediate('active')

  test('ends an intermediate from any state in which it is in use', () => {
    for (const state of ['requested', 'prepared', 'active', 'retiring'] satisfies AuthorityState[]) {
      const authorities = initial.authorities.map((one) => (one.keyId === keyId ? { ...one, state } : one))
      expect(statesOf(distrust({ ...initial, authorities }, keyId, start)), state).toContain('intermediate distrusted')
    }
  })

  test('takes the label that a list shows', () => {
    expect(statesOf(distrust(initial, `intermediate-${keyId.slice(0, 16)}`, start))).toContain(
      'intermediate distrusted',
    )
  })

  test('is refused of a root, of what is not there, and twice', async () => {
    const twice = distrust(initial, keyId, start)
    for (const [state, label] of [
      [initial, first.root('active').keyId],
      [initial, 'intermediate'],
      [initial, keyId.slice(0, 16)],
      [initial, ''],
      [twice, keyId],
    ] as const) {
      await refusalOf('REQUEST_INVALID', () => distrust(state, label, start))
    }
  })
})
