import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../../scripts/demo/command.ts'
import { temporaryDirectory } from '../../support/directory.ts'

/** Runs a program instead of the one of `countersign`. */
async function run(program: string) {
  const directory = await temporaryDirectory()
  const file = join(directory, 'program.mjs')
  await writeFile(file, program)
  return runCommand([file, 'orders'], { directory, compileCache: join(directory, 'compile-cache') })
}

test('a command that is done tells its result', async () => {
  const program = "console.log(JSON.stringify({ args: process.argv.slice(2), place: process.cwd() !== '/' }))"
  expect(await run(program)).toEqual({ outcome: 'done', result: { args: ['orders', '--json'], place: true } })
})

test('a command that is refused tells the code and the message, whatever Node has warned of before', async () => {
  const error = { code: 'REQUEST_INVALID', message: 'This is not a service path.' }
  const program = `
    console.error('(node:1) ExperimentalWarning: something is new')
    console.error(JSON.stringify({ error: ${JSON.stringify(error)} }))
    process.exitCode = 1`
  expect(await run(program)).toEqual({ outcome: 'refused', ...error })
})

test('a command that is used wrongly, breaks or is killed is neither done nor refused', async () => {
  for (const program of [
    'process.exitCode = 2',
    "throw new Error('broken')",
    "process.kill(process.pid, 'SIGKILL')",
    "console.log('no JSON')",
  ]) {
    await expect.soft(run(program), program).rejects.toThrow()
  }
})
