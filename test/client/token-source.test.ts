import { beforeEach, describe, expect, test } from 'vitest'
import type { IssuedToken } from '../../src/client/authority-client.ts'
import { createTokenSource } from '../../src/client/token-source.ts'
import { parseScope } from '../../src/core/scope.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { createSigningKey, type SigningKey } from '../../src/token/signing-key.ts'
import type { TokenRequest, TokenSource } from '../../src/token/token-source.ts'
import { TrustState } from '../../src/trust/trust-state.ts'

const inventory = parseServiceId('spiffe://shop.internal/inventory')
const orders = parseServiceId('spiffe://shop.internal/orders')
const request = (audience = inventory, ...scopes: string[]): TokenRequest => ({
  audience,
  scopes: scopes.map(parseScope),
})

let now: number
let lifetimeMs: number
let issuing: ((result: Promise<void>) => void)[]
let issued: TokenRequest[]
let source: TokenSource

beforeEach(() => {
  now = 1_000_000
  lifetimeMs = 300_000
  issued = []
  issuing = []
  source = createTokenSource(issueAtOnce, () => now)
})

async function issueAtOnce(asked: TokenRequest): Promise<IssuedToken> {
  issued.push(asked)
  return { token: `token ${issued.length}`, lifetimeMs, expiresAt: now + lifetimeMs }
}

/** Issues when the test says so. */
async function issueWhenTold(asked: TokenRequest): Promise<IssuedToken> {
  const token = `token ${issued.push(asked)}`
  await new Promise<void>((resolve) => issuing.push(resolve))
  return { token, lifetimeMs, expiresAt: now + lifetimeMs }
}

test('a token that was asked for before the trusted keys changed is looked at again', async () => {
  const trust = new TrustState()
  const former = createSigningKey()
  const head = (key: SigningKey) => ({
    issuer: 'https://authority.shop.internal',
    keys: new Map([[key.verificationKey.keyId, key.verificationKey]]),
  })
  trust.replace(head(former))
  const token = tokenOf(former)
  source = createTokenSource(
    async (asked) => {
      issued.push(asked)
      if (issued.length === 1) trust.replace(head(createSigningKey())) // while the first is under way
      return { token, lifetimeMs, expiresAt: now + lifetimeMs }
    },
    () => now,
    trust,
  )
  await source(request())
  await source(request())
  expect(issued).toHaveLength(2)
})

test('a token is kept where the keys change and its own stays', async () => {
  const trust = new TrustState()
  const { verificationKey, ...key } = createSigningKey()
  const other = createSigningKey().verificationKey
  const keys = [verificationKey, other].map((each) => [each.keyId, each] as const)
  source = createTokenSource(
    async (asked) => {
      issued.push(asked)
      return { token: tokenOf({ verificationKey, ...key }), lifetimeMs, expiresAt: now + lifetimeMs }
    },
    () => now,
    trust,
  )
  await source(request())
  trust.replace({ issuer: 'https://authority.shop.internal', keys: new Map(keys) })
  await source(request())
  expect(issued).toHaveLength(1)
  trust.replace({ issuer: 'https://authority.shop.internal', keys: new Map(keys.slice(1)) })
  await source(request())
  expect(issued).toHaveLength(2)
})

function tokenOf(key: SigningKey): string {
  return key.sign({
    issuer: 'https://authority.shop.internal',
    subject: orders,
    audience: inventory,
    clientId: orders,
    scopes: [parseScope('inventory.read')],
    tokenId: 'token',
    issuedAt: 1,
    expiresAt: 2,
    thumbprint: 'thumbprint',
  })
}

describe('a token source', () => {
  test('passes the request on as it is', async () => {
    await source(request(inventory, 'inventory.reserve', 'inventory.read'))
    expect(issued).toEqual([{ audience: inventory, scopes: ['inventory.reserve', 'inventory.read'] }])
  })

  test('keeps a token up to half a minute before its end', async () => {
    expect(await source(request())).toBe('token 1')
    now += lifetimeMs - 30_001
    expect(await source(request())).toBe('token 1')
    now += 1
    expect(await source(request())).toBe('token 2')
  })

  test('keeps a token of less than a minute for half of its life', async () => {
    for (const short of [40_000, 2_000, 1_000]) {
      lifetimeMs = short
      const token = await source(request(inventory, `life.${short}`))
      now += short / 2 - 1
      expect(await source(request(inventory, `life.${short}`))).toBe(token)
      now += 1
      expect(await source(request(inventory, `life.${short}`))).not.toBe(token)
    }
  })

  test('does not keep a token without a life', async () => {
    for (lifetimeMs of [0, -1_000]) {
      const token = await source(request())
      expect(await source(request())).not.toBe(token)
    }
  })

  test('keeps a token for each audience and each set of scopes', async () => {
    const requests = [
      request(),
      request(orders),
      request(inventory, 'a'),
      request(inventory, 'b'),
      request(inventory, 'a', 'b'),
      request(orders, 'a'),
    ]
    const tokens = await Promise.all(requests.map((asked) => source(asked)))
    expect(new Set(tokens).size).toBe(requests.length)
    expect(await Promise.all(requests.map((asked) => source(asked)))).toEqual(tokens)
    expect(issued).toHaveLength(requests.length)
  })

  test('takes the same scopes in any order for the same', async () => {
    expect(await source(request(inventory, 'a', 'b'))).toBe(await source(request(inventory, 'b', 'a')))
    expect(issued).toHaveLength(1)
  })

  test('does not change the scopes that it is given', async () => {
    const asked = Object.freeze(['b', 'a'].map(parseScope))
    await source({ audience: inventory, scopes: asked })
    expect(asked).toEqual(['b', 'a'])
  })

  test('asks once for what several calls wait for, cold and at the end of a token', async () => {
    source = createTokenSource(issueWhenTold, () => now)
    const wait = () => Promise.all(Array.from({ length: 100 }, () => source(request())))
    const cold = wait()
    issuing.shift()?.(Promise.resolve())
    expect(new Set(await cold)).toEqual(new Set(['token 1']))

    now += lifetimeMs
    const renewed = wait()
    issuing.shift()?.(Promise.resolve())
    expect(new Set(await renewed)).toEqual(new Set(['token 2']))
    expect(issued).toHaveLength(2)
  })

  test('does not let one audience wait for another', async () => {
    source = createTokenSource(issueWhenTold, () => now)
    const first = source(request(inventory))
    const second = source(request(orders))
    issuing[1]?.(Promise.resolve())
    expect(await second).toBe('token 2')
    issuing[0]?.(Promise.resolve())
    expect(await first).toBe('token 1')
  })

  test('keeps no failure: it reaches all that wait, and the next call asks again', async () => {
    let fails = true
    source = createTokenSource(
      async (asked) => {
        await Promise.resolve()
        if (fails) throw new Error(`failure ${issued.push(asked)}`)
        return issueAtOnce(asked)
      },
      () => now,
    )
    const results = await Promise.allSettled([source(request()), source(request()), source(request())])
    for (const result of results) expect(result).toMatchObject({ reason: { message: 'failure 1' } })
    await expect(source(request())).rejects.toThrow('failure 2')
    fails = false
    expect(await source(request())).toBe('token 3')
  })

  test('keeps a token whose renewal fails out of use', async () => {
    let fails = false
    source = createTokenSource(
      (asked) => (fails ? Promise.reject(new Error('away')) : issueAtOnce(asked)),
      () => now,
    )
    await source(request())
    fails = true
    now += lifetimeMs
    await expect(source(request())).rejects.toThrow('away')
  })
})
