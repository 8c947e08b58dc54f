import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { extension } from '../../src/ca/certificate/tbs-certificate.ts'
import { contextPrimitive, sequence } from '../../src/core/der-writer.ts'
import { Oid } from '../../src/identity/certificate.ts'
import { createCertificateRequest } from '../../src/identity/create-certificate-request.ts'
import { parseCredential } from '../../src/identity/credential.ts'
import { encodePrivateKey, generateKeyPair, type KeyPair } from '../../src/identity/key-pair.ts'
import { encodePem } from '../../src/identity/pem.ts'
import { initCa, refused, told } from '../support/ca-command.ts'

async function requestFile(directory: string, keyPair: KeyPair = generateKeyPair()): Promise<string> {
  const file = join(directory, 'request.csr')
  await writeFile(file, encodePem('CERTIFICATE REQUEST', createCertificateRequest(keyPair)))
  return file
}

describe('ca sign', () => {
  test('certifies the key of a request for the service that the command names', async () => {
    const { dir, out } = await initCa()
    const keyPair = generateKeyPair()
    const csr = await requestFile(dir, keyPair)
    const signed = await told('ca', 'sign', 'inventory', '--csr', csr, '--dns', 'localhost', '--dir', dir, '--out', out)
    expect(signed).toMatchObject({
      serviceId: 'spiffe://shop.internal/inventory',
      files: { certificateChain: join(out, 'inventory.pem'), bundle: join(out, 'bundle.pem') },
    })
    expect((await readdir(out)).sort()).toEqual(['bundle.pem', 'inventory.pem'])
    const material = {
      certificateChain: await readFile(join(out, 'inventory.pem'), 'utf8'),
      privateKey: encodePrivateKey(keyPair.privateKey),
      bundle: await readFile(join(out, 'bundle.pem'), 'utf8'),
    }
    expect(parseCredential(material, Date.now(), 'the test').serviceId).toBe('spiffe://shop.internal/inventory')
  })

  test('is refused for a key that belongs to another service', async () => {
    const { dir, out } = await initCa()
    const csr = await requestFile(dir)
    await told('ca', 'sign', 'inventory', '--csr', csr, '--dir', dir, '--out', out)
    await told('ca', 'sign', 'inventory', '--csr', csr, '--dir', dir, '--out', out)
    await refused('REQUEST_INVALID', 'ca', 'sign', 'orders', '--csr', csr, '--dir', dir, '--out', out)
    const { certificates } = await told('ca', 'list', '--dir', dir)
    expect(certificates).toHaveLength(2)
    expect(existsSync(join(out, 'orders.pem'))).toBe(false)
  })

  test('is refused for a key that was compromised', async () => {
    const { dir, out } = await initCa()
    const csr = await requestFile(dir)
    const sign = ['ca', 'sign', 'inventory', '--csr', csr, '--dir', dir, '--out', out]
    const { serialNumber } = await told(...sign)
    await told('revoke', 'certificate', serialNumber, '--reason', 'keyCompromise', '--dir', dir)
    expect(await refused('REQUEST_INVALID', ...sign)).toContain('compromised')
    expect((await told('ca', 'list', '--dir', dir)).certificates).toMatchObject([{ serialNumber, state: 'revoked' }])
  })

  test('is refused for a request that asks for names, and records nothing', async () => {
    const { dir, out } = await initCa()
    const name = sequence(contextPrimitive(6, Buffer.from('spiffe://shop.internal/admin')))
    const extensions = [extension(Oid.subjectAltName, name, { critical: false })]
    const der = createCertificateRequest(generateKeyPair(), { extensions })
    const csr = join(dir, 'request.csr')
    await writeFile(csr, encodePem('CERTIFICATE REQUEST', der))
    await refused('CERTIFICATE_REQUEST_INVALID', 'ca', 'sign', 'orders', '--csr', csr, '--dir', dir, '--out', out)
    expect((await told('ca', 'list', '--dir', dir)).certificates).toEqual([])
    expect(existsSync(out)).toBe(false)
  })

  test('leaves no certificate beside a key that is not its own', async () => {
    const { dir, out } = await initCa()
    const csr = await requestFile(dir)
    await told('ca', 'issue', 'inventory', '--dir', dir, '--out', out)
    const before = await readFile(join(out, 'inventory.pem'), 'utf8')
    await refused('REQUEST_INVALID', 'ca', 'sign', 'inventory', '--csr', csr, '--dir', dir, '--out', out)
    expect(await readFile(join(out, 'inventory.pem'), 'utf8')).toBe(before)
  })

  test('is refused for what is no request', async () => {
    const { dir, out } = await initCa()
    const csr = join(dir, 'request.csr')
    for (const content of [
      '',
      'hello',
      '-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n',
    ]) {
      await writeFile(csr, content)
      await refused('CERTIFICATE_REQUEST_INVALID', 'ca', 'sign', 'orders', '--csr', csr, '--dir', dir, '--out', out)
    }
  })
})
