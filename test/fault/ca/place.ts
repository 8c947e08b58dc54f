import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createCertificateRequest } from '../../../src/identity/create-certificate-request.ts'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { encodePem } from '../../../src/identity/pem.ts'

/** Where a CA is, and what it issues. */
export interface Place {
  /** Above all the others. */
  readonly base: string
  readonly dir: string
  /** Where the credentials of services lie, of all processes in one. */
  readonly out: string
  readonly crls: string
  /** What an authority has handed out. */
  readonly handedOut: string
  /** Of `storefront`, which keeps its key. */
  readonly csr: string
  /** What a command that makes a key of the CA is told beside. */
  readonly newKey: readonly string[]
}

export const PASSPHRASE = 'correct horse battery staple'

/** The environment of a process that knows it. */
export const PASSPHRASE_GIVEN = { COUNTERSIGN_CA_PASSPHRASE: PASSPHRASE }

export function placeIn(base: string, { isEncrypted = false } = {}): Place {
  return {
    base,
    dir: join(base, 'pki'),
    out: join(base, 'credentials'),
    crls: join(base, 'crls'),
    handedOut: join(base, 'handed-out.pem'),
    csr: join(base, 'storefront.csr'),
    newKey: isEncrypted ? [] : ['--dangerously-unencrypted'],
  }
}

/** Makes what is there before a CA is. */
export async function preparePlace({ base, csr }: Place): Promise<void> {
  await mkdir(base, { recursive: true })
  await writeFile(csr, encodePem('CERTIFICATE REQUEST', createCertificateRequest(generateKeyPair())))
}
