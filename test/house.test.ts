import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  cycleProblems,
  type Floors,
  floorProblems,
  loadProblems,
  type Places,
  type Reach,
  reachProblems,
  vendorProblems,
} from './house/rules.ts'
import { importsOf, readSources } from './house/source-files.ts'

/** A folder imports only from floors below it; folders on one floor do not know each other. */
const FLOORS: Floors = {
  gen: 0,
  core: 1,
  identity: 2,
  token: 3,
  access: 3,
  ca: 3,
  limit: 3,
  trust: 4,
  transport: 5,
  web: 5,
  client: 6,
  interceptor: 6,
  authority: 6,
  workload: 7,
  store: 7,
  upstream: 7,
  'index.ts': 7.5,
  server: 8,
  edge: 8,
  cli: 9,
  testing: 9,
}

/** One vendor, one place. A package that is not listed has none. */
const VENDORS: Readonly<Record<string, Places>> = {
  'node-forge/lib/asn1.js': ['core/der.ts'],
  '@grpc/grpc-js': ['gen/', 'transport/', 'client/', 'interceptor/', 'server/grpc/', 'edge/', 'testing/'],
  '@grpc/proto-loader': ['gen/', 'access/', 'transport/'],
  protobufjs: ['access/', 'transport/'],
  long: ['gen/'],
  jose: ['token/'],
  pino: ['core/logger.ts'],
  '@opentelemetry/api': ['core/telemetry.ts'],
  zod: ['core/configuration.ts', 'access/', 'ca/', 'server/config.ts'],
  yaml: ['core/configuration.ts', 'access/', 'server/config.ts'],
  commander: ['cli/'],
  fastify: ['web/', 'server/https/', 'edge/'],
  '@fastify/': ['web/', 'server/https/', 'edge/'],
  kysely: ['store/'],
  'kysely/': ['store/'],
  pg: ['store/'],
}

/** Modules of Node that do what has a place of its own; the others may be imported anywhere. */
const BUILTINS: Readonly<Record<string, Places>> = {
  'node:sqlite': ['store/'],
  'node:process': [],
  'node:perf_hooks': [],
  'node:module': [],
}

const REACHES: readonly Reach[] = [
  {
    what: 'the environment',
    pattern: /\bprocess\s*(?:\??\.\s*env\b|\??\.?\s*\[)|=\s*process\b(?!\s*\??[.[])/,
    places: ['workload/environment.ts', 'server/config.ts', 'cli/'],
  },
  {
    what: 'the clock',
    pattern: /\bDate\s*\.\s*now\b|\bnew\s+Date\b\s*(?:\(\s*\)|(?!\s*\())|\bperformance\s*\.|\bprocess\s*\.\s*hrtime\b/,
    places: ['core/clock.ts'],
  },
  { what: 'process.exit', pattern: /\bprocess\s*\.\s*(?:exit|abort|reallyExit)\b/, places: ['cli/'] },
]

/** The packages that a service loads, which calls and verifies: no database driver, no HTTP framework, no command line. */
const LOADED_BY_SERVICES: ReadonlySet<string> = new Set([
  '@grpc/grpc-js',
  '@grpc/proto-loader',
  '@opentelemetry/api',
  'jose',
  'node-forge/lib/asn1.js',
  'pino',
  'protobufjs',
])

const mayServicesLoad = (specifier: string) =>
  LOADED_BY_SERVICES.has(specifier) || (specifier.startsWith('node:') && BUILTINS[specifier] === undefined)

describe('the house', () => {
  const sources = readSources(join(import.meta.dirname, '..', 'src'))

  test('has sources, and the imports in them are found', () => {
    expect(importsOf('core/address.ts', sources['core/address.ts'] ?? '')).toEqual([
      { specifier: 'node:net', target: undefined },
      { specifier: './errors.ts', target: 'core/errors.ts' },
    ])
  })

  test('every folder imports only from floors below its own', () => {
    expect(floorProblems(sources, FLOORS)).toEqual([])
  })

  test('every vendor has one place', () => {
    expect(vendorProblems(sources, VENDORS, BUILTINS)).toEqual([])
  })

  test('the environment, the clock and the end of the process are reached from their places only', () => {
    expect(reachProblems(sources, REACHES)).toEqual([])
  })

  test('no file imports itself over others', () => {
    expect(cycleProblems(sources)).toEqual([])
  })

  test('what a service imports stays light', () => {
    expect(Object.keys(sources)).toContain('index.ts')
    expect(loadProblems(sources, 'index.ts', mayServicesLoad)).toEqual([])
  })
})

describe('the reader of imports', () => {
  const specifiersOf = (text: string) => importsOf('core/a.ts', text).map(({ specifier }) => specifier)

  test('finds every form of import', () => {
    const forms = [
      "import first from 'x'",
      "import { first, type Second } from 'x'",
      "import {\n  first,\n  second,\n} from 'x'",
      'import type { First } from "x"',
      "import * as first from 'x'",
      "import first, { second } from 'x'",
      "import'x'",
      "import 'x'",
      "import first from 'x' with { type: 'json' }",
      "export * from 'x'",
      "export * as first from 'x'",
      "export { first } from 'x'",
      "export type { First } from 'x'",
      "const first = await import('x')",
      "type First = import('x').First",
      "const first = await import(\n  'x',\n)",
      "const quote = /'/; const first = import('x')",
      "const first = '//'; import('x')",
      `const first = \`\n// \${import('x')}\n\``,
    ]
    for (const form of forms) expect(specifiersOf(form), form).toEqual(['x'])
  })

  test('finds several imports in one text', () => {
    expect(specifiersOf("import a from 'a'\nimport type { B } from 'b'\n\nexport { c } from 'c'\n")).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('reports an import whose specifier is computed', () => {
    expect(specifiersOf('await import(name)')).toEqual(['(computed)'])
  })

  test('takes no comment, string or export of its own for an import', () => {
    const others = [
      "// import first from 'x'",
      "/** @example\n * import first from 'x'\n */",
      "/*\nimport first from 'x'\n*/",
      "export const from = 'x'",
      "export function first(from: string) {}\nconst second = 'x'",
      "throw new Error('import first from x')",
      "import.meta.resolve('x')",
    ]
    for (const text of others) expect(specifiersOf(text), text).toEqual([])
  })
})

describe('the rules find', () => {
  const floors = { core: 1, token: 2, access: 2, server: 3 }

  test('an import from a floor above', () => {
    const sources = { 'core/a.ts': "import type { B } from '../token/b.ts'", 'token/b.ts': '' }
    expect(floorProblems(sources, floors)).toEqual(['core/a.ts imports token/b.ts, which is not below it'])
  })

  test('an import from another folder of the same floor', () => {
    const sources = { 'token/a.ts': "export * from '../access/b.ts'", 'access/b.ts': '' }
    expect(floorProblems(sources, floors)).toEqual(['token/a.ts imports access/b.ts, which is not below it'])
  })

  test('a folder that has no floor, and an import from it', () => {
    const sources = { 'core/a.ts': "import '../utils/b.ts'", 'utils/b.ts': '' }
    expect(floorProblems(sources, floors)).toEqual([
      'utils/b.ts is in a folder without a floor',
      'core/a.ts imports utils/b.ts, which is not below it',
    ])
  })

  test('an import that leaves src, or leads to no file', () => {
    for (const specifier of ['../../package.json', './missing.ts', '..', './errors']) {
      expect(floorProblems({ 'core/a.ts': `import '${specifier}'` }, floors), specifier).toEqual([
        `core/a.ts imports ${specifier}, which is no file of src`,
      ])
    }
  })

  test('nothing where folders import from below and from themselves', () => {
    const sources = {
      'server/grpc/a.ts': "import '../b.ts'\nimport '../../core/c.ts'\nimport 'node:fs'",
      'server/b.ts': '',
      'core/c.ts': '',
    }
    expect(floorProblems(sources, floors)).toEqual([])
  })

  test('a vendor outside of its place, and one that has none', () => {
    const vendors = { jose: ['token/'], '@fastify/': ['web/'], 'node-forge/lib/asn1.js': ['core/der.ts'] }
    const problemsOf = (path: string, specifier: string) =>
      vendorProblems({ [path]: `import '${specifier}'` }, vendors, { 'node:sqlite': ['store/'] })

    for (const [path, specifier] of [
      ['token/verify.ts', 'jose'],
      ['web/cors.ts', '@fastify/cors'],
      ['core/der.ts', 'node-forge/lib/asn1.js'],
      ['store/open.ts', 'node:sqlite'],
      ['core/a.ts', 'node:crypto'],
    ] as const) {
      expect(problemsOf(path, specifier), specifier).toEqual([])
    }
    for (const [path, specifier] of [
      ['core/verify.ts', 'jose'],
      ['tokens/verify.ts', 'jose'],
      ['token/verify.ts', 'jose/jwt/verify'],
      ['token/verify.ts', 'lodash'],
      ['core/a.ts', '@fastify/cors'],
      ['core/der.ts', 'node-forge'],
      ['core/other.ts', 'node-forge/lib/asn1.js'],
      ['token/a.ts', 'node:sqlite'],
    ] as const) {
      expect(problemsOf(path, specifier), `${path} ${specifier}`).toHaveLength(1)
    }
    expect(vendorProblems({ 'token/a.ts': 'await import(name)' }, vendors, {})).toEqual([
      'token/a.ts imports (computed), which has no place',
    ])
  })

  test('the environment, the clock and the end of the process in the wrong place', () => {
    const problemsOf = (path: string, code: string) => reachProblems({ [path]: code }, REACHES)
    const reaching = [
      "process.env['HOME']",
      'const { env } = process',
      "process['env']",
      'globalThis.process?.env',
      'Date.now()',
      'const clock = Date.now',
      'new Date()',
      'new Date',
      'performance.now()',
      'process.hrtime.bigint()',
      'process.exit(1)',
      `const line = \`\${Date.now()}\``,
      "const quote = /'/; Date.now()",
      "const isQuoted = (text: string) => /'/.test(text) && Date.now()",
      "const line = 'it' // isn't\nDate.now()",
    ]
    for (const code of reaching) expect(problemsOf('token/a.ts', code), code).toHaveLength(1)

    const others = [
      'new Date(milliseconds)',
      'new Date(\n  milliseconds,\n)',
      'new DateSource()',
      'process.pid',
      'process.platform',
      "'process.env'",
      '// Date.now()',
      '/** `process.exit` */',
      'expiryDate.now()',
      'let value: Date',
      'process.exitCode = 1',
    ]
    for (const code of others) expect(problemsOf('token/a.ts', code), code).toEqual([])

    expect(problemsOf('cli/main.ts', 'process.exit(process.env.CODE)')).toEqual([])
    expect(problemsOf('core/clock.ts', 'Date.now() + performance.now()')).toEqual([])
  })

  test('cycles of any length', () => {
    expect(cycleProblems({ 'a.ts': "import './a.ts'" })).toEqual(['a.ts → a.ts'])
    expect(
      cycleProblems({
        'a.ts': "import './b.ts'\nimport './c.ts'",
        'b.ts': "import './c.ts'",
        'c.ts': "import type { B } from './b.ts'",
      }),
    ).toEqual(['b.ts → c.ts → b.ts'])
    expect(
      cycleProblems({ 'a.ts': "import './b.ts'\nimport './c.ts'", 'b.ts': "import './c.ts'", 'c.ts': '' }),
    ).toEqual([])
  })

  test('a package that is reached over other files', () => {
    const sources = {
      'index.ts': "export * from './a.ts'",
      'a.ts': "import './b.ts'\nimport 'jose'",
      'b.ts': "import './a.ts'\nimport 'fastify'",
      'c.ts': "import 'kysely'",
    }
    expect(loadProblems(sources, 'index.ts', (specifier) => specifier === 'jose')).toEqual([
      'index.ts reaches fastify by way of b.ts',
    ])
    for (const specifier of ['node-forge', 'commander', 'yaml', 'zod', 'node:sqlite'])
      expect(mayServicesLoad(specifier), specifier).toBe(false)
  })
})
