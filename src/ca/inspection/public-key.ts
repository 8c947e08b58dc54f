import { createPublicKey, type KeyObject } from 'node:crypto'
import { parseDer } from '../../core/der.ts'
import { DerError } from '../../core/der-node.ts'
import { sha256Base64Url } from '../../core/encoding.ts'
import { isP256 } from '../../identity/key-pair.ts'
import { keyIdOf } from '../certificate/key-identity.ts'
import type { Findings } from './inspection.ts'
import { type KeyKind, keyProblem, publicKeyKind } from './key-kind.ts'

/**
 * What kind of public key it is, and the names that certificates and the CA's records have for it.
 * @throws DerError
 */
export function inspectPublicKey(content: Buffer): Findings {
  const kind = publicKeyKind(parseDer(content))
  const key = parsePublicKey(content, kind)
  if (kind.isBounded && key === undefined) throw new DerError('its content is not that of a public key')
  const problem = keyProblem(kind)
  return {
    kind: 'public-key',
    facts: {
      key: kind.words,
      keyId: key !== undefined && isP256(key) ? keyIdOf(key) : undefined,
      keyThumbprint: sha256Base64Url(content),
    },
    problems: problem === undefined ? [] : [problem],
    warnings: [],
  }
}

/** The key in a SubjectPublicKeyInfo; undefined where OpenSSL cannot read it, or is not to. */
export function parsePublicKey(key: Buffer, { isBounded }: KeyKind): KeyObject | undefined {
  if (!isBounded) return undefined
  try {
    return createPublicKey({ key, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
