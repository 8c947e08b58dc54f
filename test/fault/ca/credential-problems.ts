import type { Certificate } from '../../../src/identity/certificate.ts'
import { decodePrivateKey } from '../../../src/identity/key-pair.ts'
import { scanPem } from '../../../src/identity/pem-blocks.ts'
import { parseCertificates } from '../../../src/identity/pem-certificates.ts'
import type { FoundFile } from './files.ts'

/**
 * What is wrong with the credentials of services that have their keys from the CA: a certificate must have its key
 * beside it. A key without a certificate is the beginning of a first credential.
 */
export function credentialProblems(files: readonly FoundFile[]): readonly string[] {
  return files
    .filter(({ path }) => path.endsWith('.pem'))
    .flatMap((chain) => {
      const key = files.find(({ path }) => path === chain.path.replace(/\.pem$/, '.key'))
      if (key === undefined) return []
      const [leaf] = parseCertificates(chain.text, chain.path)
      return hasKeyOf(leaf, key) ? [] : [`${chain.path}: the key beside it is not that of the certificate`]
    })
}

function hasKeyOf(leaf: Certificate, { text, path }: FoundFile): boolean {
  return scanPem(text).some((block) => {
    if (block.kind !== 'block') return false
    const pem = `-----BEGIN ${block.label}-----\n${block.content.toString('base64')}\n-----END ${block.label}-----\n`
    return leaf.x509.checkPrivateKey(decodePrivateKey(pem, path))
  })
}
