import { spawnSync } from 'node:child_process'
import { describe } from 'vitest'

/** Tests that need the `openssl` command: skipped where there is none, but never in CI. */
export function describeWithOpenssl(title: string, tests: () => void): void {
  const isSkipped = process.env['CI'] === undefined && openssl('version').status !== 0
  describe.skipIf(isSkipped)(isSkipped ? `${title} (skipped: there is no openssl command here)` : title, tests)
}

export function openssl(...args: string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}
