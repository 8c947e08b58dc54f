import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadCredential } from '../../src/identity/credential-files.ts'
import { encodePrivateKey, generateKeyPair } from '../../src/identity/key-pair.ts'
import { parseServicePath } from '../../src/identity/service-id.ts'
import { createTestCa } from '../../src/testing/test-ca.ts'
import { initCa, refused, told } from '../support/ca-command.ts'

const orders = parseServicePath('orders')
const renew = ['ca', 'renew', 'orders']

async function issued() {
  const { dir, out } = await initCa()
  const place = ['--dir', dir, '--out', out]
  const { serialNumber } = await told('ca', 'issue', 'orders', '--dns', 'localhost', ...place)
  return { dir, out, place, serialNumber }
}

describe('ca renew', () => {
  test('replaces a certificate by one with another key and the same names', async () => {
    const { dir, out, place, serialNumber } = await issued()
    const former = await loadCredential(out, orders)
    const renewed = await told(...renew, ...place)
    const credential = await loadCredential(out, orders)
    expect(renewed.serialNumber).not.toBe(serialNumber)
    expect(credential.privateKey.equals(former.privateKey)).toBe(false)
    const { certificates } = await told('ca', 'list', '--dir', dir)
    expect(certificates).toHaveLength(2)
    expect(certificates).toContainEqual(
      expect.objectContaining({ serialNumber: renewed.serialNumber, renews: serialNumber, dnsNames: ['localhost'] }),
    )
  })

  test('that was broken off between the key and the certificate is repeated, the former credential in use meanwhile', async () => {
    const { out, place } = await issued()
    const former = await loadCredential(out, orders)
    const file = join(out, 'orders.key')
    await writeFile(file, encodePrivateKey(generateKeyPair().privateKey) + (await readFile(file, 'utf8')))
    expect(await loadCredential(out, orders)).toEqual(former)
    await told(...renew, ...place)
    expect((await loadCredential(out, orders)).privateKey.equals(former.privateKey)).toBe(false)
    expect((await readFile(file, 'utf8')).match(/BEGIN/g)).toHaveLength(1)
  })

  test('is refused for a certificate that was revoked', async () => {
    const { dir, place, serialNumber } = await issued()
    await told('revoke', 'certificate', serialNumber, '--reason', 'keyCompromise', '--dir', dir)
    expect(await refused('REQUEST_INVALID', ...renew, ...place)).toContain('it was revoked: keyCompromise')
  })

  test('is refused for the certificate of another service', async () => {
    const { out, place } = await issued()
    await told('ca', 'issue', 'inventory', ...place)
    await copyFile(join(out, 'inventory.pem'), join(out, 'orders.pem'))
    expect(await refused('REQUEST_INVALID', ...renew, ...place)).toContain('spiffe://shop.internal/inventory')
  })

  test('is refused for one of another CA, and where there is none', async () => {
    const { out, place } = await issued()
    const file = join(out, 'orders.pem')
    await writeFile(file, createTestCa().credential('orders').certificateChain)
    expect(await refused('REQUEST_INVALID', ...renew, ...place)).toContain('no record of it')
    await rm(file)
    await refused('CONFIGURATION_INVALID', ...renew, ...place)
  })

  test('is refused below an intermediate that is distrusted', async () => {
    const { dir, place } = await issued()
    const { authorities } = await told('ca', 'list', '--dir', dir)
    await told('ca', 'distrust', authorities[1].name, '--yes', '--dir', dir)
    const unencrypted = ['--dangerously-unencrypted', '--dir', dir]
    await told('ca', 'rotate', 'prepare', 'intermediate', ...unencrypted)
    await told('ca', 'rotate', 'activate', 'intermediate', '--dir', dir)
    expect(await refused('REQUEST_INVALID', ...renew, ...place)).toContain('distrusted')
  })

  test('is for services and operators: an authority renews its own', async () => {
    const { place } = await issued()
    const operator = 'countersign/operator/alice'
    await told('ca', 'issue', operator, '--reserved', ...place)
    await told('ca', 'renew', operator, ...place)
    expect(await refused('REQUEST_INVALID', 'ca', 'renew', 'countersign/authority', ...place)).toContain('itself')
  })

  test('makes no key for a service that keeps its own', async () => {
    const { out, place } = await issued()
    await rm(join(out, 'orders.key'))
    expect(await refused('REQUEST_INVALID', ...renew, ...place)).toContain('ca sign')
  })

  test('changes no file where it is refused', async () => {
    const { dir, out, place, serialNumber } = await issued()
    await told('revoke', 'certificate', serialNumber, '--dir', dir)
    const before = await readFile(join(out, 'orders.pem'), 'utf8')
    await refused('REQUEST_INVALID', ...renew, ...place)
    expect(await readFile(join(out, 'orders.pem'), 'utf8')).toBe(before)
  })
})
