import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadToken } from '../../src/cli/load-token.ts'
import { systemClock, toEpochSeconds } from '../../src/core/clock.ts'
import { createSigningKey } from '../../src/token/signing-key.ts'
import { type CommandCa, countersign, initCa, refused, told } from '../support/ca-command.ts'
import { temporaryDirectory } from '../support/directory.ts'
import { claimsNow, publishSigningKey, trustLogIn } from '../support/published-key.ts'
import { refusalOf } from '../support/refusal.ts'

const ORDERS = 'spiffe://shop.internal/orders'

/** A CA that has issued something to `orders`. */
async function caWithOrders(): Promise<CommandCa> {
  const ca = await initCa()
  await told('ca', 'issue', 'orders', '--dir', ca.dir, '--out', ca.out)
  return ca
}

async function tokenFile(token: string): Promise<string> {
  const file = join(await temporaryDirectory(), 'token')
  await writeFile(file, `${token}\n`)
  return file
}

const revocationsIn = async (dir: string) => (await trustLogIn(dir)).filter(({ kind }) => kind !== 'roots')

describe('revoke token', () => {
  test('revokes a token for as long as it lives, and says whose it was and what that does not stop', async () => {
    const { dir } = await initCa()
    const { signingKey } = await publishSigningKey(dir)
    const claims = claimsNow()
    const file = await tokenFile(signingKey.sign(claims))
    const revoked = await told('revoke', 'token', file, '--reason', 'left on a train', '--dir', dir)
    expect(revoked).toEqual({
      tokenId: claims.tokenId,
      clientId: ORDERS,
      audience: 'spiffe://shop.internal/inventory',
      expiresAt: new Date(claims.expiresAt * 1000).toISOString(),
      revoked: true,
      revision: { epoch: expect.any(Number), sequence: expect.any(Number) },
    })
    expect(await revocationsIn(dir)).toContainEqual({ kind: 'token', id: claims.tokenId, until: claims.expiresAt })
    const { out } = await countersign('revoke', 'token', file, '--dir', dir)
    expect(out).toContain('within a second')
    expect(out).toContain(`"countersign block orders --dir ${dir}"`)
  })

  test('is refused for what no authority here has issued, without a word of it', async () => {
    const { dir } = await initCa()
    const { signingKey } = await publishSigningKey(dir)
    const { signingKey: elsewhere } = await publishSigningKey((await initCa()).dir)
    const token = signingKey.sign(claimsNow())
    const bad = [
      createSigningKey().sign(claimsNow()),
      elsewhere.sign(claimsNow()),
      signingKey.sign(claimsNow({ issuer: 'https://other.shop.internal' })),
      `${token}x`,
      token.slice(0, -1),
      token.replace(/\.[^.]*\./, '.e30.'),
      'no token',
      '',
    ]
    for (const text of bad) {
      const message = await refused('TOKEN_INVALID', 'revoke', 'token', await tokenFile(text), '--dir', dir)
      expect(message).toContain('Nothing was revoked')
    }
    expect((await revocationsIn(dir)).map(({ kind }) => kind)).toEqual(['key'])
  })

  test('has nothing to do for one that has expired by every clock', async () => {
    const { dir } = await initCa()
    const { signingKey } = await publishSigningKey(dir)
    const now = toEpochSeconds(systemClock())
    const old = await tokenFile(signingKey.sign(claimsNow({ issuedAt: now - 400, expiresAt: now - 70 })))
    expect(await told('revoke', 'token', old, '--dir', dir)).toMatchObject({ revoked: false })
    expect((await countersign('revoke', 'token', old, '--dir', dir)).out).toContain('nothing to revoke')
    expect((await revocationsIn(dir)).map(({ kind }) => kind)).toEqual(['key'])
    const recent = await tokenFile(signingKey.sign(claimsNow({ issuedAt: now - 400, expiresAt: now - 10 })))
    expect(await told('revoke', 'token', recent, '--dir', dir)).toMatchObject({ revoked: true })
  })

  test('takes no token from the command itself, where others can read it, and never repeats it', async () => {
    const { dir } = await initCa()
    const token = createSigningKey().sign(claimsNow())
    const message = await refused('REQUEST_INVALID', 'revoke', 'token', token, '--dir', dir)
    expect(message).toContain('standard input')
    expect(message).not.toContain(token.slice(0, 20))
  })
})

describe('a token', () => {
  async function* chunks(...texts: readonly string[]) {
    for (const text of texts) yield Buffer.from(text)
  }

  test('is read from standard input, or from a file', async () => {
    expect(await loadToken('-', chunks('eyJh', '.x.y\n'))).toBe('eyJh.x.y')
    expect(await loadToken(await tokenFile('eyJh.x.y'), chunks('other'))).toBe('eyJh.x.y')
  })

  test('is read no further than one can be long', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read += 1
        yield Buffer.alloc(1_000, 'a')
      }
    }
    await refusalOf('REQUEST_INVALID', () => loadToken('-', endless()))
    expect(read).toBeLessThan(20)
    await refusalOf('REQUEST_INVALID', async () => loadToken(await tokenFile('a'.repeat(20_000))))
    await refusalOf('REQUEST_INVALID', () => loadToken('/dev/zero'))
    await refusalOf('CONFIGURATION_INVALID', () => loadToken('/nowhere'))
  })
})

describe('revoke grant', () => {
  test('takes an ID that begins with a hyphen, as one in 64 does', async () => {
    const { dir } = await initCa()
    const id = '-zRnuYv2DKE4dnRBQ47kiQ'
    expect(await told('revoke', 'grant', id, '--dir', dir)).toMatchObject({ grantId: id })
  })

  test('revokes what descends from a grant, for as long as a token can live', async () => {
    const { dir } = await initCa()
    const before = toEpochSeconds(systemClock())
    expect(await told('revoke', 'grant', 'FpbhEyWBVBsNxeCqbF6jNQ', '--dir', dir)).toMatchObject({
      grantId: 'FpbhEyWBVBsNxeCqbF6jNQ',
      revision: { epoch: expect.any(Number) },
    })
    const [change] = await revocationsIn(dir)
    expect(change).toMatchObject({ kind: 'grant', id: 'FpbhEyWBVBsNxeCqbF6jNQ' })
    expect(change).toHaveProperty(
      'until',
      expect.toSatisfy((until: number) => until >= before + 3_630),
    )
  })

  test('is refused for what is no ID', async () => {
    const { dir } = await initCa()
    for (const id of ['', 'a b', 'ä', 'a.b', 'a'.repeat(129)]) {
      await refused('REQUEST_INVALID', 'revoke', 'grant', id, '--dir', dir)
    }
  })
})

describe('revoke subject', () => {
  test('revokes what was issued up to now on behalf of a service, or of another subject', async () => {
    const { dir } = await caWithOrders()
    const before = toEpochSeconds(systemClock())
    for (const subject of [ORDERS, 'user:alice@shop.internal', 'client:web', 'owner:bob']) {
      expect(await told('revoke', 'subject', subject, '--dir', dir)).toMatchObject({ subject })
      const change = (await revocationsIn(dir)).at(-1)
      expect(change).toMatchObject({ kind: 'subject', id: subject })
      expect(change).toHaveProperty(
        'upTo',
        expect.toSatisfy((upTo: number) => upTo >= before && upTo <= before + 60),
      )
    }
  })

  test('is refused for what no token can have', async () => {
    const { dir } = await caWithOrders()
    const bad = ['orders', 'alice', 'user:', 'user:a b', 'User:alice', 'group:x', 'user:a\n', `user:${'a'.repeat(129)}`]
    for (const subject of [...bad, 'spiffe://other.internal/orders', 'spiffe://shop.internal/', 'https://x']) {
      await refused('REQUEST_INVALID', 'revoke', 'subject', subject, '--dir', dir)
    }
    expect(
      await refused('REQUEST_INVALID', 'revoke', 'subject', 'spiffe://shop.internal/ordres', '--dir', dir),
    ).toContain('never issued')
    expect(await revocationsIn(dir)).toEqual([])
  })
})

describe('revoke client', () => {
  test('revokes the tokens of a client up to now, and none of its certificates', async () => {
    const { dir } = await caWithOrders()
    for (const client of ['orders', ORDERS]) {
      expect(await told('revoke', 'client', client, '--dir', dir)).toMatchObject({ clientId: ORDERS })
    }
    expect(await revocationsIn(dir)).toMatchObject([{ kind: 'client', id: ORDERS }])
    const { certificates } = await told('ca', 'list', '--dir', dir)
    expect(certificates).toMatchObject([{ state: 'live' }])
    const { out } = await countersign('revoke', 'client', 'orders', '--dir', dir)
    expect(out).toContain('within 30 s')
    expect(out).toContain('countersign block orders')
  })

  test('is refused for one that was never issued anything', async () => {
    const { dir } = await caWithOrders()
    await refused('REQUEST_INVALID', 'revoke', 'client', 'ordres', '--dir', dir)
  })
})

describe('the reason', () => {
  test('is one line of plain length', async () => {
    const { dir } = await caWithOrders()
    for (const reason of ['two\nlines', 'a'.repeat(201), '\u0007']) {
      await refused('REQUEST_INVALID', 'revoke', 'client', 'orders', '--reason', reason, '--dir', dir)
    }
    await told('revoke', 'client', 'orders', '--reason', 'ü'.repeat(200), '--dir', dir)
  })
})
