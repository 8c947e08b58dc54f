import { describe, expect, test } from 'vitest'
import { countersign, initCa, refused, told } from '../support/ca-command.ts'

describe('revoke certificate', () => {
  test('revokes one certificate with a reason, and says whose', async () => {
    const { dir, out } = await initCa()
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const revoked = await told('revoke', 'certificate', serialNumber, '--reason', 'keyCompromise', '--dir', dir)
    expect(revoked).toMatchObject({
      serialNumber,
      serviceId: 'spiffe://shop.internal/orders',
      revocation: { reason: 'keyCompromise', revokedBy: expect.stringMatching(/^operator:/) },
    })
  })

  test('takes a serial number as openssl writes it', async () => {
    const { dir, out } = await initCa()
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const spelled = serialNumber.toUpperCase().match(/../g).join(':')
    expect(await told('revoke', 'certificate', spelled, '--dir', dir)).toMatchObject({ serialNumber })
  })

  test('keeps the first revocation of two', async () => {
    const { dir, out } = await initCa()
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const args = ['revoke', 'certificate', serialNumber, '--dir', dir]
    const { revision, ...first } = await told(...args, '--reason', 'superseded')
    expect(await told(...args, '--reason', 'keyCompromise')).toEqual({
      ...first,
      revision: { ...revision, sequence: revision.sequence + 1 },
    })
    expect((await countersign(...args)).out).toContain('already: superseded')
  })

  test('is refused for a serial number that nothing has, or that is none', async () => {
    const { dir } = await initCa()
    for (const serial of ['4a', '', 'zz', '0x4a', '4a;', '4'.repeat(41)]) {
      await refused('REQUEST_INVALID', 'revoke', 'certificate', serial, '--dir', dir)
    }
  })

  test('is refused for an intermediate itself, which is distrusted instead', async () => {
    const { dir } = await initCa()
    const { authorities } = await told('ca', 'list', '--dir', dir)
    const { serialNumber } = authorities[1]
    expect(serialNumber).toMatch(/^[0-9a-f]{32}$/)
    const message = await refused('REQUEST_INVALID', 'revoke', 'certificate', serialNumber, '--dir', dir)
    expect(message).toContain('countersign ca distrust')
  })

  test('knows the reasons of RFC 5280 that are for services and for good, and no other', async () => {
    const { dir, out } = await initCa()
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    for (const reason of ['cACompromise', 'certificateHold', 'removeFromCRL', 'KeyCompromise', 'because']) {
      const { exitCode, err } = await countersign(
        'revoke',
        'certificate',
        serialNumber,
        '--reason',
        reason,
        '--dir',
        dir,
      )
      expect(exitCode, reason).toBe(2)
      expect(err).toContain('privilegeWithdrawn')
    }
  })
})

describe('revoke service', () => {
  test('revokes all that a service has, and nothing of others', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    const first = await told('ca', 'issue', 'orders', ...place)
    const second = await told('ca', 'issue', 'orders', ...place)
    const other = await told('ca', 'issue', 'inventory', ...place)
    const revoked = await told('revoke', 'service', 'orders', '--dir', dir)
    expect(revoked.serialNumbers.toSorted()).toEqual([first.serialNumber, second.serialNumber].toSorted())
    const { certificates } = await told('ca', 'list', '--dir', dir)
    const live = certificates.filter(({ state }: { state: string }) => state !== 'revoked')
    expect(live).toMatchObject([{ serialNumber: other.serialNumber }])
    // What it is issued after that is good.
    await told('ca', 'issue', 'orders', ...place)
  })

  test('is refused for a service that was never issued anything: it may be spelled wrongly', async () => {
    const { dir, out } = await initCa()
    await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    expect(await refused('REQUEST_INVALID', 'revoke', 'service', 'ordres', '--dir', dir)).toContain('never issued')
  })

  test('is refused where there is no CA', async () => {
    await refused('CONFIGURATION_INVALID', 'revoke', 'service', 'orders', '--dir', '/nowhere')
  })
})
