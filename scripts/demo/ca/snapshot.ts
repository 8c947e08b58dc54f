import { readdir, readFile } from 'node:fs/promises'
import { look } from './look.ts'
import type { CaScene } from './scene.ts'

/** What is in the files of the stage, by their paths. */
export type Snapshot = ReadonlyMap<string, string>

/** The store's own files change when it is read, and Node's when it runs. */
const APART = /^(?:pki[/\\]ca\.db|compile-cache)/

const UNCHANGED = 'as they were, to the byte: nothing was issued, and nothing left behind'

export async function takeSnapshot({ stage }: CaScene): Promise<Snapshot> {
  const paths = (await readdir(stage.directory, { recursive: true })).filter((path) => !APART.test(path))
  const files = paths.map(async (path) => [path, await contentsOf(stage.path(path))] as const)
  return new Map(await Promise.all(files))
}

/** Looks whether the files are as they were before. */
export async function lookForChanges(scene: CaScene, before: Snapshot): Promise<void> {
  const see = async () => {
    const after = await takeSnapshot(scene)
    const paths = new Set([...before.keys(), ...after.keys()])
    const changed = [...paths].filter((path) => before.get(path) !== after.get(path))
    return changed.length === 0 ? UNCHANGED : `not as they were: ${changed.join(', ')}`
  }
  await look(scene.report, 'the files of the CA and of the services', see, UNCHANGED)
}

/** Of a folder there is nothing to compare but that it is there. */
function contentsOf(file: string): Promise<string> {
  return readFile(file, 'latin1').catch(() => '')
}
