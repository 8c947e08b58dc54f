import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Credential } from '../../src/identity/credential.ts'
import { encodePrivateKey } from '../../src/identity/key-pair.ts'
import { decodeCertificates, encodeCertificate } from '../../src/identity/pem.ts'
import { temporaryDirectory } from './directory.ts'

/** Files in PEM, as other programs want them. */
export interface CredentialFiles {
  readonly leaf: string
  readonly intermediate: string
  /** The leaf and the intermediate. */
  readonly chain: string
  readonly key: string
  readonly bundle: string
}

/** Writes a credential for one test. */
export async function writeCredential({ certificateChain, privateKey, bundle }: Credential): Promise<CredentialFiles> {
  const directory = await temporaryDirectory()
  const [leaf = '', intermediate = ''] = decodeCertificates(certificateChain, 'the chain').map(encodeCertificate)
  const texts = { leaf, intermediate, chain: certificateChain, key: encodePrivateKey(privateKey), bundle }
  const written = await Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const file = join(directory, `${name}.pem`)
      await writeFile(file, text)
      return [name, file] as const
    }),
  )
  return Object.fromEntries(written) as Record<keyof typeof texts, string>
}
