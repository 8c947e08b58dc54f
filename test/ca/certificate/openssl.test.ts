import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateKeyPair } from '../../../src/identity/key-pair.ts'
import { decodeCertificates, encodeCertificate } from '../../../src/identity/pem.ts'
import { parseServicePath } from '../../../src/identity/service-id.ts'
import { makeCa } from '../../support/ca-directory.ts'
import { describeWith, openssl, runTool } from '../../support/tools.ts'

describeWith(openssl, 'openssl', () => {
  for (const purpose of ['sslclient', 'sslserver']) {
    test(`accepts a chain under its strict rules for ${purpose}`, async () => {
      const { root, intermediate, leaf } = await issueChain()
      const chain = ['-CAfile', root, '-untrusted', intermediate, leaf]
      const args = ['verify', '-x509_strict', '-purpose', purpose, ...chain]
      const { exitCode, output } = await runTool(openssl, args)
      expect(output.trim()).toBe(`${leaf}: OK`)
      expect(exitCode).toBe(0)
    })
  }

  test('refuses a leaf without its intermediate', async () => {
    const { root, leaf } = await issueChain()
    expect((await runTool(openssl, ['verify', '-x509_strict', '-CAfile', root, leaf])).exitCode).not.toBe(0)
  })
})

async function issueChain() {
  const { directory, load } = await makeCa()
  const ca = await load()
  const { publicKey } = generateKeyPair()
  const path = parseServicePath('orders')
  const request = { path, dnsNames: ['localhost'], publicKey, requestedBy: 'operator:test' }
  const { certificateChain } = await ca.issue(request)
  const [leaf, intermediate] = [join(directory, 'orders.pem'), join(directory, 'intermediate.pem')]
  const [, issuer = Buffer.alloc(0)] = decodeCertificates(certificateChain, 'the chain')
  await writeFile(leaf, certificateChain)
  await writeFile(intermediate, encodeCertificate(issuer))
  return { root: join(directory, 'bundle.pem'), intermediate, leaf }
}
