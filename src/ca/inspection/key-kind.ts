import type { KeyObject } from 'node:crypto'
import { isP256 } from '../../identity/key-pair.ts'

/** What kind of key it is, and nothing of the key itself: `P-256`, `rsa of 2048 bits`. */
export function keyKind(key: KeyObject): string {
  if (isP256(key)) return 'P-256'
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails = {} } = key
  const { namedCurve, modulusLength } = asymmetricKeyDetails
  if (namedCurve !== undefined) return `${asymmetricKeyType} on ${namedCurve}`
  return modulusLength === undefined ? asymmetricKeyType : `${asymmetricKeyType} of ${modulusLength} bits`
}

export function keyProblem(key: KeyObject): string | undefined {
  return isP256(key) ? undefined : 'the key is not on P-256'
}
