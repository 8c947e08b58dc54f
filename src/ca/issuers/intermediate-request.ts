import type { KeyObject } from 'node:crypto'
import { createCertificateRequest } from '../../identity/create-certificate-request.ts'
import { generateKeyPair } from '../../identity/key-pair.ts'
import { encodePem } from '../../identity/pem.ts'
import { extensionsOf } from '../certificate/tbs-certificate.ts'
import { intermediateFields } from '../certificate/template.ts'
import type { AuthorityRecord } from './ca-state.ts'
import { keyFields, type Making } from './new-authority.ts'

/** An intermediate whose certificate a root elsewhere is to make. */
export interface RequestedIntermediate {
  readonly record: AuthorityRecord
  readonly privateKey: KeyObject
  /** PKCS#10 in PEM. It asks for what an intermediate has to have; the root's owner decides. */
  readonly request: string
}

export function requestIntermediate(
  name: string,
  { trustDomain, profiles, requestedBy, now }: Making,
): RequestedIntermediate {
  const keyPair = generateKeyPair()
  const record: AuthorityRecord = {
    ...keyFields(keyPair.publicKey),
    kind: 'intermediate',
    name,
    state: 'requested',
    certificateChain: undefined,
    requestedBy,
    since: now,
  }
  const fields = intermediateFields({ trustDomain, publicKey: keyPair.publicKey }, profiles.intermediate)
  const extensions = extensionsOf({ ...fields, authorityKeyId: undefined })
  const der = createCertificateRequest(keyPair, { subject: fields.subject, extensions })
  return { record, privateKey: keyPair.privateKey, request: encodePem('CERTIFICATE REQUEST', der) }
}
