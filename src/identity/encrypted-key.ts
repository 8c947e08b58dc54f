import { createCipheriv, createPrivateKey, type KeyObject, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import { parseDer } from '../core/der.ts'
import { encodeDer } from '../core/der-encoder.ts'
import { DerError } from '../core/der-node.ts'
import { readOctetString, readOid, readSequence } from '../core/der-reader.ts'
import { integer, octetString, oid, sequence } from '../core/der-writer.ts'
import { AuthError } from '../core/errors.ts'
import type { Passphrase } from './passphrase.ts'
import { encodePem } from './pem.ts'

const LABEL = 'ENCRYPTED PRIVATE KEY'
const BLOCK = /-----BEGIN ENCRYPTED PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+?)\r?\n-----END ENCRYPTED PRIVATE KEY-----/

const ALGORITHM = {
  pbes2: '1.2.840.113549.1.5.13',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/**
 * Of the equal minima that OWASP lists for scrypt the one with 16 MiB of memory: OpenSSL refuses to spend more than 32
 * on a key that it reads. (Node's own encryption of keys derives by PBKDF2 with 2048 rounds, which is next to nothing.)
 */
const COST = { N: 2 ** 14, r: 8, p: 5 } as const

const SALT_BYTES = 16
const IV_BYTES = 16
const KEY_BYTES = 32

const deriveKey = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt)

/**
 * Encrypts a private key: PKCS#8 in PEM, by PBES2 with scrypt and AES-256-CBC, as openssl and Node read it.
 * @see RFC 5958 section 3, RFC 8018 section 6.2, RFC 7914 section 7
 */
export async function encryptPrivateKey(privateKey: KeyObject, passphrase: Passphrase): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-cbc', await deriveKey(passphrase.reveal(), salt, KEY_BYTES, COST), iv)
  const content = cipher.update(privateKey.export({ type: 'pkcs8', format: 'der' }))

  const derivation = sequence(octetString(salt), ...[COST.N, COST.r, COST.p].map((cost) => integer(BigInt(cost))))
  const parameters = sequence(
    sequence(oid(ALGORITHM.scrypt), derivation),
    sequence(oid(ALGORITHM.aes256Cbc), octetString(iv)),
  )
  const encrypted = octetString(Buffer.concat([content, cipher.final()]))
  return encodePem(LABEL, encodeDer(sequence(sequence(oid(ALGORITHM.pbes2), parameters), encrypted)))
}

/** Whether a PEM text holds a private key that is encrypted, well or not. */
export function isEncryptedKey(pem: string): boolean {
  return pem.includes(`-----BEGIN ${LABEL}-----`)
}

/**
 * Decrypts a private key of any kind. Takes a tenth of a second, on purpose, during which nothing else runs.
 * @param place what holds it, for the message
 * @throws AuthError CONFIGURATION_INVALID
 */
export function decryptPrivateKey(pem: string, place: string, passphrase: Passphrase | undefined): KeyObject {
  const der = Buffer.from(BLOCK.exec(pem)?.[1] ?? '', 'base64')
  if (!isEncryptedByPbes2(der)) {
    throw invalid(`${place} holds a private key that is damaged, or not encrypted by PBES2 (RFC 8018).`)
  }
  if (passphrase === undefined) {
    throw invalid(
      `${place} is encrypted, and there is no passphrase. That of a CA's keys is given by --passphrase-file, by ` +
        'caPassphraseFile in the configuration, or by COUNTERSIGN_CA_PASSPHRASE; keys of services are not encrypted.',
    )
  }
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8', passphrase: passphrase.reveal() })
  } catch {
    // Which of the two it is cannot be told: what another passphrase decrypts looks like damage.
    throw invalid(`${place} cannot be decrypted: the passphrase is another one, or the file is damaged.`)
  }
}

function isEncryptedByPbes2(der: Buffer): boolean {
  try {
    const [algorithm, encrypted] = readSequence(parseDer(der))
    readOctetString(encrypted)
    return readOid(readSequence(algorithm)[0]) === ALGORITHM.pbes2
  } catch (error) {
    if (error instanceof DerError) return false
    throw error
  }
}

function invalid(message: string): AuthError {
  return new AuthError('CONFIGURATION_INVALID', message)
}
