import { createCertificateRequest } from '../../src/identity/create-certificate-request.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath, type ServicePath } from '../../src/identity/service-id.ts'

/** What a new service sends, and what the CA knows of it. */
export interface Application {
  /** PKCS #10 in DER. */
  readonly request: Uint8Array<ArrayBuffer>
  readonly path: ServicePath
  readonly dnsName: string
}

let services = 0

/** Of a service and a key of its own. */
export function createApplication(): Application {
  services += 1
  const path = parseServicePath(`service-${services}`)
  const request = new Uint8Array(createCertificateRequest(generateKeyPair()))
  return { request, path, dnsName: `${path}.internal` }
}
