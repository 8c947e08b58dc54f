import type { KeyObject } from 'node:crypto'
import type { Certificate } from './certificate.ts'
import { decodePrivateKey } from './key-pair.ts'

/**
 * Finds the private key of a certificate in a PEM text; `undefined` where it is not there. While a credential is replaced,
 * the next key and the former one stand there together, as no two files are replaced at once.
 * @param place what holds the text, for the message
 * @throws AuthError CONFIGURATION_INVALID for a key that cannot be read
 */
export function findPrivateKey(pem: string, { x509 }: Certificate, place: string): KeyObject | undefined {
  const blocks = pem.split(/(?=-----BEGIN )/).filter((block) => BEGINNING.test(block))
  const texts = blocks.length === 0 ? [pem] : blocks
  return texts.map((text) => decodePrivateKey(text, place)).find((key) => x509.checkPrivateKey(key))
}

/** Of whatever kind: PKCS #8, SEC 1, encrypted or not. */
const BEGINNING = /^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/
