import { expect } from 'vitest'
import { AuthError, type AuthErrorCode } from '../../src/core/errors.ts'

/** The AuthError with which a function refuses; it must, and with this code. */
export async function refusalOf(code: AuthErrorCode, act: () => unknown): Promise<AuthError> {
  const refusal = await thrownBy(act)
  expect(refusal).toBeInstanceOf(AuthError)
  expect(refusal).toHaveProperty('code', code)
  return refusal as AuthError
}

async function thrownBy(act: () => unknown): Promise<unknown> {
  try {
    await act()
  } catch (error) {
    return error
  }
  return undefined
}
