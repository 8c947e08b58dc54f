import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { parseDer } from '../../../src/core/der.ts'
import { encodeDer } from '../../../src/core/der-encoder.ts'
import { type DerNode, Tag } from '../../../src/core/der-node.ts'
import {
  bitString,
  contextConstructed,
  contextPrimitive,
  octetString,
  oid,
  sequence,
  smallInteger,
} from '../../../src/core/der-writer.ts'
import { GeneralName, Oid } from '../../../src/identity/certificate.ts'
import { createCertificateRequest } from '../../../src/identity/create-certificate-request.ts'
import { encodePrivateKey, generateKeyPair } from '../../../src/identity/key-pair.ts'
import { encodePem } from '../../../src/identity/pem.ts'
import type { Stage } from '../stage.ts'

const KEY_MODE = 0o600

/** Makes a key as a service does by itself, and the request beside it that the CA is to see instead. */
export async function writeRequest(stage: Stage, service: string): Promise<void> {
  const keys = generateKeyPair()
  await stage.write(async () => {
    await mkdir(stage.path(service))
    await writeFile(stage.path(service, `${service}.key`), encodePrivateKey(keys.privateKey), { mode: KEY_MODE })
    await writeFile(stage.path(service, `${service}.csr`), pemOf(createCertificateRequest(keys)))
  })
}

/** Makes requests that no CA of Countersign signs: of an RSA key, and one that asks for a name. */
export async function writeBadRequests(stage: Stage): Promise<void> {
  const naming = createCertificateRequest(generateKeyPair(), { extensions: [hostName('bank.example')] })
  await stage.write(() => writeFile(stage.path('rsa.csr'), pemOf(createRsaRequest())))
  await stage.write(() => writeFile(stage.path('naming.csr'), pemOf(naming)))
}

function pemOf(request: Buffer): string {
  return encodePem('CERTIFICATE REQUEST', request)
}

const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'

function createRsaRequest(): Buffer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicKeyInfo = parseDer(publicKey.export({ type: 'spki', format: 'der' }))
  const info = sequence(smallInteger(0), sequence(), publicKeyInfo, contextConstructed(0))
  const signature = sign('sha256', encodeDer(info), privateKey)
  return encodeDer(sequence(info, sequence(oid(SHA256_WITH_RSA), NULL), bitString(signature)))
}

const NULL: DerNode = { tagClass: 'universal', tag: Tag.null, bytes: Buffer.alloc(0) }

function hostName(name: string): DerNode {
  const names = sequence(contextPrimitive(GeneralName.dns, Buffer.from(name)))
  return sequence(oid(Oid.subjectAltName), octetString(encodeDer(names)))
}
