import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Credential } from '../../src/identity/credential.ts'
import { callByHand, type HandmadeEnding } from '../support/handmade-call.ts'
import { callFields, type HeaderFields } from '../support/http2-frames.ts'
import { tlsOptionsOf } from '../support/listener.ts'
import { capturingLogger } from '../support/log.ts'
import { CERTIFICATE_METHODS, startTarget, type Target, TOKEN_METHODS, tokenFor } from '../support/target.ts'

const log = capturingLogger()
let target: Target
let orders: Credential
let shipping: Credential
let bearer: string

beforeAll(async () => {
  target = await startTarget({ logger: log })
  orders = target.issuer.credential('orders')
  shipping = target.issuer.credential('shipping')
  bearer = `Bearer ${tokenFor(orders)}`
})
afterAll(() => target.close())
beforeEach(() => target.forget())

const callAll = (credential: Credential, calls: readonly HeaderFields[]): Promise<readonly HandmadeEnding[]> =>
  callByHand(target.port, tlsOptionsOf(credential), ...calls.map((fields) => ({ fields })))

async function call(credential: Credential, fields: HeaderFields): Promise<HandmadeEnding | undefined> {
  const [ending] = await callAll(credential, [fields])
  return ending
}

/** The fields of a call with one of them changed; `undefined` leaves it out. */
const callWith = (path: string, name: string, value: string | undefined, more: HeaderFields = []): HeaderFields =>
  callFields(path, more).flatMap(([own, usual]) => {
    if (own !== name) return [[own, usual] as const]
    return value === undefined ? [] : [[own, value] as const]
  })

const MISSING = { http: 200, status: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MISSING' }
const MALFORMED = { http: 200, status: 'UNAUTHENTICATED', reason: 'CREDENTIALS_MALFORMED' }
const NOT_ALLOWED = { http: 200, status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' }
const STOLEN = { http: 200, status: 'UNAUTHENTICATED', reason: 'TOKEN_BINDING_MISMATCH' }
const NOT_HTTP2 = { http: undefined, reset: 'PROTOCOL_ERROR' }

type Credentials = (bearer: string) => HeaderFields

/** Ways to send a token that is valid, such that some parser on the way might find it, or find another. */
const REFUSED: readonly (readonly [title: string, credentials: Credentials, ending: object])[] = [
  ['twice, with one that is not the first', (valid) => authorizations('Bearer x', valid), MALFORMED],
  ['twice, after an empty one', (valid) => authorizations('', valid), MALFORMED],
  ['twice, after another scheme', (valid) => authorizations('Basic dXNlcjpwYXNz', valid), MALFORMED],
  ['twice in one, with a comma', (valid) => authorizations(`${valid}, ${valid}`), MALFORMED],
  ['before a comma', (valid) => authorizations(`${valid},`), MALFORMED],
  ['after another, with a comma', (valid) => authorizations(`Bearer x,${valid}`), MALFORMED],
  ['as a parameter', (valid) => authorizations(valid.replace(' ', ' token=')), MALFORMED],
  ['in quotes', (valid) => authorizations(valid.replace(/ (.+)/, ' "$1"')), MALFORMED],
  ['of another scheme', (valid) => authorizations(valid.replace('Bearer', 'DPoP')), MALFORMED],
  ['without a scheme', (valid) => authorizations(valid.replace('Bearer ', '')), MALFORMED],
  ['after a tab', (valid) => authorizations(valid.replace(' ', '\t')), MISSING],
  ['before more text', (valid) => authorizations(`${valid} x`), MALFORMED],
  ['with a byte above ASCII', (valid) => authorizations(`${valid}\xe9`), MISSING],
  ...['\r\n', '\n', '\r', '\0', '\x01', '\x7f', ' ', '\t'].flatMap((character) => {
    const name = JSON.stringify(character)
    return [
      [`before ${name}`, (valid: string) => authorizations(valid + character), MISSING],
      [`after ${name}`, (valid: string) => authorizations(character + valid), MISSING],
    ] as const
  }),
  ['before a line of its own', (valid) => authorizations(`${valid}\r\nx-forwarded-user: root`), MISSING],
  ['in a field of binary metadata', (valid) => [['authorization-bin', base64(valid)]], MISSING],
  ...[
    ...['grpc-metadata-authorization', 'x-authorization', 'x-forwarded-authorization', 'proxy-authorization'],
    ...['authentication', 'x-access-token', 'x-api-key', 'grpcgateway-authorization', 'authorization_', 'cookie'],
  ].map((name) => [`in ${name}`, (valid: string): HeaderFields => [[name, valid]], MISSING] as const),
  ['in capitals', (valid) => [['Authorization', valid]], NOT_HTTP2],
  [
    'in capitals, beside one that is not',
    (valid) => [
      ['authorization', valid],
      ['AUTHORIZATION', valid],
    ],
    NOT_HTTP2,
  ],
  ['under a name with a space', (valid) => [['authorization ', valid]], MISSING],
  ['under a name with a colon', (valid) => [['authorization:', valid]], MISSING],
  ['under a name with a line break', (valid) => [['authorization\r\n', valid]], MISSING],
  ['under a name with a zero octet', (valid) => [['authorization\0', valid]], MISSING],
  ['under the name of a pseudo-header', (valid) => [[':authorization', valid]], NOT_HTTP2],
  ['under both names', (valid) => [...authorizations(valid), ...ownTokens(tokenIn(valid))], MALFORMED],
  [
    'under its own name, beside another scheme',
    (valid) => [...authorizations('Basic eA=='), ...ownTokens(tokenIn(valid))],
    MALFORMED,
  ],
  ['under its own name twice', (valid) => ownTokens(tokenIn(valid), tokenIn(valid)), MALFORMED],
  ['under its own name twice, with one that is not the first', (valid) => ownTokens('x', tokenIn(valid)), MALFORMED],
  ['under its own name twice, with an empty one', (valid) => ownTokens(tokenIn(valid), ''), MALFORMED],
  ['under its own name with a scheme', (valid) => ownTokens(valid), MALFORMED],
  [
    'under its own name twice in one, with a comma',
    (valid) => ownTokens(`${tokenIn(valid)},${tokenIn(valid)}`),
    MALFORMED,
  ],
  ['under its own name before a comma', (valid) => ownTokens(`${tokenIn(valid)},`), MALFORMED],
  ['under its own name before a dot', (valid) => ownTokens(`${tokenIn(valid)}.`), MALFORMED],
  ...['\r\n', '\n', '\r', '\0', '\x7f', ' ', '\t', '\xe9'].map((character) => {
    const title = `under its own name before ${JSON.stringify(character)}`
    return [title, (valid: string) => ownTokens(tokenIn(valid) + character), MISSING] as const
  }),
  ['under its own name in binary metadata', (valid) => [['countersign-token-bin', base64(valid)]], MISSING],
  ['under its own name in capitals', (valid) => [['Countersign-Token', tokenIn(valid)]], NOT_HTTP2],
]

describe('a token is refused', () => {
  for (const [title, credentials, ending] of REFUSED) {
    test(title, async () => {
      const endings = await callAll(
        orders,
        TOKEN_METHODS.map((path) => callFields(path, credentials(bearer))),
      )
      expect(endings).toMatchObject(TOKEN_METHODS.map(() => ending))
      expect(target.reached).toEqual([])
    })
  }

  test('and is not written to the log where grpc-js drops it', async () => {
    const console = vi.spyOn(globalThis.console, 'error')
    onTestFinished(() => console.mockRestore())
    const [path = ''] = TOKEN_METHODS
    for (const character of ['\t', '\xe9'])
      await call(orders, callFields(path, authorizations(`${bearer}${character}x`)))
    expect(console).not.toHaveBeenCalled()
    expect(log.lines.map(({ message }) => message)).toContain('unreadable metadata dropped')
    for (const part of bearer.split('.')) expect(JSON.stringify(log.lines)).not.toContain(part)
  })

  test('but not as it should be, by any kind of method', async () => {
    const endings = await callAll(
      orders,
      TOKEN_METHODS.flatMap((path) => [
        callFields(path, authorizations(bearer)),
        callFields(path, ownTokens(tokenIn(bearer))),
      ]),
    )
    expect(endings).toMatchObject(endings.map(() => ({ status: 'OK' })))
    expect(target.reached.map(({ serviceId }) => serviceId)).toEqual(endings.map(() => orders.serviceId))
  })

  test('twice, where the first alone counts: of the second Node tells nobody', async () => {
    const stranger = `Bearer ${tokenFor(orders, { payload: { scope: 'warehouse.other' } })}`
    for (const second of ['Bearer x', stranger]) {
      const fields = callFields(TOKEN_METHODS[0] ?? '', authorizations(bearer, second))
      expect(await call(orders, fields)).toMatchObject({ status: 'OK' })
      const exchanged = callFields(TOKEN_METHODS[0] ?? '', authorizations(second, bearer))
      expect(await call(orders, exchanged)).not.toMatchObject({ status: 'OK' })
    }
    expect(target.reached).toHaveLength(2)
    for (const { scopes } of target.reached) expect(scopes).toContain('warehouse.pick')
  })
})

/** What proxies write about the caller of their own server, and what might be taken for it. */
const IDENTITY_FIELDS = [
  'x-forwarded-client-cert',
  'x-client-cert',
  'x-ssl-client-cert',
  'ssl-client-subject-dn',
  'client-cert',
  'x-spiffe-id',
  'x-forwarded-user',
  'x-forwarded-for',
  'x-remote-user',
  'x-caller',
  'x-service-id',
  'x-countersign-caller',
  'grpc-caller',
  'grpc-tags-bin',
  'baggage',
  'forwarded',
  'from',
  'via',
  'host',
]

describe('a caller is whom its certificate names', () => {
  const claimed = (serviceId: string) => [
    serviceId,
    `By=spiffe://shop.internal/warehouse;Hash=00;Subject="";URI=${serviceId}`,
    Buffer.from(serviceId).toString('base64'),
  ]

  for (const name of IDENTITY_FIELDS) {
    test(`whatever ${name} says`, async () => {
      for (const value of claimed(shipping.serviceId)) {
        const endings = await callAll(
          orders,
          TOKEN_METHODS.map((path) => callFields(path, [...authorizations(bearer), [name, value]])),
        )
        expect(endings).toMatchObject(TOKEN_METHODS.map(() => ({ status: 'OK' })))
      }
      expect(new Set(target.reached.map(({ serviceId, subject }) => `${serviceId} ${subject}`))).toEqual(
        new Set([`${orders.serviceId} ${orders.serviceId}`]),
      )
    })

    test(`and ${name} opens nothing`, async () => {
      for (const value of claimed(orders.serviceId)) {
        const refused = await callAll(
          shipping,
          CERTIFICATE_METHODS.map((path) => callFields(path, [[name, value]])),
        )
        expect(refused).toMatchObject(CERTIFICATE_METHODS.map(() => NOT_ALLOWED))
        const stolen = await callAll(
          shipping,
          TOKEN_METHODS.map((path) => callFields(path, [...authorizations(bearer), [name, value]])),
        )
        expect(stolen).toMatchObject(TOKEN_METHODS.map(() => STOLEN))
      }
      expect(target.reached).toEqual([])
    })
  }
})

const pathsLike = (path: string) => spellingsOf(path).filter((other) => other !== path)

const spellingsOf = (path: string) => [
  ...[`/${path}`, `${path}/`, `${path}//`, path.replace('/P', '//P'), `/.${path}`, `/x/..${path}`, `${path}/.`],
  ...[path.replace(/\/(?=\w+$)/, '%2F'), path.replace(/\/(?=\w+$)/, '\\'), path.replace('.', '%2e'), `${path}%20`],
  ...[`${path}?`, `${path}?q=1`, `${path}#`, `${path};x`, `${path}%00`, `${path}%`, `${path}.`, `${path},${path}`],
  ...[path.toLowerCase(), path.toUpperCase(), path.replace('Warehouse', 'warehouse'), path.replace('/warehouse', '/')],
  ...['/', '/*', '/warehouse.v1.Warehouse', '/warehouse.v1.Warehouse/', '/warehouse.v1.Warehouse/*'],
  ...['/warehouse.v1.Warehouse/__proto__', '/constructor', '/__proto__', '/toString', `/${'a/'.repeat(2000)}`],
]

/** Which HTTP/2 itself does not take for paths. */
const noPathsLike = (path: string) => [
  ...[path.slice(1), path.slice(1).replace('/', '%2F'), `http://localhost${path}`, `localhost${path}`, '', '*'],
  ...[` ${path}`, `${path} `, `${path}\t`, `${path}\0`, `${path}\r\n`, `${path}\n`, '__proto__', 'toString'],
]

describe('a path that is not the one of a method', () => {
  test('is answered UNIMPLEMENTED, whatever a proxy might make of it', async () => {
    for (const method of [...TOKEN_METHODS, ...CERTIFICATE_METHODS]) {
      const paths = pathsLike(method)
      const endings = await callAll(
        orders,
        paths.map((path) => callFields(path, authorizations(bearer))),
      )
      expect(endings, method).toMatchObject(paths.map(() => ({ http: 200, status: 'UNIMPLEMENTED' })))
    }
    expect(target.reached).toEqual([])
  })

  test('is an error of HTTP/2 where it is none', async () => {
    for (const path of [...TOKEN_METHODS.slice(0, 1), ...CERTIFICATE_METHODS.slice(0, 1)].flatMap(noPathsLike)) {
      expect(await call(orders, callFields(path, authorizations(bearer))), path).toMatchObject(NOT_HTTP2)
    }
    const [path = ''] = TOKEN_METHODS
    const twice = callFields(path, [...authorizations(bearer)]).flatMap((field) =>
      field[0] === ':path' ? [[':path', '/x'] as const, field] : [field],
    )
    expect(await call(orders, twice)).toMatchObject(NOT_HTTP2)
    expect(await call(orders, callWith(path, ':path', undefined, authorizations(bearer)))).toMatchObject(NOT_HTTP2)
    expect(target.reached).toEqual([])
  })
})

/** What grpc-js lets through, though the protocol of gRPC over HTTP/2 does not know it. */
const UNUSUAL: readonly (readonly [title: string, name: string, values: readonly (string | undefined)[]])[] = [
  ['HTTP method', ':method', ['PUT', 'GET', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'TRACK', 'post', 'X']],
  ['content type', 'content-type', ['grpcfoo', 'grpc+json', 'grpc-web', 'grpc;x'].map((type) => `application/${type}`)],
  ['absence of te', 'te', [undefined]],
  ['authority', ':authority', ['evil.example', 'orders', 'localhost:1']],
  ['scheme', ':scheme', ['https', 'ftp', 'javascript']],
]

describe('a call is under the same rules', () => {
  for (const [title, name, values] of UNUSUAL) {
    test(`with any ${title}`, async () => {
      const calls = TOKEN_METHODS.flatMap((path) => values.map((value) => [path, name, value] as const))
      const without = await callAll(
        orders,
        calls.map((changed) => callWith(...changed)),
      )
      expect(without).toMatchObject(calls.map(() => MISSING))
      const stolen = await callAll(
        shipping,
        calls.map((changed) => callWith(...changed, authorizations(bearer))),
      )
      expect(stolen).toMatchObject(calls.map(() => STOLEN))
      expect(target.reached).toEqual([])
    })
  }

  test('and its header fields are not sent back, as TRACE would', async () => {
    const [path = ''] = TOKEN_METHODS
    const traced = await call(orders, callWith(path, ':method', 'TRACE', authorizations(bearer)))
    expect(traced?.body.toString('latin1')).not.toContain(bearer.slice(-40))
  })

  test('with any deadline', async () => {
    const [path = ''] = TOKEN_METHODS
    for (const timeout of ['-1S', '0n', '1n', '99999999H', '999999999H', '1e9S', '-99999999H']) {
      const ending = await call(orders, callFields(path, [['grpc-timeout', timeout]]))
      expect(['UNAUTHENTICATED', 'DEADLINE_EXCEEDED', 'INTERNAL'], timeout).toContain(ending?.status)
    }
    expect(target.reached).toEqual([])
  })
})

describe('what is not gRPC is refused', () => {
  test('with 415 for another content type', async () => {
    const [path = ''] = TOKEN_METHODS
    for (const type of ['application/json', 'text/plain', '', 'APPLICATION/GRPC', ' application/grpc', undefined]) {
      const ending = await call(orders, callWith(path, 'content-type', type, authorizations(bearer)))
      expect(ending, type).toMatchObject({ http: 415, status: undefined })
    }
    expect(target.reached).toEqual([])
  })

  test('as an error of HTTP/2 with fields that it forbids', async () => {
    const [path = ''] = TOKEN_METHODS
    const forbidden: readonly HeaderFields[] = [
      [['connection', 'authorization']],
      [['transfer-encoding', 'chunked']],
      [['upgrade', 'h2c']],
      [['keep-alive', '1']],
      [['proxy-connection', 'close']],
      [['te', 'gzip']],
      [[':status', '200']],
      [[':foo', 'x']],
      [[':method', 'GET']],
      [
        ['content-length', '5'],
        ['content-length', '6'],
      ],
      [['content-length', '-1']],
      [['content-length', '99']],
    ]
    for (const more of forbidden) {
      const ending = await call(orders, callFields(path, [...authorizations(bearer), ...more]))
      expect(ending, JSON.stringify(more)).toMatchObject(NOT_HTTP2)
    }
    expect(await call(orders, callWith(path, ':method', 'CONNECT', authorizations(bearer)))).toMatchObject(NOT_HTTP2)
    expect(target.reached).toEqual([])
  })
})

const ownTokens = (...values: readonly string[]): HeaderFields => values.map((value) => ['countersign-token', value])

const tokenIn = (bearer: string) => bearer.replace('Bearer ', '')

function authorizations(...values: readonly string[]): HeaderFields {
  return values.map((value) => ['authorization', value] as const)
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
