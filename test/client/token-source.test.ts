import { beforeEach, describe, expect, test } from 'vitest'
import type { IssuedToken } from '../../src/client/authority-client.ts'
import { createTokenSource, type TokenSourceOptions } from '../../src/client/token-source.ts'
import { AuthError } from '../../src/core/errors.ts'
import { parseScope } from '../../src/core/scope.ts'
import { parseServiceId } from '../../src/identity/service-id.ts'
import { createSigningKey, type SigningKey } from '../../src/token/signing-key.ts'
import type { TokenRequest, TokenSource } from '../../src/token/token-source.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { type CapturingLogger, capturingLogger } from '../support/log.ts'
import { createTestCa } from '../support/pki.ts'
import { refusalOf } from '../support/refusal.ts'
import { bring, publicationOf, revoke, trustIn } from '../support/trust.ts'
import { unhandledDuring } from '../support/unhandled.ts'

const inventory = parseServiceId('spiffe://shop.internal/inventory')
const orders = parseServiceId('spiffe://shop.internal/orders')
const request = (audience = inventory, ...scopes: string[]): TokenRequest => ({
  audience,
  scopes: scopes.map(parseScope),
})

const pki = createTestCa()

let now: number
let lifetimeMs: number
let away: boolean
let issuing: (() => void)[]
let issued: TokenRequest[]
let log: CapturingLogger
let source: TokenSource

beforeEach(() => {
  now = 1_000_000
  lifetimeMs = 300_000
  away = false
  issued = []
  issuing = []
  log = capturingLogger()
  source = createSource()
})

/** A source whose refreshes come in the middle of their time, unless told. */
function createSource(options: Partial<TokenSourceOptions> = {}): TokenSource {
  return createTokenSource({
    issue: issueAtOnce,
    trust: trustIn({ pki }),
    logger: log,
    clock: () => now,
    random: () => 0.5,
    ...options,
  })
}

async function issueAtOnce(asked: TokenRequest): Promise<IssuedToken> {
  const token = `token ${issued.push(asked)}`
  if (away) throw new AuthError('AUTHORITY_UNAVAILABLE', `away for ${token}`, { logDetail: 'UNAVAILABLE: refused' })
  return { token, lifetimeMs, expiresAt: now + lifetimeMs }
}

/** Issues when the test says so. */
async function issueWhenTold(asked: TokenRequest): Promise<IssuedToken> {
  const token = `token ${issued.push(asked)}`
  const start = now
  await new Promise<void>((resolve) => issuing.push(resolve))
  return { token, lifetimeMs, expiresAt: start + lifetimeMs }
}

/** Lets what runs in the background come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a token that was asked for before the trusted keys changed is looked at again', async () => {
  const former = createSigningKey()
  const trust = trustIn({ pki, keys: [former.verificationKey] })
  const issue = async (asked: TokenRequest) => {
    issued.push(asked)
    if (issued.length === 1) withdraw(trust, former) // while the first is under way
    return { token: tokenOf(former), lifetimeMs, expiresAt: now + lifetimeMs }
  }
  source = createSource({ issue, trust })
  await source(request())
  await source(request())
  expect(issued).toHaveLength(2)
})

test('a token is kept where the keys change and its own stays', async () => {
  const key = createSigningKey()
  const trust = trustIn({ pki, keys: [key.verificationKey] })
  const issue = async (asked: TokenRequest) => {
    issued.push(asked)
    return { token: tokenOf(key), lifetimeMs, expiresAt: now + lifetimeMs }
  }
  source = createSource({ issue, trust })
  await source(request())
  const authority = pki.credential('countersign/authority')
  bring(trust, publicationOf(createSigningKey().verificationKey, { authority }))
  await source(request())
  expect(issued).toHaveLength(1)
  withdraw(trust, key)
  await source(request())
  expect(issued).toHaveLength(2)
})

function withdraw(trust: TrustState, { verificationKey }: SigningKey): void {
  revoke(trust, { kind: 'signingKey', id: verificationKey.keyId, until: 9_999_999_999 })
}

function tokenOf(key: SigningKey): string {
  return key.sign({
    issuer: 'https://authority.shop.internal',
    subject: orders,
    audience: inventory,
    clientId: orders,
    scopes: [parseScope('inventory.read')],
    tokenId: 'token',
    grantId: 'token',
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

  test('has a held token at once, without a promise', async () => {
    expect(source(request())).toBeInstanceOf(Promise)
    await settle()
    expect(source(request())).toBe('token 1')
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

  test('asks once for what several calls wait for', async () => {
    source = createSource({ issue: issueWhenTold })
    const cold = Promise.all(Array.from({ length: 100 }, () => source(request())))
    await settle()
    issuing.shift()?.()
    expect(new Set(await cold)).toEqual(new Set(['token 1']))
    expect(issued).toHaveLength(1)
  })

  test('does not let one audience wait for another', async () => {
    source = createSource({ issue: issueWhenTold })
    const first = source(request(inventory))
    const second = source(request(orders))
    issuing[1]?.()
    expect(await second).toBe('token 2')
    issuing[0]?.()
    expect(await first).toBe('token 1')
  })

  test('keeps no refusal: it reaches all that wait, and the next call asks again', async () => {
    let fails = true
    const issue = async (asked: TokenRequest) => {
      await Promise.resolve()
      if (fails) throw new AuthError('GRANT_DENIED', `refusal ${issued.push(asked)}`)
      return issueAtOnce(asked)
    }
    source = createSource({ issue })
    const results = await Promise.allSettled([source(request()), source(request()), source(request())])
    for (const result of results) expect(result).toMatchObject({ reason: { message: 'refusal 1' } })
    await expect(source(request())).rejects.toThrow('refusal 2')
    fails = false
    expect(await source(request())).toBe('token 3')
  })

  test('passes on what its issuer throws at once, and asks again', async () => {
    const issue = (asked: TokenRequest) => {
      if (issued.length === 0) throw new Error(`thrown ${issued.push(asked)}`)
      return issueAtOnce(asked)
    }
    source = createSource({ issue })
    await expect(source(request())).rejects.toThrow('thrown 1')
    expect(await source(request())).toBe('token 2')
  })

  test('holds the tokens that were fetched last, and never more than 500', async () => {
    for (let index = 0; index <= 500; index += 1) await source(request(inventory, `scope-${index}`))
    issued = []
    for (let index = 1; index <= 500; index += 1) {
      expect(source(request(inventory, `scope-${index}`))).toBe(`token ${index + 1}`)
    }
    expect(issued).toHaveLength(0)
    await source(request(inventory, 'scope-0'))
    expect(issued).toHaveLength(1)
  })

  test('counts a token from its last fetch', async () => {
    for (let index = 0; index < 500; index += 1) await source(request(inventory, `scope-${index}`))
    await source({ ...request(inventory, 'scope-0'), insteadOf: 'token 1' })
    await source(request(inventory, 'one-more'))
    expect(source(request(inventory, 'scope-0'))).toBe('token 501')
    expect(source(request(inventory, 'scope-1'))).toBeInstanceOf(Promise)
  })

  test('has room for new tokens once the old ones have expired', async () => {
    await source(request(inventory, 'lasting'))
    now += lifetimeMs - 60_000
    lifetimeMs = 1_000
    for (let index = 0; index < 400; index += 1) await source(request(inventory, `brief-${index}`))
    now += 1_000
    for (let index = 0; index < 400; index += 1) await source(request(inventory, `another-${index}`))
    expect(source(request(inventory, 'lasting'))).toBe('token 1')
  })
})

describe('towards the end of a token', () => {
  /** 270 s is how long a token of 300 s is used; its refresh time is the middle of 50 to 90 % of that. */
  const REFRESH_MS = 189_000

  test('its use starts the fetch of another, and no call waits', async () => {
    source = createSource({ issue: issueWhenTold })
    const first = source(request())
    issuing.shift()?.()
    await first
    now += REFRESH_MS - 1
    expect(source(request())).toBe('token 1')
    expect(issued).toHaveLength(1)
    now += 1
    expect(Array.from({ length: 100 }, () => source(request()))).toEqual(Array(100).fill('token 1'))
    expect(issued).toHaveLength(2)
    issuing.shift()?.()
    await settle()
    expect(source(request())).toBe('token 2')
    expect(issued).toHaveLength(2)
  })

  test('nothing is fetched while nobody uses it', async () => {
    await source(request())
    now += lifetimeMs * 10
    await settle()
    expect(issued).toHaveLength(1)
  })

  test('services that started together do not come back together', async () => {
    const sources = await Promise.all(
      Array.from({ length: 400 }, async () => {
        const each = createSource({ random: Math.random })
        await each(request())
        return each
      }),
    )
    const refreshes = []
    for (let ms = 0; ms <= 245_000; ms += 5_000) {
      now = 1_000_000 + ms
      issued = []
      for (const each of sources) expect(each(request())).toMatch(/^token /)
      await settle()
      if (issued.length > 0) refreshes.push({ ms, count: issued.length })
    }
    const [first, last] = [refreshes[0], refreshes.at(-1)]
    expect((last?.ms ?? 0) - (first?.ms ?? 0)).toBeGreaterThanOrEqual(lifetimeMs / 5)
    // 400 over 108 s are about 19 in each 5 s.
    for (const { count } of refreshes) expect(count).toBeLessThan(60)
  })

  test('a failed fetch is told to the log, and the token serves to its margin', async () => {
    await source(request())
    away = true
    now += REFRESH_MS
    const unhandled = await unhandledDuring(async () => expect(source(request())).toBe('token 1'))
    expect(unhandled).toEqual([])
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'token not refreshed',
        fields: { audience: inventory, code: 'AUTHORITY_UNAVAILABLE', reason: 'UNAVAILABLE: refused' },
      },
    ])
    now = 1_000_000 + lifetimeMs - 30_001
    expect(source(request())).toBe('token 1')
    await settle()
    now += 6_000
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
  })

  test('a failed fetch is tried again in what is left of its life, not with each call', async () => {
    let refuses = false
    const issue = async (asked: TokenRequest) => {
      const token = await issueAtOnce(asked)
      if (refuses) throw new AuthError('GRANT_DENIED', 'no more', { decisionId: 'decision' })
      return token
    }
    source = createSource({ issue })
    await source(request())
    refuses = true
    now += REFRESH_MS
    for (; now < 1_000_000 + 270_000; now += 100) {
      expect(source(request())).toBe('token 1')
      await Promise.resolve()
      await settle()
    }
    expect(issued.length).toBeGreaterThan(4)
    expect(issued.length).toBeLessThan(15)
    for (const { fields } of log.lines) {
      expect(fields).toMatchObject({ code: 'GRANT_DENIED', reason: 'no more', decisionId: 'decision' })
    }
    await refusalOf('GRANT_DENIED', () => source(request()))
  })

  test('a logger that fails is not the end of the process', async () => {
    const logger = {
      ...log,
      warn() {
        throw new Error('full disk')
      },
    }
    source = createSource({ logger })
    await source(request())
    away = true
    now += REFRESH_MS
    expect(await unhandledDuring(async () => source(request()))).toEqual([])
  })

  test('a token that is past use is not used, whatever becomes of its successor', async () => {
    source = createSource({ issue: issueWhenTold })
    const first = source(request())
    issuing.shift()?.()
    await first
    now += REFRESH_MS
    source(request())
    now = 1_000_000 + lifetimeMs - 30_000
    const waiting = Array.from({ length: 100 }, () => source(request()))
    expect(issued).toHaveLength(2)
    issuing.shift()?.()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['token 2']))
  })

  test('a token of less than a minute is used for half of its life', async () => {
    for (const short of [40_000, 2_000, 1_000]) {
      source = createSource()
      lifetimeMs = short
      const token = await source(request())
      away = true
      now += short / 2 - 1
      expect(source(request())).toBe(token)
      await settle()
      now += 1
      await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
      away = false
    }
  })
})

describe('while the authority is away', () => {
  beforeEach(() => {
    away = true
  })

  test('calls fail at once with the reason of the last attempt, and ask again after longer and longer times', async () => {
    const attempts: number[] = []
    for (const end = now + 20_000; now < end; now += 25) {
      const before = issued.length
      const refusal = await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
      if (issued.length > before) attempts.push(now)
      expect(refusal).toMatchObject({ message: `away for token ${issued.length}`, logDetail: 'UNAVAILABLE: refused' })
    }
    const waits = attempts.slice(1).map((time, index) => time - (attempts[index] ?? 0))
    expect(waits.slice(0, 7)).toEqual([150, 300, 600, 1_200, 2_400, 3_750, 3_750])
  })

  test('no audience is asked for: it is the authority that is away', async () => {
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request(inventory)))
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request(orders)))
    expect(issued).toHaveLength(1)
  })

  test('questions that were under way together count once', async () => {
    const scopes = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.allSettled(scopes.map((scope) => source(request(inventory, scope))))
    expect(issued).toHaveLength(scopes.length)
    now += 150
    await Promise.allSettled([source(request())])
    expect(issued).toHaveLength(scopes.length + 1)
  })

  test('a refresh waits as well, and the token in use serves', async () => {
    away = false
    await source(request())
    now += 200_000
    away = true
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request(orders)))
    expect(source(request())).toBe('token 1')
    await settle()
    expect(issued).toHaveLength(2)
    expect(log.lines).toEqual([])
  })

  test('an answer ends the wait, a refusal too', async () => {
    const refusing = async (asked: TokenRequest) => {
      const token = await issueAtOnce(asked)
      if (asked.audience === orders) throw new AuthError('GRANT_DENIED', 'no grant')
      return token
    }
    for (const audience of [inventory, orders]) {
      source = createSource({ issue: refusing })
      away = true
      for (const wait of [150, 300, 600]) {
        await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request(audience)))
        now += wait
      }
      away = false
      await Promise.allSettled([source(request(audience))])
      away = true
      issued = []
      await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request(audience, 'first')))
      now += 150
      await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request(audience, 'second')))
      expect(issued).toHaveLength(2)
    }
  })

  test('a heartbeat of the trust feed ends the wait, once: it came from an authority', async () => {
    const trust = trustIn({ pki })
    source = createSource({ trust })
    for (const wait of [150, 300, 0]) {
      await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
      now += wait
    }
    bring(trust)
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
    expect(issued).toHaveLength(4)
    now += 300 // while it fails, heartbeats do not make it be asked as often as after a first failure
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
    expect(issued).toHaveLength(4)
    bring(trust)
    away = false
    expect(await source(request())).toBe('token 5')
  })

  test('a clock that is set back does not prolong the wait', async () => {
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
    now -= 3_600_000
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(request()))
    expect(issued).toHaveLength(2)
  })

  test('refusals are asked for again each time: they are answers', async () => {
    const issue = async (asked: TokenRequest) => {
      throw new AuthError('GRANT_DENIED', `refusal ${issued.push(asked)}`)
    }
    source = createSource({ issue })
    for (const count of [1, 2, 3]) await expect(source(request())).rejects.toThrow(`refusal ${count}`)
  })
})

describe('in the place of a token that was refused', () => {
  const insteadOf = (token: string): TokenRequest => ({ ...request(), insteadOf: token })

  test('another is fetched, once for all who ask', async () => {
    source = createSource({ issue: issueWhenTold })
    const first = source(request())
    issuing.shift()?.()
    await first
    const waiting = Array.from({ length: 100 }, () => source(insteadOf('token 1')))
    await settle()
    expect(issued.slice(1)).toEqual([request()])
    issuing.shift()?.()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['token 2']))
  })

  test('the one that has come meanwhile is good enough', async () => {
    await source(request())
    await source(insteadOf('token 1'))
    expect(source(insteadOf('token 1'))).toBe('token 2')
    expect(issued).toHaveLength(2)
  })

  test('the refused one is used no more once there is another', async () => {
    await source(request())
    await source(insteadOf('token 1'))
    expect(source(request())).toBe('token 2')
  })

  test('the refused one stays in use while the authority is away: another server may take it', async () => {
    await source(request())
    away = true
    await refusalOf('AUTHORITY_UNAVAILABLE', () => source(insteadOf('token 1')))
    expect(source(request())).toBe('token 1')
  })

  test('a verifier that refuses every token does not drive the authority: it gets the same again for five seconds', async () => {
    await source(request())
    expect(await source(insteadOf('token 1'))).toBe('token 2')
    for (const wait of [0, 1_000, 3_999]) {
      now += wait
      expect(source(insteadOf('token 2'))).toBe('token 2')
    }
    now += 1
    expect(await source(insteadOf('token 2'))).toBe('token 3')
    expect(issued).toHaveLength(3)
  })

  test('nor does it where the clock was set back', async () => {
    await source(request())
    await source(insteadOf('token 1'))
    now -= 3_600_000
    expect(await source(insteadOf('token 2'))).toBe('token 3')
  })

  test('a token that was refreshed in its time is replaced at once', async () => {
    await source(request())
    now += 200_000
    source(request())
    await settle()
    expect(await source(insteadOf('token 2'))).toBe('token 3')
  })
})
