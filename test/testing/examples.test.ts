import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/directory.ts'

const ROOT = join(import.meta.dirname, '../..')
const KIT = join(ROOT, 'src/testing')

const TSCONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
  include: ['*.ts'],
}

test('the examples in the docstrings of the test kit compile, run and end', { timeout: 60_000 }, async () => {
  const directory = await temporaryDirectory()
  const names = await writeExamples(directory)
  expect(names.length).toBeGreaterThan(4)
  await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '--noEmit', '-p', '.'], directory)
  // Imported one after the other: each ends before the next begins.
  const program = names.map((name) => `await import('./${name}')`).join('\n')
  await writeFile(join(directory, 'all.mjs'), program)
  await run(process.execPath, ['--conditions=source', 'all.mjs'], directory)
})

test('every function that the test kit exports has an example that calls it', async () => {
  const examples = (await readExamples()).map(({ text }) => text).join('\n')
  const functions = Object.entries(await import('../../src/testing/index.ts')).map(([name]) => name)
  expect(functions.length).toBeGreaterThan(4)
  for (const name of functions) expect(examples).toContain(`${name}(`)
})

/** A project beside copies of the shop's protos; it finds the package as a user's does, by its name. */
async function writeExamples(directory: string): Promise<readonly string[]> {
  await mkdir(join(directory, 'node_modules'))
  await symlink(ROOT, join(directory, 'node_modules/countersign'))
  await symlink(join(ROOT, 'node_modules/@grpc'), join(directory, 'node_modules/@grpc'))
  for (const entry of ['proto', 'gen', 'protos.ts']) {
    await cp(join(ROOT, 'examples/shop', entry), join(directory, entry), { recursive: true })
  }
  await writeFile(join(directory, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  const examples = await readExamples()
  for (const { name, text } of examples) await writeFile(join(directory, name), text)
  return examples.map(({ name }) => name)
}

async function readExamples(): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const files = (await readdir(KIT)).filter((file) => file.endsWith('.ts'))
  const sources = await Promise.all(
    files.map(async (file) => ({ file, source: await readFile(join(KIT, file), 'utf8') })),
  )
  return sources.flatMap(({ file, source }) =>
    [...source.matchAll(/^ \* @example\n((?: \*.*\n)+?) \*\/$/gm)].map(([, lines = ''], index) => ({
      name: `${file.replace('.ts', '')}-${index}.ts`,
      text: lines.replaceAll(/^ \* ?/gm, ''),
    })),
  )
}

async function run(file: string, args: readonly string[], cwd: string): Promise<void> {
  await promisify(execFile)(file, args, { cwd, timeout: 50_000 }).catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  })
}
