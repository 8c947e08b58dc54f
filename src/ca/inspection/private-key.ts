import { createPrivateKey } from 'node:crypto'
import { parseDer } from '../../core/der.ts'
import { DerError } from '../../core/der-node.ts'
import { readOctetString, readOid, readSequence } from '../../core/der-reader.ts'
import type { PemBlock } from '../../identity/pem-blocks.ts'
import type { Facts, Findings } from './inspection.ts'
import { keyProblem, type PrivateKeyForm, privateKeyKind } from './key-kind.ts'

/**
 * What kind of private key it is, and whether it is encrypted. Nothing of its content is told, nor of the errors that
 * reading it makes: they may hold a part of it.
 * @throws DerError
 */
export function inspectPrivateKey({ label, headers, content }: Omit<PemBlock, 'kind'>): Findings {
  if (headers.some((line) => ENCRYPTED.test(line))) return findings({ encrypted: true }, [ENCRYPTED_OF_OLD])
  const stray = headers.length > 0 ? STRAY_LINES : undefined
  if (label === 'ENCRYPTED PRIVATE KEY') return findings({ encrypted: true }, [stray, encryptionProblem(content)])
  const type = PLAIN_FORMS.get(label)
  if (type === undefined) return findings({ form: label }, [stray, `keys in this form are not used here: ${CONVERT}`])
  const kind = privateKeyKind(content, type)
  if (kind.isBounded && !isPrivateKey(content, type)) throw new DerError('its content is not that of a private key')
  return findings({ key: kind.words, encrypted: false }, [stray, keyProblem(kind)], NOT_ENCRYPTED)
}

/** RFC 1421 section 4.6.1.1: no other line says so. */
const ENCRYPTED = /^Proc-Type:\s*4,\s*ENCRYPTED\s*$/

/** By label. */
const PLAIN_FORMS: ReadonlyMap<string, PrivateKeyForm> = new Map([
  ['PRIVATE KEY', 'pkcs8'],
  ['EC PRIVATE KEY', 'sec1'],
  ['RSA PRIVATE KEY', 'pkcs1'],
])

const PBES2 = '1.2.840.113549.1.5.13'
const CONVERT = '"openssl pkcs8 -topk8" writes them anew'
const ENCRYPTED_OF_OLD = `it is encrypted in a way that is broken: ${CONVERT}`
const STRAY_LINES = 'lines stand before its content, which only keys have that are encrypted in an old form'
const NOT_ENCRYPTED = 'it is not encrypted: whoever can read this file has the key'

/** @see RFC 5958 section 3 */
function encryptionProblem(content: Buffer): string | undefined {
  const [algorithm, encrypted, ...others] = readSequence(parseDer(content))
  readOctetString(encrypted)
  if (others.length > 0) throw new DerError('its content is not that of an encrypted private key')
  return readOid(readSequence(algorithm)[0]) === PBES2 ? undefined : ENCRYPTED_OF_OLD
}

function isPrivateKey(key: Buffer, type: PrivateKeyForm): boolean {
  try {
    createPrivateKey({ key, format: 'der', type })
    return true
  } catch {
    return false
  }
}

function findings(facts: Facts, problems: readonly (string | undefined)[], warning?: string): Findings {
  return {
    kind: 'private-key',
    facts,
    problems: problems.filter((text) => text !== undefined),
    warnings: warning === undefined ? [] : [warning],
  }
}
