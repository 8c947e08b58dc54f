import type { MetadataValue } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type AccessDeclaration, type AccessRule, parseAccessRule } from '../../src/access/access-rule.ts'
import { Problems } from '../../src/core/problems.ts'
import { type AuthorizeOptions, authorize, type Presented } from '../../src/interceptor/authorize.ts'
import type { TrustState } from '../../src/trust/trust-state.ts'
import { refusalOf } from '../support/refusal.ts'
import {
  anotherPeer,
  createVerifier,
  issuedAt,
  issuedAtMs,
  peer,
  signToken,
  trustOfIssuer,
  validPayload,
} from '../support/token.ts'
import { revoke } from '../support/trust.ts'

const METHOD = '/shop.v1.Inventory/Reserve'

const trust = trustOfIssuer()

const tokenRule = ruleOf({ scopes: ['inventory.reserve'] })
const certificateRule = ruleOf({ authentication: 'CERTIFICATE', callers: ['orders'] })

function ruleOf(declaration: AccessDeclaration): AccessRule {
  const problems = new Problems()
  const rule = parseAccessRule(declaration, 'the rule', problems)
  problems.throwIfAny()
  if (rule === undefined) throw new TypeError('no rule')
  return rule
}

/** A valid call of `orders`, and how it differs. */
async function decide(presented: Partial<Presented> = {}, options: Partial<AuthorizeOptions> = {}) {
  const { caller } = await authorizeNow(presented, options)
  return caller
}

function authorizeNow(presented: Partial<Presented>, options: Partial<AuthorizeOptions>) {
  return authorize(
    { method: METHOD, peer, token: [], authorization: [`Bearer ${signToken()}`], ...presented },
    {
      ruleOf: (method) => (method === METHOD ? tokenRule : undefined),
      verifyToken: createVerifier(),
      trust,
      answeredWithoutTrust: new Set(),
      clock: () => issuedAtMs + 10_000,
      ...options,
    },
  )
}

const underRule = (rule: AccessRule): Partial<AuthorizeOptions> => ({ ruleOf: () => rule })
const bearing = (...authorization: MetadataValue[]): Partial<Presented> => ({ authorization })
const expired = { clock: () => peer.notAfter + 1 }
const neverVerifies = {
  verifyToken: () => {
    throw new TypeError('The token was looked at.')
  },
}

describe('authorize', () => {
  test('admits a call that meets its token rule, and tells who calls', async () => {
    expect(await decide()).toEqual({
      serviceId: peer.serviceId,
      subject: peer.serviceId,
      scopes: ['inventory.read', 'inventory.reserve'],
      tokenId: validPayload.jti,
      peer,
    })
  })

  test('admits a call that meets its certificate rule, whatever token it carries, and looks at none', async () => {
    const callerOfIt = { serviceId: peer.serviceId, subject: peer.serviceId, scopes: [], tokenId: undefined, peer }
    for (const authorization of [[], ['Bearer x'], ['Bearer x', 'Bearer y'], ['Basic dXNlcg==']]) {
      const decided = await decide({ authorization }, { ...underRule(certificateRule), ...neverVerifies })
      expect(decided, String(authorization)).toEqual(callerOfIt)
    }
  })

  test('waits for a verdict also where a library has replaced the global Promise', async () => {
    const promise = globalThis.Promise
    onTestFinished(() => {
      globalThis.Promise = promise
    })
    globalThis.Promise = class Another<Value> extends promise<Value> {}
    const call = { method: METHOD, peer, token: [], authorization: ['Bearer x'] }
    const pending = authorize(call, {
      ruleOf: () => ruleOf({ dangerouslyAnyCaller: true }),
      verifyToken: createVerifier(),
      trust,
      answeredWithoutTrust: new Set(),
      clock: () => issuedAtMs + 10_000,
    })
    await refusalOf('CREDENTIALS_MALFORMED', () => pending)
  })

  test('takes the scheme in any case (RFC 9110 section 11.1)', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      expect(await decide(bearing(`${scheme} ${signToken()}`)), scheme).toMatchObject({ serviceId: peer.serviceId })
    }
  })

  test('refuses a call without a verified peer, whatever else it brings', async () => {
    for (const options of [{}, underRule(certificateRule), expired, { ruleOf: () => undefined }]) {
      await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => decide({ peer: undefined }, options))
    }
  })

  test('refuses a method without a rule, also to an expired certificate and without a token', async () => {
    for (const options of [{}, expired]) {
      await refusalOf('METHOD_NOT_DECLARED', () =>
        decide({ method: '/shop.v1.Inventory/Other', ...bearing() }, options),
      )
    }
  })

  test('finds the rule by the exact path of the method', async () => {
    for (const method of [
      '/shop.v1.inventory/Reserve',
      '/shop.v1.Inventory/reserve',
      'shop.v1.Inventory/Reserve',
      '',
    ]) {
      await refusalOf('METHOD_NOT_DECLARED', () => decide({ method }))
    }
  })

  test('refuses a certificate from the moment it has expired, before it looks at a token', async () => {
    await refusalOf('CERTIFICATE_EXPIRED', () => decide(bearing(), { ...expired, ...neverVerifies }))
    await refusalOf('CERTIFICATE_EXPIRED', () => decide({}, { ...expired, ...underRule(certificateRule) }))
    const atTheEnd = { clock: () => peer.notAfter, ...underRule(certificateRule) }
    expect(await decide({}, atTheEnd)).toMatchObject({ serviceId: peer.serviceId })
  })

  test('refuses a call without a token, and tells the scopes that the method demands', async () => {
    const rule = ruleOf({ scopes: ['inventory.reserve', 'inventory.read'] })
    const refusal = await refusalOf('CREDENTIALS_MISSING', () => decide(bearing(), underRule(rule)))
    expect(refusal.details).toEqual({ requiredScopes: 'inventory.reserve inventory.read' })
  })

  test('refuses whatever is not exactly one bearer token, and never quotes it', async () => {
    const token = signToken()
    const malformed: readonly (readonly MetadataValue[])[] = [
      [''],
      ['Bearer'],
      ['Bearer '],
      [token],
      [`Bearer  ${token}`],
      [` Bearer ${token}`],
      [`Bearer ${token} `],
      [`Bearer ${token}\n`],
      [`Bearer\t${token}`],
      [`Bearer ${token},`],
      [`Bearer ${token}, Bearer ${token}`],
      [`Bearer ${token},${token}`],
      [`Bearer ${token} ${token}`],
      [`Bearer ${token}\u00a0`],
      [`Bearer: ${token}`],
      [`Basic ${token}`],
      [`DPoP ${token}`],
      [`Bearerx ${token}`],
      [`Bearer ${token}`, `Bearer ${token}`],
      [`Bearer ${token}`, ''],
      ['', `Bearer ${token}`],
      [Buffer.from('Basic x')],
    ]
    for (const authorization of malformed) {
      const refusal = await refusalOf('CREDENTIALS_MALFORMED', () => decide({ authorization }, neverVerifies))
      expect(JSON.stringify([refusal.message, refusal.details, refusal.logDetail])).not.toContain(token.slice(-20))
    }
  })

  test('takes a token under either name, and from both together none', async () => {
    const token = signToken()
    expect(await decide({ token: [token], authorization: [] })).toMatchObject({ serviceId: peer.serviceId })
    for (const presented of [
      { token: [token], authorization: [`Bearer ${token}`] },
      { token: [token, token], authorization: [] },
      { token: [token], authorization: [''] },
      { token: [Buffer.from(token)], authorization: [] },
    ]) {
      await refusalOf('CREDENTIALS_MALFORMED', () => decide(presented, neverVerifies))
    }
    for (const other of [`Bearer ${token}`, `${token},${token}`, `${token} `, '']) {
      await refusalOf('CREDENTIALS_MALFORMED', () => decide({ token: [other], authorization: [] }))
    }
  })

  test('refuses a token that its verifier refuses, before it looks at callers and scopes', async () => {
    const rule = ruleOf({ scopes: ['inventory.audit'], callers: ['shipping'] })
    const forged = signToken({ payload: { aud: 'spiffe://shop.internal/shipping' } })
    await refusalOf('CREDENTIALS_MALFORMED', () => decide(bearing('Bearer x'), underRule(rule)))
    await refusalOf('TOKEN_AUDIENCE_MISMATCH', () => decide(bearing(`Bearer ${forged}`), underRule(rule)))
    await refusalOf('TOKEN_BINDING_MISMATCH', () => decide({ peer: anotherPeer }, underRule(rule)))
  })

  test('refuses a caller that the rule does not name, before it looks at scopes', async () => {
    const rules = [
      ruleOf({ authentication: 'CERTIFICATE', callers: ['shipping'] }),
      ruleOf({ authentication: 'CERTIFICATE', callers: ['orders/*'] }),
      ruleOf({ authentication: 'CERTIFICATE', callers: ['Orders', 'order', 'orders2'] }),
      ruleOf({ scopes: ['inventory.reserve'], callers: ['shipping'] }),
      ruleOf({ scopes: ['inventory.audit'], callers: ['shipping'] }),
    ]
    for (const rule of rules) {
      const refusal = await refusalOf('CALLER_NOT_ALLOWED', () => decide({}, underRule(rule)))
      expect(refusal.message).not.toContain('shipping')
    }
  })

  test('admits a caller that the rule names, by itself or with every service', async () => {
    for (const callers of [['orders'], ['shipping', 'orders'], ['*']]) {
      const rules = [
        ruleOf({ authentication: 'CERTIFICATE', callers }),
        ruleOf({ scopes: ['inventory.read'], callers }),
      ]
      for (const rule of rules) expect(await decide({}, underRule(rule))).toMatchObject({ serviceId: peer.serviceId })
    }
  })

  test('refuses a token that lacks any of the scopes, and tells which the method demands', async () => {
    for (const scopes of [
      ['inventory.audit'],
      ['inventory.reserve', 'inventory.audit'],
      ['inventory'],
      ['inventory.reserve.all'],
      ['Inventory.reserve'],
    ]) {
      const refusal = await refusalOf('TOKEN_SCOPE_INSUFFICIENT', () => decide({}, underRule(ruleOf({ scopes }))))
      expect(refusal.details).toEqual({ requiredScopes: scopes.join(' ') })
    }
  })

  test('admits any token of its audience where the rule dangerously asks for no more', async () => {
    const rule = ruleOf({ dangerouslyAnyCaller: true })
    expect(await decide({}, underRule(rule))).toMatchObject({ tokenId: validPayload.jti })
    await refusalOf('CREDENTIALS_MISSING', () => decide(bearing(), underRule(rule)))
  })

  test('refuses a revoked certificate under either kind of rule, before it looks at callers and tokens', async () => {
    const revoked = trustOfIssuer()
    revoke(revoked, { kind: 'certificate', id: peer.serialNumber, until: issuedAt + 3600 })
    for (const rule of [tokenRule, certificateRule, ruleOf({ authentication: 'CERTIFICATE', callers: ['shipping'] })]) {
      const options = { ...underRule(rule), ...neverVerifies, trust: revoked }
      await refusalOf('CERTIFICATE_REVOKED', () => decide(bearing(), options))
    }
    const another = { ...underRule(ruleOf({ authentication: 'CERTIFICATE', callers: ['*'] })), trust: revoked }
    expect(await decide({ peer: anotherPeer }, another)).toMatchObject({ serviceId: anotherPeer.serviceId })
    await refusalOf('CERTIFICATE_EXPIRED', () => decide({}, { trust: revoked, ...expired }))
  })

  test('refuses a certificate of a distrusted intermediate, and of a service that is blocked until that is lifted', async () => {
    const distrusting = trustOfIssuer()
    revoke(distrusting, { kind: 'intermediate', id: String(peer.issuerKeyId), until: issuedAt + 3600 })
    await refusalOf('CERTIFICATE_REVOKED', () => decide({}, { ...underRule(certificateRule), trust: distrusting }))

    const blocking = trustOfIssuer()
    const options = { ...underRule(certificateRule), trust: blocking }
    revoke(blocking, { kind: 'block', id: peer.serviceId, isLifted: false })
    await refusalOf('CERTIFICATE_REVOKED', () => decide({}, options))
    revoke(blocking, { kind: 'block', id: peer.serviceId, isLifted: true })
    expect(await decide({}, options)).toMatchObject({ serviceId: peer.serviceId })
  })
})

describe('while nothing is known that calls could be decided by', () => {
  let now: number

  beforeEach(() => {
    now = issuedAtMs + 10_000
    vi.useFakeTimers()
  })
  afterEach(() => void vi.useRealTimers())

  const REVISION = { epoch: 1, sequence: 1 }
  const age = () => {
    now += 5 * 60_000 + 1
  }
  const options = (dead: TrustState) => ({ trust: dead, clock: () => now, ...underRule(certificateRule) })

  test('a call waits for a moment, and is refused then, whatever else is wrong with it', async () => {
    const dead = trustOfIssuer({ clock: () => now })
    age()
    const attempts = [
      decide({}, { ...options(dead), ...neverVerifies }),
      decide({ method: '/shop.v1.Inventory/Other' }, { ...options(dead), ruleOf: () => undefined }),
      decide({}, { ...options(dead), ...expired }),
    ].map((attempt) => refusalOf('VERIFIER_NOT_READY', () => attempt))
    await vi.advanceTimersByTimeAsync(1_000)
    await Promise.all(attempts)
    await refusalOf('TRANSPORT_NOT_AUTHENTICATED', () => decide({ peer: undefined }, options(dead)))
  })

  test('a call goes on as soon as an authority vouches', async () => {
    const trust = trustOfIssuer({ clock: () => now })
    age()
    const decided = decide({}, options(trust))
    await vi.advanceTimersByTimeAsync(300)
    trust.vouch(REVISION, 0)
    expect(await decided).toMatchObject({ serviceId: peer.serviceId })
    expect(authorizeNow({}, options(trust))).not.toBeInstanceOf(Promise)
  })

  test('a call that waited is refused for what came meanwhile', async () => {
    const trust = trustOfIssuer({ clock: () => now })
    age()
    const decided = refusalOf('CERTIFICATE_REVOKED', () => decide({}, options(trust)))
    revoke(trust, { kind: 'certificate', id: peer.serialNumber, until: issuedAt + 3600 })
    await decided
  })

  test('a method that is answered without is answered at once, to whom is not revoked', async () => {
    const trust = trustOfIssuer({ clock: () => now })
    age()
    const without = { ...options(trust), answeredWithoutTrust: new Set([METHOD]) }
    expect(authorizeNow({}, without)).not.toBeInstanceOf(Promise)
    await refusalOf('VERIFIER_NOT_READY', () =>
      decide(
        {},
        { ...without, ruleOf: () => tokenRule, verifyToken: createVerifier({ trustedIssuer: () => trust.head() }) },
      ),
    )
    trust.apply({
      after: REVISION,
      revision: { epoch: 1, sequence: 2 },
      changes: [{ kind: 'certificate', id: peer.serialNumber, until: issuedAt + 3600 }],
    })
    await refusalOf('CERTIFICATE_REVOKED', () => decide({}, without))
  })

  test('a service that trusts for ever goes on', async () => {
    const trust = trustOfIssuer({ clock: () => now, dangerouslyTrustForever: true })
    age()
    expect(await decide({}, options(trust))).toMatchObject({ serviceId: peer.serviceId })
  })
})
