import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import { afterAll, describe, expect, it } from 'vitest'
import type { AccessRules } from '../../src/access/access-rules.ts'
import { loadAccessRules } from '../../src/access/proto-rules.ts'

const PROTO_DIRECTORY = fileURLToPath(new URL('../../proto', import.meta.url))
const SHOP_DIRECTORY = fileURLToPath(new URL('../../examples/shop/proto', import.meta.url))

const directory = mkdtempSync(join(tmpdir(), 'proto-rules-'))
afterAll(() => rmSync(directory, { recursive: true }))

const HEADER = headerOf('countersign/v1/access.proto')
const PATH = '/shop.v1.Orders/Place'
const TOKEN_RULE = { authentication: 'TOKEN', scopes: ['orders.place'], callers: 'ANY' }

let count = 0

function write(text: string, name = `shop/v${++count}/test.proto`): string {
  mkdirSync(dirname(join(directory, name)), { recursive: true })
  writeFileSync(join(directory, name), text)
  return name
}

function load(...texts: string[]): AccessRules {
  const files = texts.map((text) => write(text))
  return loadAccessRules(files, [directory, PROTO_DIRECTORY])
}

function headerOf(...imports: string[]): string {
  return `syntax = "proto3"; package shop.v1; ${imports.map((file) => `import "${file}";`).join(' ')} message Empty {}`
}

/** A file with one method, whose options are these, in a service whose options are those. */
function withOptions(methodOptions: string, serviceOptions = ''): string {
  return `${HEADER} service Orders { ${serviceOptions} rpc Place(Empty) returns (Empty) { ${methodOptions} } }`
}

describe('access rules in .proto files', () => {
  it('are read from a method', () => {
    const rules = load(withOptions('option (countersign.v1.access) = { scopes: "orders.place" };'))
    expect(rules.paths).toEqual([PATH])
    expect(rules.ruleOf(PATH)).toEqual(TOKEN_RULE)
  })

  const spellings = [
    'option (.countersign.v1.access) = { scopes: "orders.place" };',
    'option (countersign.v1.access).scopes = "orders.place";',
    'option (countersign.v1.access) = { scopes: ["orders.place"] };',
    'option (countersign.v1.access) = { scopes: "orders." "place" };',
    'option (countersign.v1.access) = { scopes: "orders.place" authentication: TOKEN };',
    'option (countersign.v1.access) = { scopes: "orders.place", };',
    "option (countersign.v1.access) = { scopes: 'orders.place'; };",
    'option (countersign.v1.access) = { scopes: "orders.place" } /* dangerously_any_caller: false */;',
    'option deprecated = true; option (countersign.v1.access) = { scopes: "orders.place" };',
    'option (countersign.v1.access) = { scopes: "orders.place" }; option deprecated = false;',
    'option idempotency_level = IDEMPOTENT; option (countersign.v1.access) = { scopes: "orders.place" };',
  ]
  it.each(spellings)('may be spelled %s', (spelling) => {
    expect(load(withOptions(spelling)).ruleOf(PATH)).toEqual(TOKEN_RULE)
  })

  it('name an option from the package that surrounds it', () => {
    const text = withOptions('option (access) = { scopes: "orders.place" };').replace('shop.v1', 'countersign.v1.shop')
    expect(load(text).ruleOf('/countersign.v1.shop.Orders/Place')).toEqual(TOKEN_RULE)
  })

  it('hold every field of the message', () => {
    const text = withOptions(`
      option (countersign.v1.access).callers = "orders";
      option (countersign.v1.access).callers = "billing/*";
      option (countersign.v1.access).authentication = CERTIFICATE;`)
    expect(load(text).ruleOf(PATH)).toEqual({
      authentication: 'CERTIFICATE',
      callers: [
        { kind: 'exact', path: 'orders' },
        { kind: 'below', parent: 'billing' },
      ],
    })
    expect(
      load(withOptions('option (countersign.v1.access) = { dangerously_any_caller: true };')).ruleOf(PATH),
    ).toEqual({
      authentication: 'TOKEN',
      scopes: [],
      callers: 'ANY',
    })
  })

  it('take texts that look like other values', () => {
    const text = withOptions('option (countersign.v1.access) = { scopes: ["false", "{", "0"] callers: "nan" };')
    expect(load(text).ruleOf(PATH)).toMatchObject({ scopes: ['false', '{', '0'], callers: [{ path: 'nan' }] })
  })

  it('take the default of the service where a method has none of its own', () => {
    const byDefault = 'option (countersign.v1.default_access) = { scopes: "orders.place" };'
    const own = 'option (countersign.v1.access) = { scopes: "orders.cancel" };'
    expect(load(withOptions('', byDefault)).ruleOf(PATH)).toEqual(TOKEN_RULE)
    expect(load(withOptions(own, byDefault)).ruleOf(PATH)).toMatchObject({ scopes: ['orders.cancel'] })
  })

  it('are absent where a method has neither', () => {
    expect(load(withOptions('')).paths).toEqual([])
  })

  it('are read from imported files too', () => {
    const imported = write(withOptions('option (countersign.v1.access) = { scopes: "orders.place" };'))
    const rules = load(`syntax = "proto3"; import "${imported}";`)
    expect(rules.ruleOf(PATH)).toEqual(TOKEN_RULE)
  })

  it('leave the options of others alone', () => {
    const text = `${headerOf('google/protobuf/descriptor.proto')}
      extend google.protobuf.MethodOptions { string access = 50900; }
      service Orders { rpc Place(Empty) returns (Empty) { option (access) = ""; } }`
    expect(load(text).paths).toEqual([])
  })

  it('are found by paths from the working directory too', () => {
    const file = write(withOptions('option (countersign.v1.access) = { scopes: "orders.place" };'))
    const directories = [directory, PROTO_DIRECTORY].map((path) => relative(process.cwd(), path))
    expect(loadAccessRules([file], directories).ruleOf(PATH)).toEqual(TOKEN_RULE)
    expect(loadAccessRules([join(directory, file)], directories).ruleOf(PATH)).toEqual(TOKEN_RULE)
  })

  it("are those of Countersign's own services and of the shop", () => {
    const own = ['countersign/v1/token.proto', 'countersign/v1/trust.proto', 'grpc/health/v1/health.proto']
    const everyService = { authentication: 'CERTIFICATE', callers: [{ kind: 'every' }] }
    const operators = { authentication: 'CERTIFICATE', callers: [{ kind: 'below', parent: 'countersign/operator' }] }
    const rules = loadAccessRules([...own, 'shop/v1/shop.proto'], [SHOP_DIRECTORY, PROTO_DIRECTORY])
    expect(Object.fromEntries(rules.paths.map((path) => [path, rules.ruleOf(path)]))).toEqual({
      '/countersign.v1.TokenService/IssueToken': everyService,
      '/countersign.v1.TrustService/Watch': everyService,
      '/countersign.v1.TrustService/Revoke': { authentication: 'TOKEN', scopes: ['trust.revoke'], callers: 'ANY' },
      '/countersign.v1.TrustService/Status': operators,
      '/shop.v1.Storefront/Checkout': { authentication: 'TOKEN', scopes: ['storefront.checkout'], callers: 'ANY' },
      '/shop.v1.Orders/Place': TOKEN_RULE,
      '/shop.v1.Inventory/Reserve': { authentication: 'TOKEN', scopes: ['inventory.reserve'], callers: 'ANY' },
      '/shop.v1.Inventory/Restock': { authentication: 'TOKEN', scopes: ['inventory.restock'], callers: 'ANY' },
      '/shop.v1.Inventory/Watch': {
        authentication: 'TOKEN',
        scopes: ['inventory.watch'],
        callers: [{ kind: 'exact', path: 'storefront' }],
      },
    })
  })

  it('know exactly the fields of access.proto', () => {
    const root = new protobuf.Root()
    root.resolvePath = (_origin, target) => join(PROTO_DIRECTORY, target)
    const type = root.loadSync('countersign/v1/access.proto', { keepCase: true }).lookupType('countersign.v1.Access')
    expect(Object.keys(type.fields)).toEqual(['scopes', 'callers', 'authentication', 'dangerously_any_caller'])
    expect(type.lookupEnum('Authentication').values).toEqual({ TOKEN: 0, CERTIFICATE: 1 })
  })
})

/** What proto-loader takes in silence. */
const silent: readonly (readonly [title: string, options: string, problem: RegExp])[] = [
  ['a mistyped option', 'option (countersign.v1.acces) = { scopes: "a" };', /\(countersign\.v1\.acces\) is unknown/],
  ['an option without its package', 'option (access) = { scopes: "a" };', /\(access\) is unknown/],
  ['an option without parentheses', 'option access = { scopes: "a" };', /option access is unknown/],
  ['an option without its parentheses, dotted', 'option countersign.v1.access = "a";', /option countersign is unknown/],
  ['the option of services', 'option (countersign.v1.default_access) = { scopes: "a" };', /does not belong here/],
  ['a mistyped field', 'option (countersign.v1.access) = { scope: "a" };', /"scope" is not a field/],
  ['a mistyped field, dotted', 'option (countersign.v1.access).scope = "a";', /"scope" is not a field/],
  ['a field in the case of JSON', 'option (countersign.v1.access) = { dangerouslyAnyCaller: true };', /not a field/],
  ['a field that is not built yet', 'option (countersign.v1.access) = { scopes: "a" limit: "1/h" };', /"limit" is not/],
  ['an inherited name', 'option (countersign.v1.access) = { scopes: "a" constructor: true };', /"constructor" is not/],
  ['an unknown enum name', 'option (countersign.v1.access) = { authentication: MTLS callers: "*" };', /neither TOKEN/],
  ['an enum number', 'option (countersign.v1.access) = { authentication: 1 callers: "*" };', /neither TOKEN/],
  ['a number as scope', 'option (countersign.v1.access) = { scopes: 7 };', /scopes: not a list of texts/],
  ['a mixed list', 'option (countersign.v1.access) = { scopes: ["a", 7] };', /scopes: not a list of texts/],
  ['a message as scope', 'option (countersign.v1.access) = { scopes { name: "a" } };', /scopes: not a list of texts/],
  ['a text as bool', 'option (countersign.v1.access) = { dangerously_any_caller: "true" };', /neither true nor false/],
  ['a number as bool', 'option (countersign.v1.access) = { dangerously_any_caller: 1 };', /neither true nor false/],
  ['a text as rule', 'option (countersign.v1.access) = "orders.place";', /written as fields/],
  ['a bare name as rule', 'option (countersign.v1.access) = CERTIFICATE;', /written as fields/],
  ['a number as rule', 'option (countersign.v1.access) = 1e400;', /written as fields/],
  [
    'an option that stands twice',
    'option (countersign.v1.access) = { scopes: "a" }; option (countersign.v1.access) = { scopes: "b" };',
    /stands more than once/,
  ],
  [
    'an option that stands twice, in two spellings',
    'option (countersign.v1.access) = { scopes: "a" }; option (.countersign.v1.access) = { scopes: "b" };',
    /stands more than once/,
  ],
  [
    'a field that stands twice',
    'option (countersign.v1.access) = { callers: "*" authentication: CERTIFICATE authentication: TOKEN };',
    /neither TOKEN/,
  ],
  [
    'a field that stands twice, first as false',
    'option (countersign.v1.access) = { dangerously_any_caller: false dangerously_any_caller: true };',
    /test\.proto:1: false has no use in an access rule/,
  ],
  [
    'a field that stands twice, first as FALSE, dotted',
    `option (countersign.v1.access).dangerously_any_caller = FALSE;
     option (countersign.v1.access).dangerously_any_caller = true;`,
    /FALSE has no use/,
  ],
  [
    'a field that stands twice, first as zero',
    'option (.countersign.v1.access) = { authentication: 0; authentication: CERTIFICATE; callers: "*" };',
    /: 0 has no use/,
  ],
  [
    'a scope that stands beside an empty one',
    `option (countersign.v1.access) = { scopes: '' scopes: "a" };`,
    /"" has no use/,
  ],
  ['a scope that stands twice', 'option (countersign.v1.access) = { scopes: "a" scopes: "a" };', /stands twice/],
  ['a scope with a space', 'option (countersign.v1.access) = { scopes: "a b" };', /not a scope/],
  ['an empty scope', 'option (countersign.v1.access) = { scopes: "" };', /not a scope/],
  ['an empty rule', 'option (countersign.v1.access) = {};', /needs at least one scope/],
  ['a certificate rule for nobody', 'option (countersign.v1.access) = { authentication: CERTIFICATE };', /one caller/],
  ['an empty list', 'option (countersign.v1.access) = { scopes: [] };', /cannot be loaded: illegal value/],
  ['a list that ends with a comma', 'option (countersign.v1.access) = { scopes: ["a",] };', /illegal value/],
  ['a list of messages', 'option (countersign.v1.access) = { scopes: [{ name: "a" }] };', /illegal value/],
  ['angle brackets', 'option (countersign.v1.access) = < scopes: "a" >;', /cannot be loaded: illegal value/],
  ['a field by the name of an extension', 'option (countersign.v1.access) = { [a.b]: 1 };', /illegal name/],
]

describe('a .proto file is refused for', () => {
  it.each(silent)('%s', (_, options, problem) => {
    expect(() => load(withOptions(options))).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(problem) }),
    )
  })

  it('a bad default, once', () => {
    const options = 'option (countersign.v1.default_access) = { scope: "a" };'
    expect(() => load(withOptions('', options))).toThrow(/shop\.v1\.Orders: "scope" is not a field/)
    expect(() => load(withOptions('', 'option (countersign.v1.access) = { scopes: "a" };'))).toThrow(
      /does not belong here/,
    )
  })

  it('a field that stands twice in a default, first as false', () => {
    const options =
      'option (countersign.v1.default_access) = { dangerously_any_caller: false dangerously_any_caller: true };'
    expect(() => load(withOptions('', options))).toThrow(/false has no use in an access rule/)
  })

  it('a missing import of access.proto, also where another file has it', () => {
    const method = 'rpc Place(Empty) returns (Empty) { option (countersign.v1.access) = { scopes: "a" }; }'
    const without = `${headerOf()} service Orders { ${method} }`
    const importing = `syntax = "proto3"; import "countersign/v1/access.proto"; import "${write(without)}";`
    expect(() => load(without)).toThrow(/\(countersign\.v1\.access\) is unknown/)
    expect(() => load(importing)).toThrow(/\(countersign\.v1\.access\) is unknown/)
  })

  const broken = [
    ['an import that is not there', headerOf('shop/v1/nowhere.proto'), /an import is missing/],
    [
      'a type that is not there',
      `${HEADER} service Orders { rpc Place(Nothing) returns (Empty); }`,
      /no such .*Nothing/,
    ],
    ['broken syntax', `${HEADER} service Orders {`, /cannot be loaded/],
  ] as const
  it.each(broken)('%s', (_, text, problem) => {
    expect(() => load(text)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION_INVALID', message: expect.stringMatching(problem) }),
    )
  })

  it('a service that another file defines too', () => {
    const text = withOptions('option (countersign.v1.access) = { scopes: "a" };')
    expect(() => load(text, text)).toThrow(/shop\.v1\.Orders: .*test\.proto defines this service too/)
  })

  it('a file that is not there', () => {
    expect(() => loadAccessRules(['nowhere.proto'], [directory])).toThrow(/nowhere\.proto: not found; searched/)
  })

  it('every problem of every file, at once', () => {
    const texts = [
      withOptions('option (countersign.v1.access) = { scope: "a" };'),
      withOptions('option (countersign.v1.acces) = { scopes: "a" };').replace('Orders', 'Returns'),
      `${HEADER} service`,
    ]
    const files = texts.map((text) => write(text))
    const load = () => loadAccessRules([...files, 'nowhere.proto'], [directory, PROTO_DIRECTORY])
    const places = [`${files[0]} ${PATH}: `, `${files[1]} /shop.v1.Returns/Place: `, `${files[2]}: `, 'nowhere.proto: ']
    for (const place of places)
      expect(load).toThrow(expect.objectContaining({ message: expect.stringContaining(place) }))
  })
})
