import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { AuthError, messageOf } from '../../src/core/errors.ts'

describe('a refusal', () => {
  test('is an error with a code', () => {
    const error = new AuthError('TOKEN_EXPIRED', 'The token has expired.')
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('AuthError')
    expect(error.code).toBe('TOKEN_EXPIRED')
    expect(error.message).toBe('The token has expired.')
    expect(String(error)).toBe('AuthError: The token has expired.')
  })

  test('has no details, log detail or cause unless they are given', () => {
    const error = new AuthError('INTERNAL', 'Something failed.')
    expect(error.details).toEqual({})
    expect(error.logDetail).toBeUndefined()
    expect(error.cause).toBeUndefined()
    expect(inspect(error)).not.toContain('cause')
  })

  test('keeps what the peer may know apart from what the log may say', () => {
    const error = new AuthError('TOKEN_SCOPE_INSUFFICIENT', 'The token lacks a scope.', {
      details: { requiredScopes: 'inventory.reserve' },
      logDetail: 'the token has inventory.read',
    })
    expect(error.details).toEqual({ requiredScopes: 'inventory.reserve' })
    expect(error.logDetail).toBe('the token has inventory.read')
    expect(error.message).not.toContain('inventory.read')
  })

  test('copies its details', () => {
    const details = { audience: 'spiffe://shop.internal/inventory' }
    const error = new AuthError('TOKEN_AUDIENCE_MISMATCH', 'The token is for another service.', { details })
    details.audience = 'spiffe://shop.internal/other'
    expect(error.details).toEqual({ audience: 'spiffe://shop.internal/inventory' })
  })

  test('points at the line that made it', () => {
    expect(new AuthError('INTERNAL', 'Something failed.').stack).toContain('errors.test.ts')
  })
})

describe('the message of what was thrown', () => {
  test('is that of an error', () => {
    expect(messageOf(new Error('broken'))).toBe('broken')
    expect(messageOf(new AuthError('INTERNAL', 'refused'))).toBe('refused')
    expect(messageOf(new AggregateError([], 'several'))).toBe('several')
  })

  test('is the text of anything else', () => {
    const others: readonly (readonly [unknown, string])[] = [
      ['text', 'text'],
      [42, '42'],
      [undefined, 'undefined'],
      [null, 'null'],
      [Symbol('sign'), 'Symbol(sign)'],
      [['a', 'b'], "[ 'a', 'b' ]"],
      [Object.create(null), '[Object: null prototype] {}'],
    ]
    for (const [thrown, text] of others) expect(messageOf(thrown)).toBe(text)
  })
})
