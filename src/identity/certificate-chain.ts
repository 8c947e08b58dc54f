import type { Certificate } from './certificate.ts'

/**
 * The root to which a chain leads: each certificate is issued by the next, the last by that root. `undefined` where it
 * leads to none. Checks names and signatures; not dates, nor what an issuer may do: TLS peers check that.
 */
export function rootOfChain(chain: readonly Certificate[], roots: readonly Certificate[]): Certificate | undefined {
  const last = chain.at(-1)
  const isWhole = chain.every((certificate, index) => index === 0 || isIssuedBy(chain[index - 1], certificate))
  return isWhole ? roots.find((root) => isIssuedBy(last, root)) : undefined
}

function isIssuedBy(certificate: Certificate | undefined, issuer: Certificate): boolean {
  return certificate?.x509.checkIssued(issuer.x509) === true && certificate.x509.verify(issuer.publicKey)
}
