import { type Credential, loadCredential, parseServicePath } from 'countersign'
import { parseCertificates } from '../../../src/identity/pem-certificates.ts'
import type { AuthorityNames } from './authority-names.ts'

/** A credential as a process has it that has loaded it from disk, and goes on with it whatever happens there. */
export interface HeldCredential {
  /** `orders 2`: of the second certificate of orders. */
  readonly name: string
  readonly service: string
  /** In lowercase hex. */
  readonly serialNumber: string
  /** What the story calls the intermediate that has issued it. */
  readonly issuer: string
  /** What the story calls the roots that came with it. */
  readonly roots: string
  readonly credential: Credential
}

/** Loads the credential of a service from its folder. */
export async function holdCredential(
  directory: string,
  service: string,
  number: number,
  names: AuthorityNames,
): Promise<HeldCredential> {
  const credential = await loadCredential(directory, parseServicePath(service))
  const [leaf, intermediate] = parseCertificates(credential.certificateChain, service)
  return {
    name: `${service} ${number}`,
    service,
    serialNumber: leaf.serialNumber,
    issuer: names.ofKey(intermediate?.subjectKeyId ?? ''),
    roots: names.inPem(credential.bundle),
    credential,
  }
}
