import { expect, test } from 'vitest'
import { placeHyphenatedIds } from '../../src/cli/hyphenated-ids.ts'

const ID = '-zRnuYv2DKE4dnRBQ47kiQ'
const KEY_ID = '-U5QHTZe9vxrxBe_TaxQX-WHwwgIYiz3ccoHjusBXhg'

test('an ID that begins with a hyphen is no option, wherever it stands', () => {
  expect(placeHyphenatedIds(['revoke', 'grant', ID, '--dir', 'pki', '--json'])).toEqual([
    ...['revoke', 'grant', '--dir', 'pki', '--json'],
    ...['--', ID],
  ])
  expect(placeHyphenatedIds(['revoke', 'signing-key', '--dir', 'pki', KEY_ID])).toEqual([
    ...['revoke', 'signing-key', '--dir', 'pki'],
    ...['--', KEY_ID],
  ])
})

for (const args of [
  ['revoke', 'grant', 'zRnuYv2DKE4dnRBQ47kiQQ', '--json'],
  ['revoke', 'grant', '--reason', ID, 'zRnuYv2DKE4dnRBQ47kiQQ'],
  ['revoke', 'grant', '--', ID],
  ['ca', 'init', '--dangerously-no-limit', '-h', '-V'],
]) {
  test(`${args.join(' ')} stays as it is`, () => expect(placeHyphenatedIds(args)).toEqual(args))
}
