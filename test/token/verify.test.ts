import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { AuthError } from '../../src/core/errors.ts'
import { generateKeyPair } from '../../src/identity/key-pair.ts'
import { keyIdOf } from '../../src/token/verification-key.ts'
import { textOf } from '../../src/token/verify.ts'
import { refusalOf } from '../support/refusal.ts'
import {
  anotherPeer,
  audience,
  createVerifier,
  type Forgery,
  issuedAt,
  issuedAtMs,
  issuerKey,
  peer,
  signToken,
  validPayload,
} from '../support/token.ts'

const verify = createVerifier()

/** A verifier whose clock is so many seconds after the issue. */
const verifyAfter = (seconds: number) => createVerifier({ clock: () => issuedAtMs + seconds * 1000 })

/** A token of the same issuer for another peer, which no longer or not yet has anything to do with this one. */
const foreign = { cnf: { 'x5t#S256': anotherPeer.thumbprint } }

describe('a token is verified', () => {
  test('when it is whole, in time, for this service and from the peer that it is bound to', async () => {
    expect(await verify(signToken(), peer)).toEqual({
      keyId: issuerKey.keyId,
      issuer: validPayload.iss,
      subject: peer.serviceId,
      audience,
      clientId: peer.serviceId,
      scopes: ['inventory.read', 'inventory.reserve'],
      tokenId: validPayload.jti,
      grantId: validPayload.grant_id,
      issuedAt,
      expiresAt: issuedAt + 300,
      thumbprint: peer.thumbprint,
    })
  })

  test('and keeps its text where no print of it shows it', async () => {
    const text = signToken()
    const token = await verify(text, peer)
    expect(textOf(token)).toBe(text)
    expect(inspect(token, { showHidden: true, depth: null }) + JSON.stringify(token)).not.toContain(text.slice(-43))
  })

  test('within the leeway of 30 seconds on each side', async () => {
    for (const seconds of [-30, 0, 299, 329, 329.999]) {
      expect((await verifyAfter(seconds)(signToken(), peer)).tokenId).toBe(validPayload.jti)
    }
  })

  test('when it lives for an hour, or when it may be used from now on', async () => {
    for (const payload of [{ exp: issuedAt + 3600 }, { nbf: issuedAt }, { nbf: issuedAt + 40 }]) {
      expect((await verify(signToken({ payload }), peer)).tokenId).toBe(validPayload.jti)
    }
  })

  test('with what is trusted at that time', async () => {
    const keys = new Map<string, typeof issuerKey>()
    const verifier = createVerifier({ trustedIssuer: () => ({ issuer: validPayload.iss, keys }) })
    await refusalOf('TOKEN_INVALID', () => verifier(signToken(), peer))
    keys.set(issuerKey.keyId, issuerKey)
    expect((await verifier(signToken(), peer)).tokenId).toBe(validPayload.jti)
    keys.clear()
    await refusalOf('TOKEN_INVALID', () => verifier(signToken(), peer))
  })

  test('only once something is trusted', async () => {
    const refusal = new AuthError('VERIFIER_NOT_READY', 'not yet')
    const notReady = createVerifier({
      trustedIssuer: () => {
        throw refusal
      },
    })
    await expect(notReady(signToken(), peer)).rejects.toBe(refusal)
    await refusalOf('CREDENTIALS_MALFORMED', () => notReady('x', peer))
  })
})

const REFUSED: readonly (readonly [title: string, code: AuthError['code'], forgeries: readonly Forgery[]])[] = [
  [
    'of another issuer',
    'TOKEN_INVALID',
    [
      'https://evil.example',
      `${validPayload.iss}/`,
      validPayload.iss.toUpperCase(),
      [validPayload.iss],
      {},
      '',
      null,
    ].map((iss) => ({ payload: { iss } })),
  ],
  [
    'for another audience',
    'TOKEN_AUDIENCE_MISMATCH',
    [
      'spiffe://shop.internal/billing',
      'inventory',
      `${audience}/`,
      ['spiffe://shop.internal/billing'],
      [],
      {},
      '',
      null,
    ].map((aud) => ({ payload: { aud } })),
  ],
  [
    'for several audiences, or for one in a list',
    'TOKEN_INVALID',
    [[audience], [audience, 'spiffe://shop.internal/billing']].map((aud) => ({ payload: { aud } })),
  ],
  [
    'without a claim',
    'TOKEN_INVALID',
    ['iss', 'sub', 'aud', 'scope', 'jti', 'iat', 'exp'].map((name) => ({ payload: { [name]: undefined } })),
  ],
  ['without a client', 'TOKEN_BINDING_MISMATCH', [{ payload: { client_id: undefined } }]],
  [
    "without the thumbprint of the peer's certificate",
    'TOKEN_BINDING_MISMATCH',
    [
      ...[undefined, null, '', peer.thumbprint, {}, [], [peer.thumbprint], { jkt: peer.thumbprint }],
      ...['', null, [peer.thumbprint], `${peer.thumbprint}=`, anotherPeer.thumbprint].map((value) => ({
        'x5t#S256': value,
      })),
    ].map((cnf) => ({ payload: { cnf } })),
  ],
  [
    'issued to another service, though bound to this certificate',
    'TOKEN_BINDING_MISMATCH',
    [anotherPeer.serviceId, 'orders', `${peer.serviceId}/`, [peer.serviceId], '', null].map((client_id) => ({
      payload: { client_id },
    })),
  ],
  [
    'on behalf of another than the client',
    'TOKEN_INVALID',
    [anotherPeer.serviceId, audience, 'user:alice', [peer.serviceId]].map((sub) => ({ payload: { sub } })),
  ],
  ['with an actor', 'TOKEN_INVALID', [{ sub: anotherPeer.serviceId }, {}, null].map((act) => ({ payload: { act } }))],
  [
    'with scopes that are none',
    'TOKEN_INVALID',
    ['', ' ', [], ['a'], {}, 'a  b', 'a a'].map((scope) => ({ payload: { scope } })),
  ],
  ['that has expired', 'TOKEN_EXPIRED', [issuedAt - 21, 0, -1, -(2 ** 53)].map((exp) => ({ payload: { exp } }))],
  [
    'whose end is not a time',
    'TOKEN_INVALID',
    [1e308, 2 ** 53, issuedAt + 0.5, String(issuedAt + 300), [issuedAt + 300], {}, true, null].map((exp) => ({
      payload: { exp },
    })),
  ],
  [
    'that lives longer than an hour',
    'TOKEN_INVALID',
    [3601, 86_400, 2 ** 40].map((life) => ({ payload: { exp: issuedAt + life } })),
  ],
  [
    'that began so long ago that it lives longer than an hour',
    'TOKEN_INVALID',
    [0, issuedAt - 3301].map((iat) => ({ payload: { iat } })),
  ],
  [
    'issued in the future',
    'TOKEN_NOT_YET_VALID',
    [issuedAt + 41, issuedAt + 3000].map((iat) => ({ payload: { iat, exp: iat + 300 } })),
  ],
  ['whose begin is not a time', 'TOKEN_INVALID', ['0', null, [], 0.5, -1, 1e308].map((iat) => ({ payload: { iat } }))],
  [
    'not to be used before a time to come',
    'TOKEN_NOT_YET_VALID',
    [issuedAt + 41, 2 ** 53, 1e308].map((nbf) => ({ payload: { nbf } })),
  ],
  [
    'not to be used before what is not a time',
    'TOKEN_INVALID',
    ['0', null, [], {}].map((nbf) => ({ payload: { nbf } })),
  ],
]

describe('a token is refused', () => {
  for (const [title, code, forgeries] of REFUSED) {
    test(title, async () => {
      for (const forgery of forgeries) await refusalOf(code, () => verify(signToken(forgery), peer))
    })
  }

  test('from 30 seconds after its end, and until 30 seconds before its issue', async () => {
    for (const seconds of [330, 331, 4000, 1e9]) {
      await refusalOf('TOKEN_EXPIRED', () => verifyAfter(seconds)(signToken(), peer))
    }
    for (const seconds of [-30.001, -31, -4000]) {
      await refusalOf('TOKEN_NOT_YET_VALID', () => verifyAfter(seconds)(signToken(), peer))
    }
  })

  test('from another peer with no word on its state', async () => {
    const states: readonly Forgery[] = [
      { payload: { exp: issuedAt - 100 } },
      { payload: { aud: 'spiffe://shop.internal/billing' } },
      { payload: { nbf: issuedAt + 100 } },
      { payload: { iat: issuedAt + 100 } },
      { payload: { exp: issuedAt + 86_400 } },
      { payload: { scope: '' } },
      { payload: { iss: 'https://evil.example' } },
      { payload: { act: {} } },
    ]
    for (const { payload } of [{}, ...states]) {
      const text = signToken({ payload: { ...payload, ...foreign } })
      const refusals = [
        await refusalOf('TOKEN_BINDING_MISMATCH', () => verify(signToken({ payload: payload ?? {} }), anotherPeer)),
        await refusalOf('TOKEN_BINDING_MISMATCH', () => verify(text, peer)),
      ]
      expect(new Set(refusals.map(({ message }) => message)).size).toBe(1)
    }
  })

  test('under a key that is unknown, with an answer that is no other than for a bad signature', async () => {
    const { privateKey, publicKey } = generateKeyPair()
    const unknown = await refusalOf('TOKEN_INVALID', () =>
      verify(signToken({ header: { kid: keyIdOf(publicKey) }, privateKey }), peer),
    )
    const forged = await refusalOf('TOKEN_INVALID', () => verify(signToken({ privateKey }), peer))
    expect(unknown.message).toBe(forged.message)
    expect(unknown.details).toEqual(forged.details)
  })

  test('signed with a key of another curve, where one is known by that ID', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const keys = new Map([[issuerKey.keyId, { ...issuerKey, publicKey }]])
    const verifier = createVerifier({ trustedIssuer: () => ({ issuer: validPayload.iss, keys }) })
    await refusalOf('TOKEN_INVALID', () => verifier(signToken(), peer))
  })

  test('without a word of it in the refusal', async () => {
    const text = signToken({ payload: { jti: 'PRIVATE-ID', exp: 1, scope: 'PRIVATE' } })
    for (const sender of [peer, anotherPeer]) {
      const refusal = await verify(text, sender).catch((error: AuthError) => error)
      const told = JSON.stringify({
        ...refusal,
        message: (refusal as AuthError).message,
        stack: (refusal as AuthError).stack,
      })
      for (const part of [...text.split('.'), 'PRIVATE', peer.thumbprint]) expect(told).not.toContain(part)
      expect(refusal).not.toHaveProperty('cause')
    }
  })
})
