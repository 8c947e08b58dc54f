/**
 * Generates TypeScript types from the `.proto` files: `node scripts/generate-types.ts`.
 * With `--check` it writes nothing, and fails where a checked-in file is stale.
 */
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PROTO_OPTIONS } from '../src/access/proto-options.ts'

interface Target {
  readonly protos: string
  readonly types: string
}

const TARGETS: readonly Target[] = [
  { protos: 'proto', types: 'src/gen' },
  { protos: 'examples/shop/proto', types: 'examples/shop/gen' },
  { protos: 'scripts/bench/proto', types: 'scripts/bench/gen' },
  { protos: 'examples/plain', types: 'examples/plain/gen' },
  { protos: 'examples/moved', types: 'examples/moved/gen' },
]

/** Rules are read by src/access, not as messages: this file gets no types. */
const ACCESS_PROTO = 'countersign/v1/access.proto'

const GENERATOR = createRequire(import.meta.url).resolve('@grpc/proto-loader/build/bin/proto-loader-gen-types.js')

process.chdir(join(import.meta.dirname, '..'))
const scratch = mkdtempSync(join(tmpdir(), 'generate-types-'))
try {
  const stale = TARGETS.flatMap((target) => update(target, process.argv.includes('--check')))
  if (stale.length > 0) {
    process.stderr.write(`Stale: run "npm run generate".\n${stale.map((file) => `  ${file}\n`).join('')}`)
    process.exitCode = 1
  }
} finally {
  rmSync(scratch, { recursive: true })
}

/** Writes the types of a target, or, with `isCheck`, names the files that differ. */
function update(target: Target, isCheck: boolean): readonly string[] {
  const generated = readFolder(generate(target))
  const present = readFolder(target.types)
  if (isCheck) {
    return [...new Set([...generated.keys(), ...present.keys()])]
      .filter((file) => generated.get(file) !== present.get(file))
      .map((file) => join(target.types, file))
  }
  rmSync(target.types, { recursive: true, force: true })
  for (const [file, text] of generated) {
    mkdirSync(dirname(join(target.types, file)), { recursive: true })
    writeFileSync(join(target.types, file), text)
  }
  return []
}

function generate({ protos, types }: Target): string {
  const output = join(scratch, types)
  const files = globSync('**/*.proto', { cwd: protos }).filter((file) => file !== ACCESS_PROTO)
  execFileSync(process.execPath, [
    GENERATOR,
    ...Object.entries(PROTO_OPTIONS).map(([name, value]) => `--${name}=${flagOf(value)}`),
    '--includeComments',
    '--grpcLib=@grpc/grpc-js',
    '--importFileExtension=.ts',
    ...[standIn(), protos, 'proto'].map((directory) => `--includeDirs=${directory}`),
    `--outDir=${output}`,
    ...files.toSorted(),
  ])
  return output
}

function flagOf(value: (typeof PROTO_OPTIONS)[keyof typeof PROTO_OPTIONS]): string {
  return typeof value === 'function' ? value.name : String(value)
}

/**
 * A folder with an empty access.proto. Options are mere text to the generator, so that
 * it misses nothing, and leaves out the 25 types of descriptor.proto.
 */
function standIn(): string {
  const directory = join(scratch, 'include')
  mkdirSync(dirname(join(directory, ACCESS_PROTO)), { recursive: true })
  writeFileSync(join(directory, ACCESS_PROTO), 'syntax = "proto3";\n')
  return directory
}

function readFolder(directory: string): ReadonlyMap<string, string> {
  const files = globSync('**/*.ts', { cwd: directory }).toSorted()
  return new Map(files.map((file) => [file, readFileSync(join(directory, file), 'utf8')]))
}
