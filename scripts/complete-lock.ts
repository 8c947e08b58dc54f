/**
 * Completes package-lock.json: `npm run lock`, after a change of dependencies.
 * Tools with native parts name a package for each platform. A registry that mirrors only some of them makes npm leave
 * the others out of the lock file, which `npm ci` then refuses everywhere. They are entered here by name and version.
 */

import { readFileSync, writeFileSync } from 'node:fs'

interface LockedPackage {
  readonly version?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly dev?: boolean
}

const FILE = 'package-lock.json'
const PLATFORM = /-(android|darwin|freebsd|linux|win32)-([a-z0-9]+)(?:-(musl))?$/
const CPU: Readonly<Record<string, string>> = { aarch64: 'arm64', armv7: 'arm' }

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(FILE, 'utf8'))
const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {}, dev = false }) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => lock.packages[`node_modules/${name}`] === undefined)
    .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, dev)] as const),
)
const entries = [...Object.entries(lock.packages), ...missing].toSorted(([a], [b]) => a.localeCompare(b, 'en'))
writeFileSync(FILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(entries) }, null, 2)}\n`)
process.stdout.write(`${missing.length} packages for other platforms entered.\n`)

function entryOf(name: string, version: string, dev: boolean): LockedPackage & Record<string, unknown> {
  const [, platform, cpu = '', libc] = PLATFORM.exec(name) ?? []
  if (platform === undefined) throw new Error(`${name} is missing, and its name tells no platform: enter it by hand.`)
  return {
    version,
    cpu: [CPU[cpu] ?? cpu],
    ...(dev && { dev }),
    ...(libc !== undefined && { libc: [libc] }),
    optional: true,
    os: [platform],
  }
}
