import { createPrivateKey, type KeyObject } from 'node:crypto'
import { DerError, parseDer } from '../../core/der.ts'
import { readOctetString, readOid, readSequence } from '../../core/der-reader.ts'
import type { PemBlock } from '../../identity/pem-blocks.ts'
import type { Facts, Findings } from './inspection.ts'
import { keyKind, keyProblem } from './key-kind.ts'

/**
 * What kind of private key it is, and whether it is encrypted. Nothing of its content is told, nor of the errors that
 * reading it makes: they may hold a part of it.
 * @throws DerError
 */
export function inspectPrivateKey({ label, headers, content }: Omit<PemBlock, 'kind'>): Findings {
  if (headers.length > 0) return findings({ encrypted: true }, ENCRYPTED_OF_OLD)
  if (label === 'ENCRYPTED PRIVATE KEY') return inspectEncrypted(content)
  const type = PLAIN_FORMS.get(label)
  if (type === undefined) return findings({ form: label }, `keys in this form are not used here: ${CONVERT}`)
  parseDer(content)
  const key = parsePrivateKey(content, type)
  if (key === undefined) throw new DerError('its content is not that of a private key')
  return findings({ key: keyKind(key), encrypted: false }, keyProblem(key), NOT_ENCRYPTED)
}

/** PKCS #8, SEC 1 and PKCS #1, by label. */
const PLAIN_FORMS: ReadonlyMap<string, 'pkcs8' | 'sec1' | 'pkcs1'> = new Map([
  ['PRIVATE KEY', 'pkcs8'],
  ['EC PRIVATE KEY', 'sec1'],
  ['RSA PRIVATE KEY', 'pkcs1'],
])

const PBES2 = '1.2.840.113549.1.5.13'
const CONVERT = '"openssl pkcs8 -topk8" writes them anew'
const ENCRYPTED_OF_OLD = `it is encrypted in a way that is broken: ${CONVERT}`
const NOT_ENCRYPTED = 'it is not encrypted: whoever can read this file has the key'

/** @see RFC 5958 section 3 */
function inspectEncrypted(content: Buffer): Findings {
  const [algorithm, encrypted, ...others] = readSequence(parseDer(content))
  readOctetString(encrypted)
  if (others.length > 0) throw new DerError('its content is not that of an encrypted private key')
  const isModern = readOid(readSequence(algorithm)[0]) === PBES2
  return findings({ encrypted: true }, isModern ? undefined : ENCRYPTED_OF_OLD)
}

function parsePrivateKey(key: Buffer, type: 'pkcs8' | 'sec1' | 'pkcs1'): KeyObject | undefined {
  try {
    return createPrivateKey({ key, format: 'der', type })
  } catch {
    return undefined
  }
}

function findings(facts: Facts, problem: string | undefined, warning?: string): Findings {
  return {
    kind: 'private-key',
    facts,
    problems: problem === undefined ? [] : [problem],
    warnings: warning === undefined ? [] : [warning],
  }
}
