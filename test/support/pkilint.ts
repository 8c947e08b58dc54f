import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from './directory.ts'
import { python, runTool } from './tools.ts'

/** What the linter has against a document, above mere information. */
export interface Finding {
  readonly severity: string
  /** `pkix.invalid_uri_syntax` and the like. */
  readonly code: string
  readonly message: string | null
}

interface Report {
  readonly results: readonly { readonly finding_descriptions: readonly Finding[] }[]
}

const PROGRAM = join(import.meta.dirname, '..', 'interop', 'lint.py')

/**
 * Lints certificates or CRLs at the level of RFC 5280.
 * @param documents in PEM, one in each text
 * @returns the findings about each, in their order
 */
export async function lint(
  kind: 'certificate' | 'crl',
  documents: readonly string[],
): Promise<readonly (readonly Finding[])[]> {
  const files = await writeAll(documents)
  const { out, output } = await runTool(python, [PROGRAM, kind, ...files])
  const lines = out.split('\n').filter((line) => line.startsWith('{'))
  if (lines.length !== documents.length) throw new Error(`The linter could not read every document: ${output}`)
  return lines.map((line) => (JSON.parse(line) as Report).results.flatMap((result) => result.finding_descriptions))
}

async function writeAll(documents: readonly string[]): Promise<readonly string[]> {
  const directory = await temporaryDirectory()
  return Promise.all(
    documents.map(async (text, index) => {
      const file = join(directory, `${index}.pem`)
      await writeFile(file, text)
      return file
    }),
  )
}
