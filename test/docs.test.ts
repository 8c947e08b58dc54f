import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('{docs,src,pki,examples}/**/*.md', { cwd: ROOT })]

test('every page links to files that exist', () => {
  expect(PAGES).toContain('src/README.md')
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)) {
      expect(existsSync(join(ROOT, dirname(page), link)), `${page}: ${link}`).toBe(true)
    }
  }
})

test('the map of the house shows every folder', () => {
  const map = readFileSync(join(ROOT, 'src/README.md'), 'utf8')
  const shown = [...map.matchAll(/^\|[ \d]+\| `(\w+)\/`/gm)].map(([, folder]) => folder)
  const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(shown.toSorted()).toEqual(folders.map(({ name }) => name).toSorted())
})
