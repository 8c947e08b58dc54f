import { Command } from 'commander'
import { expect, test } from 'vitest'
import { placeHyphenatedIds } from '../../src/cli/hyphenated-ids.ts'

const KEY_ID = '-U5QHTZe9vxrxBe_TaxQX-WHwwgIYiz3ccoHjusBXhg'
const IDS = ['-zRnuYv2DKE4dnRBQ47kiQ', '-hRnuYv2DKE4dnRBQ47kiQ', '--NDogu6YIQI0EbeXJaovg', KEY_ID]

const program = new Command()
const revoke = program.command('revoke')
revoke.command('grant').option('--reason <words>').option('--json').option('--as-long-as-one-id-is')
const place = (...args: readonly string[]) => placeHyphenatedIds(program, args)

for (const id of IDS) {
  test(`${id} is no option, wherever it stands`, () => {
    expect(place('revoke', 'grant', id, '--reason', 'lost', '--json')).toEqual([
      ...['revoke', 'grant', '--reason', 'lost', '--json'],
      ...['--', id],
    ])
    expect(place('revoke', 'grant', '--json', id)).toEqual(['revoke', 'grant', '--json', '--', id])
  })

  for (const args of [
    ['revoke', 'grant', '--reason', id, 'zRnuYv2DKE4dnRBQ47kiQQ'],
    ['revoke', 'grant', '--', id],
  ]) {
    test(`${args.join(' ')} stays as it is`, () => expect(place(...args)).toEqual(args))
  }
}

test('options stay where they are, also one that is as long as an ID', () => {
  const args = ['revoke', 'grant', 'zRnuYv2DKE4dnRBQ47kiQQ', '--as-long-as-one-id-is', '-h']
  expect(args[3]).toHaveLength(22)
  expect(place(...args)).toEqual(args)
})
