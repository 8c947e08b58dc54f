import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodeBundle, loadBundle, writeBundle, writeFirstBundle } from '../../../src/ca/directory/bundle.ts'
import type { CaState } from '../../../src/ca/issuers/ca-state.ts'
import { activateRoot, prepareRoot, retireRoot } from '../../../src/ca/issuers/rotate-root.ts'
import type { Certificate } from '../../../src/identity/certificate.ts'
import { createAuthorities, initialState } from '../../support/ca-state.ts'
import { temporaryDirectory } from '../../support/directory.ts'
import { refusalOf } from '../../support/refusal.ts'

const now = Date.UTC(2027, 0, 1)
const first = createAuthorities(now)
const second = createAuthorities(now)
const [firstRoot, secondRoot] = [first.hierarchy.root, second.hierarchy.root]

const initial = initialState(first)
const prepared = prepareRoot(initial, second.root('prepared'), first.sign, now)
const activated = activateRoot(prepared, true, new Map(), now)
const withoutIntermediate = {
  ...activated,
  authorities: activated.authorities.filter(({ kind }) => kind === 'root'),
}
const retired = retireRoot(withoutIntermediate, second.sign, now)

async function directoryWith(...roots: readonly Certificate[]): Promise<string> {
  const directory = await temporaryDirectory()
  if (roots.length > 0) await writeFile(join(directory, 'bundle.pem'), encodeBundle(roots))
  return directory
}

describe('the bundle of a CA', () => {
  const stories: [title: string, held: readonly Certificate[], state: CaState, roots: readonly Certificate[]][] = [
    ['is what the file holds', [firstRoot], initial, [firstRoot]],
    ['has what its root has stated since the file was written', [firstRoot], prepared, [firstRoot, secondRoot]],
    ['is read again when the file has it', [firstRoot, secondRoot], prepared, [firstRoot, secondRoot]],
    ['follows a rotation to its end, from where the file was left', [firstRoot], retired, [secondRoot]],
    ['follows it from the middle', [firstRoot, secondRoot], retired, [secondRoot]],
    ['does not go back', [secondRoot], retired, [secondRoot]],
    ['has no root that the store does not know', [firstRoot, secondRoot], initial, [firstRoot]],
    ['has each root once', [firstRoot, firstRoot], initial, [firstRoot]],
  ]
  for (const [title, held, state, roots] of stories) {
    test(title, async () => {
      const bundle = await loadBundle(await directoryWith(...held), state, now)
      expect(bundle.map(({ der }) => der.toString('hex'))).toEqual(roots.map(({ der }) => der.toString('hex')))
    })
  }

  const third = createAuthorities(now)
  const refused: [title: string, held: readonly Certificate[], state: CaState][] = [
    ['where the file holds another root', [third.hierarchy.root], initial],
    [
      'where the store names a root that none has stated',
      [firstRoot],
      { ...initial, authorities: [...initial.authorities, second.root('prepared')] },
    ],
    [
      'where the statement is of a root that is not held',
      [firstRoot],
      prepareRoot(initial, second.root('prepared'), third.sign, now),
    ],
    [
      'where the signature of a statement is changed',
      [firstRoot],
      {
        ...prepared,
        statements: prepared.statements.map((one) => ({ ...one, signature: initial.statements[0]?.signature })),
      },
    ],
    [
      'where the words of a statement are changed',
      [firstRoot],
      {
        ...prepared,
        statements: prepared.statements.map((one) => ({ ...one, text: one.text.replace('shop', 'shap') })),
      },
    ],
    ['where a statement is taken away', [firstRoot], { ...prepared, statements: prepared.statements.slice(0, 1) }],
  ]
  for (const [title, held, state] of refused) {
    test(`is refused ${title}`, async () => {
      await refusalOf('CONFIGURATION_INVALID', async () => loadBundle(await directoryWith(...held), state, now))
    })
  }

  test('is refused where there is no file', async () => {
    await refusalOf('CONFIGURATION_INVALID', async () => loadBundle(await directoryWith(), initial, now))
  })
})

describe('the file of the bundle', () => {
  test('is written only where it changes', async () => {
    const directory = await directoryWith(firstRoot)
    const file = join(directory, 'bundle.pem')
    const before = await stat(file)
    await writeBundle(directory, [firstRoot])
    expect((await stat(file)).ino).toBe(before.ino)
    await writeBundle(directory, [firstRoot, secondRoot])
    expect(await readFile(file, 'utf8')).toBe(encodeBundle([firstRoot, secondRoot]))
  })

  test('is not written over another the first time', async () => {
    const directory = await directoryWith(firstRoot)
    await writeFirstBundle(directory, [firstRoot])
    await refusalOf('CONFIGURATION_INVALID', () => writeFirstBundle(directory, [secondRoot]))
    const empty = await directoryWith()
    await writeFirstBundle(empty, [secondRoot])
    expect(await readFile(join(empty, 'bundle.pem'), 'utf8')).toBe(encodeBundle([secondRoot]))
  })
})
