import { describe, expect, test } from 'vitest'
import { countersign, initCa, refused, told } from '../support/ca-command.ts'

describe('ca list', () => {
  test('shows what the CA is made of, and what is valid of services', async () => {
    const { dir, out } = await initCa()
    const place = ['--dir', dir, '--out', out]
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dns', 'localhost', ...place)
    await told('ca', 'issue', 'inventory', ...place)
    await told('revoke', 'certificate', serialNumber, '--reason', 'superseded', '--dir', dir)

    const { trustDomain, authorities, certificates } = await told('ca', 'list', '--dir', dir)
    expect(trustDomain).toBe('shop.internal')
    expect(authorities).toMatchObject([
      { name: expect.stringMatching(/^root-[0-9a-f]{16}$/), kind: 'root', state: 'active' },
      { name: expect.stringMatching(/^intermediate-[0-9a-f]{16}$/), kind: 'intermediate', state: 'active' },
    ])
    expect(certificates).toMatchObject([
      { serviceId: 'spiffe://shop.internal/inventory', state: 'live', dnsNames: [] },
      {
        serialNumber,
        serviceId: 'spiffe://shop.internal/orders',
        state: 'revoked',
        dnsNames: ['localhost'],
        issuer: authorities[1].name,
        requestedBy: expect.stringMatching(/^operator:/),
        revocation: { reason: 'superseded', revokedAt: expect.stringMatching(/Z$/) },
      },
    ])
    for (const certificate of certificates) expect(certificate.serialNumber).toMatch(/^[0-9a-f]{32}$/)
  })

  test('is a table for people', async () => {
    const { dir, out } = await initCa()
    const { serialNumber } = await told('ca', 'issue', 'orders', '--dir', dir, '--out', out)
    const listed = await countersign('ca', 'list', '--dir', dir)
    expect(listed.out).toMatch(/^CA +STATE +EXPIRES +BELOW\nroot-[0-9a-f]{16} +active /m)
    expect(listed.out).toMatch(new RegExp(`^ *orders +live +\\S+Z +${serialNumber} +intermediate-`, 'm'))
  })

  test('shows below which root each intermediate is', async () => {
    const { dir } = await initCa()
    const unencrypted = '--dangerously-unencrypted'
    await told('ca', 'rotate', 'prepare', 'root', unencrypted, '--dir', dir)
    await told('ca', 'rotate', 'activate', 'root', '--verifiers-updated', '--dir', dir)
    await told('ca', 'rotate', 'prepare', 'intermediate', unencrypted, '--dir', dir)

    const { authorities } = await told('ca', 'list', '--dir', dir)
    const named = (kind: string, state: string) =>
      authorities.find((one: { kind: string; state: string }) => one.kind === kind && one.state === state)
    const [former, next] = [named('root', 'retiring'), named('root', 'active')]
    expect(former).not.toHaveProperty('root')
    expect(next).not.toHaveProperty('root')
    const [active, prepared] = [named('intermediate', 'active'), named('intermediate', 'prepared')]
    expect([active.root, prepared.root]).toEqual([former.name, next.name])

    const { out } = await countersign('ca', 'list', '--dir', dir)
    expect(out).toMatch(new RegExp(`^${prepared.name} +prepared +\\S+Z +${next.name}$`, 'm'))
    expect(out).toMatch(new RegExp(`^${next.name} +active +\\S+Z$`, 'm'))
  })

  test('shows no root above an intermediate that has no certificate yet', async () => {
    const { dir } = await initCa('--offline-root')
    const [requested] = (await told('ca', 'list', '--dir', dir)).authorities
    expect(requested.state).toBe('requested')
    expect(requested).not.toHaveProperty('root')
  })

  test('shows one service alone when told to', async () => {
    const { dir, out } = await initCa()
    for (const service of ['orders', 'inventory', 'orders']) {
      await told('ca', 'issue', service, '--dir', dir, '--out', out)
    }
    const { certificates } = await told('ca', 'list', '--service', 'orders', '--dir', dir)
    expect(certificates).toHaveLength(2)
    await refused('REQUEST_INVALID', 'ca', 'list', '--service', 'spiffe://elsewhere.internal/orders', '--dir', dir)
  })
})
