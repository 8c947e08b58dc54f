import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { defineBlock, defineUnblock } from '../../src/cli/block.ts'
import { defineCa } from '../../src/cli/ca.ts'
import { defineRevoke } from '../../src/cli/revoke.ts'
import { defineSigningKey } from '../../src/cli/signing-key.ts'
import { type CommandRun, runCommand } from './cli.ts'
import { temporaryDirectory } from './directory.ts'

/** Runs a command of `countersign` in this process: those on the CA and on its store. */
export function countersign(...args: readonly string[]): Promise<CommandRun> {
  return runCommand((program) => {
    defineCa(program.command('ca'))
    defineRevoke(program.command('revoke'))
    defineBlock(program.command('block'))
    defineUnblock(program.command('unblock'))
    defineSigningKey(program.command('signing-key'))
  }, args)
}

/** Runs a command that must succeed, and returns what it says to programs. */
// biome-ignore lint/suspicious/noExplicitAny: what a command writes is looked at member by member
export async function told(...args: readonly string[]): Promise<any> {
  const { exitCode, out, err } = await countersign(...args, '--json')
  expect({ exitCode, err }, args.join(' ')).toEqual({ exitCode: 0, err: '' })
  return JSON.parse(out)
}

/** Runs a command that must be refused, with this code. Returns what it says to people. */
export async function refused(code: string, ...args: readonly string[]): Promise<string> {
  const { exitCode, out, err } = await countersign(...args, '--json')
  expect({ exitCode, out }, args.join(' ')).toEqual({ exitCode: 1, out: '' })
  const { error } = JSON.parse(err)
  expect(error.code, error.message).toBe(code)
  return error.message
}

export interface CommandCa {
  /** Where the CA lies. */
  readonly dir: string
  /** Where the files of services go; not there yet. */
  readonly out: string
}

/** A CA that `ca init` has made, its keys unencrypted. */
export async function initCa(...options: readonly string[]): Promise<CommandCa> {
  const directory = await temporaryDirectory()
  const dir = join(directory, 'pki')
  await told('ca', 'init', '--trust-domain', 'shop.internal', '--dir', dir, '--dangerously-unencrypted', ...options)
  return { dir, out: join(directory, 'credentials') }
}

/** The files of a CA's directory, key IDs as x, without those that SQLite keeps beside the store. */
export async function caFilesIn(dir: string): Promise<readonly string[]> {
  const files = await readdir(dir)
  return files
    .filter((file) => !/-(?:wal|shm)$/.test(file))
    .map((file) => file.replace(/[0-9a-f]{16}/, 'x'))
    .sort()
}
