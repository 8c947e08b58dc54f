import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCrl } from '../../../src/ca/crl/create-crl.ts'
import type { RevokedEntry } from '../../../src/ca/crl/crl-register.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { encodeCertificate } from '../../../src/identity/pem.ts'
import { createTestCa } from '../../../src/testing/test-ca.ts'
import { memoryCrlRegister } from '../../support/crl.ts'
import { temporaryDirectory } from '../../support/directory.ts'

const isInstalled = openssl('version').status === 0
const isSkipped = !isInstalled && process.env['CI'] === undefined
const word = isSkipped ? ' (skipped: there is no openssl command here)' : ''

const ca = createTestCa()
const { root, rootKey, intermediate, intermediateKey } = ca.hierarchy
const now = systemClock()

describe.skipIf(isSkipped)(`openssl${word}`, () => {
  test('reads a CRL, and verifies who signed it', async () => {
    const entries: RevokedEntry[] = [
      { serialNumber: '40'.repeat(16), reason: 'keyCompromise', revokedAt: now },
      { serialNumber: '41'.repeat(16), reason: 'unspecified', revokedAt: now },
    ]
    const { intermediateCrl, intermediateFile, rootFile } = await writeCrls(entries)
    const { output } = openssl('crl', '-in', intermediateCrl, '-noout', '-text')
    for (const line of [
      /Version 2 \(0x1\)/,
      /Signature Algorithm: ecdsa-with-SHA256/,
      /X509v3 Authority Key Identifier:/,
      /X509v3 CRL Number: *\n *1\n/,
      /Serial Number: (?:40){16}\n.*\n *CRL entry extensions:\n *X509v3 CRL Reason Code: *\n *Key Compromise\n/,
      /Serial Number: (?:41){16}\n *Revocation Date: .*\n *Signature/,
    ]) {
      expect(output).toMatch(line)
    }
    const verified = (file: string) => openssl('crl', '-in', intermediateCrl, '-noout', '-CAfile', file).output
    expect(verified(intermediateFile)).toContain('verify OK')
    expect(verified(rootFile)).not.toContain('verify OK')
  })

  test('reads a CRL on which nothing stands', async () => {
    const { intermediateCrl } = await writeCrls([])
    expect(openssl('crl', '-in', intermediateCrl, '-noout', '-text').output).toContain('No Revoked Certificates.')
  })

  test('accepts a good leaf under its strict rules, and refuses a revoked one', async () => {
    const { verify, serialNumber } = await writeLeaf()
    const accepted = verify(await writeCrls([{ serialNumber: '40', reason: 'superseded', revokedAt: now }]))
    expect(accepted).toMatchObject({ status: 0, output: expect.stringContaining(': OK') })

    const refused = verify(await writeCrls([{ serialNumber, reason: 'unspecified', revokedAt: now }]))
    expect(refused).toMatchObject({ status: 2, output: expect.stringContaining('certificate revoked') })
  })

  test('refuses every leaf of a revoked intermediate', async () => {
    const { verify } = await writeLeaf()
    const { serialNumber } = intermediate
    const refused = verify(await writeCrls([], [{ serialNumber, reason: 'cACompromise', revokedAt: now }]))
    expect(refused).toMatchObject({ status: 2, output: expect.stringContaining('certificate revoked') })
  })
})

interface Crls {
  readonly rootCrl: string
  readonly intermediateCrl: string
  readonly rootFile: string
  readonly intermediateFile: string
}

/** The CRL of each issuer, and its certificate. */
async function writeCrls(revoked: readonly RevokedEntry[], distrusted: readonly RevokedEntry[] = []): Promise<Crls> {
  const directory = await temporaryDirectory()
  const options = { now, validity: { lifetimeMs: 3_600_000, backdatingMs: 60_000 } }
  const ofIntermediate = await createCrl(intermediate, intermediateKey, memoryCrlRegister(revoked), options)
  const ofRoot = await createCrl(root, rootKey, memoryCrlRegister(), {
    ...options,
    extraEntries: async () => distrusted,
  })
  const write = async (name: string, text: string) => {
    const file = join(directory, name)
    await writeFile(file, text)
    return file
  }
  return {
    rootCrl: await write('root.crl', ofRoot.pem),
    intermediateCrl: await write('intermediate.crl', ofIntermediate.pem),
    rootFile: await write('root.pem', encodeCertificate(root.der)),
    intermediateFile: await write('intermediate.pem', encodeCertificate(intermediate.der)),
  }
}

async function writeLeaf() {
  const { certificateChain } = ca.credential('orders')
  const leaf = join(await temporaryDirectory(), 'orders.pem')
  await writeFile(leaf, certificateChain)
  const { output } = openssl('x509', '-in', leaf, '-noout', '-serial')
  const verify = ({ rootCrl, intermediateCrl, rootFile, intermediateFile }: Crls) => {
    const crls = ['-crl_check_all', '-CRLfile', rootCrl, '-CRLfile', intermediateCrl]
    return openssl('verify', '-x509_strict', '-CAfile', rootFile, '-untrusted', intermediateFile, ...crls, leaf)
  }
  return { verify, serialNumber: output.trim().replace('serial=', '').toLowerCase() }
}

function openssl(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}
