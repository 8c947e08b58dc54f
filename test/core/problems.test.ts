import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { Problems } from '../../src/core/problems.ts'

function refuse(): never {
  throw new AuthError('REQUEST_INVALID', 'This is not a scope.')
}

describe('problems', () => {
  it('are thrown together, a line for each', async () => {
    const problems = new Problems()
    problems.add('policy.yaml', 'the list is empty.')
    expect(problems.attempt(refuse, 'here')).toBeUndefined()
    expect(problems.attempt(refuse)).toBeUndefined()
    expect(await problems.attemptLoad(async () => refuse())).toBeUndefined()
    expect(problems.count).toBe(4)
    expect(() => problems.throwIfAny()).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        message:
          'policy.yaml: the list is empty.\nhere: This is not a scope.\nThis is not a scope.\nThis is not a scope.',
      }),
    )
  })

  it('may be none', async () => {
    const problems = new Problems()
    expect(problems.attempt(() => 1)).toBe(1)
    expect(await problems.attemptLoad(async () => 2)).toBe(2)
    expect(() => problems.throwIfAny()).not.toThrow()
  })

  it('are refusals only: a mistake of the program passes through', async () => {
    const mistake = new TypeError('a mistake')
    const fail = (): never => {
      throw mistake
    }
    await expect(new Problems().attemptLoad(async () => fail())).rejects.toBe(mistake)
    expect(() => new Problems().attempt(fail)).toThrow(mistake)
  })
})
