import { describe, expect, test } from 'vitest'
import { DerError, type DerNode } from '../../src/core/der-node.ts'
import { octetString, oid, sequence, set, utf8String } from '../../src/core/der-writer.ts'
import { formatName } from '../../src/identity/distinguished-name.ts'
import { root } from '../support/leaf.ts'

const CN = '2.5.4.3'
const part = (id: string, value: DerNode) => sequence(oid(id), value)
const nameOf = (value: DerNode) => sequence(set(part(CN, value)))
const printable = (text: string): DerNode => ({ tagClass: 'universal', tag: 19, bytes: Buffer.from(text, 'latin1') })

describe('a name is written', () => {
  const cases: [title: string, name: DerNode, text: string][] = [
    ['with nothing in it', sequence(), ''],
    [
      'with its last part first',
      sequence(set(part('2.5.4.10', printable('Shop'))), ...parts('root')),
      'CN=root,O=Shop',
    ],
    ['with parts of one rank', sequence(set(part(CN, utf8String('a')), part('2.5.4.11', printable('b')))), 'CN=a+OU=b'],
    ['with types that have no short name', sequence(set(part('2.5.4.5', printable('7')))), '2.5.4.5=7'],
    [
      'with what separates its parts escaped',
      nameOf(utf8String('a,b+c="d"\\;<e>')),
      'CN=a\\2Cb\\2Bc=\\22d\\22\\5C\\3B\\3Ce\\3E',
    ],
    ['with spaces at its ends escaped', nameOf(utf8String(' a b ')), 'CN=\\20a b\\20'],
    ['with a number sign at its start escaped', nameOf(utf8String('#a#')), 'CN=\\23a#'],
    ['in ASCII', nameOf(utf8String('é')), 'CN=\\C3\\A9'],
    ['without what a terminal would obey', nameOf(utf8String('a\u001b[2Jb\nc\u202e')), 'CN=a\\1B[2Jb\\0Ac\\E2\\80\\AE'],
    ['with what is no text in hex', nameOf(octetString(Buffer.of(1, 2))), 'CN=#04020102'],
  ]
  for (const [title, name, text] of cases) {
    test(title, () => {
      expect(formatName(name)).toBe(text)
    })
  }

  test('as it is issued', () => {
    expect(formatName(root.subject)).toBe(`CN=Countersign root ${root.subjectKeyId?.slice(0, 16)}`)
  })
})

test('what is no name is refused', () => {
  for (const name of [
    set(),
    utf8String('a'),
    sequence(sequence()),
    sequence(set(sequence())),
    sequence(set(sequence(oid(CN)))),
  ]) {
    expect(() => formatName(name)).toThrow(DerError)
  }
})

function parts(commonName: string): DerNode[] {
  return [set(part(CN, utf8String(commonName)))]
}
