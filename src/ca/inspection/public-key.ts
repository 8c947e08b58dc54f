import { createPublicKey, type KeyObject } from 'node:crypto'
import { DerError, parseDer } from '../../core/der.ts'
import { sha256Base64Url } from '../../core/encoding.ts'
import { isP256 } from '../../identity/key-pair.ts'
import { subjectKeyIdOf } from '../certificate/public-key.ts'
import type { Findings } from './inspection.ts'
import { keyKind, keyProblem } from './key-kind.ts'

/**
 * What kind of public key it is, and the names that certificates and the CA's records have for it.
 * @throws DerError
 */
export function inspectPublicKey(content: Buffer): Findings {
  parseDer(content)
  const key = parsePublicKey(content)
  if (key === undefined) throw new DerError('its content is not that of a public key')
  const problem = keyProblem(key)
  return {
    kind: 'public-key',
    facts: {
      key: keyKind(key),
      keyId: isP256(key) ? subjectKeyIdOf(key) : undefined,
      keyThumbprint: sha256Base64Url(content),
    },
    problems: problem === undefined ? [] : [problem],
    warnings: [],
  }
}

/** The key in a SubjectPublicKeyInfo; undefined where there is none that OpenSSL can read. */
export function parsePublicKey(key: Buffer): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}
