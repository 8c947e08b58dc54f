import { describe, expect, test } from 'vitest'
import { caFilesOf } from '../../src/ca/directory/ca-files.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openStore } from '../../src/store/open.ts'
import { LAST_SECOND } from '../../src/trust/change.ts'
import { ISSUER } from '../support/authority.ts'
import { countersign, initCa, refused, told } from '../support/ca-command.ts'
import { publishSigningKey, trustLogIn } from '../support/published-key.ts'
import { keyPublication, ORIGIN } from '../support/trust-changes.ts'

const statesOf = async (dir: string) =>
  (await told('signing-key', 'list', '--dir', dir)).keys.map(({ state }: { state: string }) => state)

describe('signing-key list', () => {
  test('shows each key that an authority has published, and who vouches for it', async () => {
    const { dir } = await initCa()
    expect(await told('signing-key', 'list', '--dir', dir)).toEqual({ keys: [], refused: [] })
    const first = await publishSigningKey(dir)
    const second = await publishSigningKey(dir)
    const { authorities, certificates } = await told('ca', 'list', '--dir', dir)
    const { keys } = await told('signing-key', 'list', '--dir', dir)
    expect(keys).toMatchObject(
      [first, second].map(({ keyId }) => ({
        keyId,
        issuer: ISSUER,
        state: 'live',
        intermediate: authorities[1].name,
      })),
    )
    const serials = (list: readonly Record<string, string>[], name: string) => list.map((one) => one[name]).sort()
    expect(serials(keys, 'authority')).toEqual(serials(certificates, 'serialNumber'))
    expect((await countersign('signing-key', 'list', '--dir', dir)).out).toContain(first.keyId)
  })

  test('tells what nobody here vouches for, and shows it among no others', async () => {
    const { dir } = await initCa()
    const foreign = keyPublication()
    const store = await openStore(caFilesOf(dir).store, { create: false })
    await store.trustLog.append([foreign], ORIGIN)
    await store.close()
    expect(await told('signing-key', 'list', '--dir', dir)).toEqual({
      keys: [],
      refused: [{ keyId: foreign.id, problem: expect.stringContaining('refused') }],
    })
    await refused('REQUEST_INVALID', 'revoke', 'signing-key', foreign.id, '--dir', dir)
  })

  test('shows a key as revoked with the certificate that vouches for it, or with what issued that', async () => {
    const { dir } = await initCa()
    await publishSigningKey(dir)
    await publishSigningKey(dir)
    const { keys } = await told('signing-key', 'list', '--dir', dir)
    await told('revoke', 'certificate', keys[0].authority, '--dir', dir)
    expect(await statesOf(dir)).toEqual(['revoked', 'live'])
    await told('ca', 'distrust', keys[0].intermediate, '--yes', '--dir', dir)
    expect(await statesOf(dir)).toEqual(['revoked', 'revoked'])
  })
})

describe('revoke signing-key', () => {
  test('revokes one key for good: whoever has it may publish it anew', async () => {
    const { dir } = await initCa()
    const { keyId } = await publishSigningKey(dir)
    await publishSigningKey(dir)
    expect(await told('revoke', 'signing-key', keyId, '--dir', dir)).toMatchObject({ keyId, issuer: ISSUER })
    expect((await trustLogIn(dir)).at(-1)).toEqual({
      kind: 'signingKey',
      id: keyId,
      until: LAST_SECOND,
    })
    expect(await statesOf(dir)).toEqual(['revoked', 'live'])
  })

  test('is refused for a key that nobody has published', async () => {
    const { dir } = await initCa()
    expect(await refused('REQUEST_INVALID', 'revoke', 'signing-key', 'x'.repeat(43), '--dir', dir)).toContain(
      'signing-key list',
    )
  })
})

describe('signing-key rotate', () => {
  test('asks authorities for a new key', async () => {
    const { dir } = await initCa()
    const before = systemClock()
    const { requestedAt } = await told('signing-key', 'rotate', '--reason', 'every quarter', '--dir', dir)
    const store = await openStore(caFilesOf(dir).store, { create: false })
    const noted = await store.trustLog.keyRotationRequestedAt()
    await store.close()
    expect(noted).toBe(Date.parse(requestedAt))
    expect(noted).toBeGreaterThanOrEqual(before)
  })
})
