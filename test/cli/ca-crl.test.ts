import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseCrl } from '../../src/identity/crl.ts'
import { decodePem, encodePem } from '../../src/identity/pem.ts'
import { initCa, refused, told } from '../support/ca-command.ts'
import { crlDer } from '../support/crl.ts'

async function crlIn(file: string) {
  const [der = Buffer.alloc(0)] = decodePem(['X509 CRL'], await readFile(file, 'utf8')) ?? []
  return parseCrl(der)
}

function crlWith(number: number): string {
  return encodePem('X509 CRL', crlDer({ template: { number } }))
}

describe('ca crl', () => {
  test('writes one for each issuer, each time with a higher number', async () => {
    const { dir, out } = await initCa()
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    await told('revoke', 'certificate', serialNumber, '--reason', 'keyCompromise', '--dir', dir)
    const crls = join(dir, 'crls')
    let last = 0
    for (const _ of [1, 2, 3]) {
      const written = await told('ca', 'crl', '--dir', dir, '--out', crls)
      expect(written).toMatchObject({
        missing: [],
        crls: [
          { issuer: expect.stringMatching(/^root-/), revoked: [] },
          { issuer: expect.stringMatching(/^intermediate-/), revoked: [serialNumber] },
        ],
      })
      expect(await readdir(crls)).toHaveLength(2)
      for (const { file, number } of written.crls) expect((await crlIn(file)).number).toBe(BigInt(number))
      expect(written.crls[1].number).toBeGreaterThan(last)
      last = written.crls[1].number
    }
  })

  test('has the intermediates that are distrusted on that of the root', async () => {
    const { dir, out } = await initCa()
    const { authorities } = await told('ca', 'list', '--dir', dir)
    await told('ca', 'distrust', authorities[1].name, '--yes', '--dir', dir)
    const { crls } = await told('ca', 'crl', '--dir', dir, '--out', out)
    expect(crls).toMatchObject([{ issuer: authorities[0].name, revoked: [authorities[1].serialNumber] }])
    const { entries } = await crlIn(crls[0].file)
    expect(entries).toMatchObject([{ serialNumber: authorities[1].serialNumber, reasonCode: 2 }])
  })

  test('follows one that another process has written meanwhile', async () => {
    const { dir, out } = await initCa()
    const [{ file, number }] = (await told('ca', 'crl', '--dir', dir, '--out', out)).crls
    await writeFile(file, crlWith(number + 3))
    const [next] = (await told('ca', 'crl', '--dir', dir, '--out', out)).crls
    expect(next.number).toBeGreaterThan(number + 3)
    expect((await crlIn(file)).number).toBe(BigInt(next.number))
  })

  test('takes no number back where the store is older than the file', async () => {
    const { dir, out } = await initCa()
    const [{ file }] = (await told('ca', 'crl', '--dir', dir, '--out', out)).crls
    await writeFile(file, crlWith(2 ** 40))
    expect(await refused('CONFIGURATION_INVALID', 'ca', 'crl', '--dir', dir, '--out', out)).toContain('higher number')
    expect((await crlIn(file)).number).toBe(2n ** 40n)
  })

  test('replaces what is no CRL', async () => {
    const { dir, out } = await initCa()
    const [{ file }] = (await told('ca', 'crl', '--dir', dir, '--out', out)).crls
    for (const content of ['', 'hunter2', encodePem('X509 CRL', Buffer.from([0x30, 0x03])), Buffer.of(0xff, 0x00)]) {
      await writeFile(file, content)
      const [{ number }] = (await told('ca', 'crl', '--dir', dir, '--out', out)).crls
      expect((await crlIn(file)).number).toBe(BigInt(number))
    }
  })

  test('is refused where a file is in the place of the directory', async () => {
    const { dir, out } = await initCa()
    await writeFile(out, '')
    for (const directory of [out, join(out, 'below')]) {
      const message = await refused('CONFIGURATION_INVALID', 'ca', 'crl', '--dir', dir, '--out', directory)
      expect(message).toContain(`${out} is not a directory`)
    }
  })

  test('says whose it cannot make, for want of the key', async () => {
    const { dir, out } = await initCa()
    const [key = 'none'] = (await readdir(dir)).filter((file) => file.startsWith('root-'))
    await rm(join(dir, key))
    expect(await told('ca', 'crl', '--dir', dir, '--out', out)).toMatchObject({
      crls: [{ issuer: expect.stringMatching(/^intermediate-/) }],
      missing: [expect.stringMatching(/^root-/)],
    })
  })
})
