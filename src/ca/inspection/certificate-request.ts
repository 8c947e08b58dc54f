import { type KeyObject, verify } from 'node:crypto'
import { parseDer } from '../../core/der.ts'
import { encodeDer } from '../../core/der-encoder.ts'
import { firstValueOf } from '../../core/der-extent.ts'
import { DerError, type DerNode } from '../../core/der-node.ts'
import { readContext, readOctets, readOid, readSequence, readSet } from '../../core/der-reader.ts'
import { AuthError } from '../../core/errors.ts'
import { Oid } from '../../identity/certificate.ts'
import { ExtensionRequest, verifyCertificateRequest } from '../../identity/certificate-request.ts'
import { formatName } from '../../identity/distinguished-name.ts'
import { readExtensions } from '../../identity/extensions.ts'
import { isP256 } from '../../identity/key-pair.ts'
import { keyIdOf } from '../certificate/key-identity.ts'
import type { Findings } from './inspection.ts'
import { publicKeyKind } from './key-kind.ts'
import { parsePublicKey } from './public-key.ts'

/**
 * What a certificate request says, and why the CA refuses it.
 * @throws DerError
 */
export function inspectCertificateRequest(content: Buffer): Findings {
  const [info, , signature] = readSequence(parseDer(content))
  const [, subject, publicKeyInfo, attributes] = readSequence(info)
  if (subject === undefined || publicKeyInfo === undefined) throw new DerError('a part is missing')
  const kind = publicKeyKind(publicKeyInfo)
  const key = parsePublicKey(encodeDer(publicKeyInfo), kind)
  const problem = problemOf(content)
  return {
    kind: 'certificate-request',
    facts: {
      subject: formatName(subject),
      key: kind.isBounded && key === undefined ? 'one that cannot be read' : kind.words,
      keyId: key !== undefined && isP256(key) ? keyIdOf(key) : undefined,
      signature: judgeSignature(key, firstValueOf(content), readOctets(signature)),
      requestedExtensions: readContext(attributes, 0).flatMap(requestedExtensions),
    },
    problems: problem === undefined ? [] : [problem],
    warnings: [],
  }
}

function problemOf(content: Buffer): string | undefined {
  try {
    verifyCertificateRequest(content)
    return undefined
  } catch (error) {
    if (error instanceof AuthError) return error.message
    throw error
  }
}

/** Keys of other kinds are refused whatever they have signed, and a hostile one may take long. */
function judgeSignature(key: KeyObject | undefined, signed: Buffer, signature: Buffer): string {
  if (key === undefined || !isP256(key)) return 'not checked'
  return verify('sha256', signed, key, signature) ? 'good' : 'wrong'
}

function requestedExtensions(attribute: DerNode): readonly string[] {
  const [type, values] = readSequence(attribute)
  if (!EXTENSION_REQUESTS.has(readOid(type))) return []
  return readSet(values).flatMap((list) => [...readExtensions(list).criticality.keys()].map(extensionName))
}

const EXTENSION_REQUESTS: ReadonlySet<string> = new Set(Object.values(ExtensionRequest))

function extensionName(id: string): string {
  const [name = id] = Object.entries(Oid).find(([, known]) => known === id) ?? []
  return name
}
